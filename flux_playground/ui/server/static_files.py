"""The files of the page as a browser gets them: at once, and to keep.

Gradio compresses each of its files anew for every browser that asks, and lets none keep any. Here they are compressed
once and sent from memory, the browser keeps them for good (their names change with what is in them), and the page names
at its top all that it will need; our own style and script are files like them. Pure ASGI, before gradio's application.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..gradio_patches.preload import Chunks, Needed
from .asgi import request_path

FOLDER = "/assets/"
KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
FOR_GOOD = "public, max-age=31536000, immutable"

THOROUGH, QUICK = 6, 4
"""Levels of compression: of a file, which is compressed once, and of the page's text, which is not."""


class StaticFilesMiddleware:
    """An ASGI application before gradio's; `style` and `script` are what the page has of our own."""

    def __init__(self, app: ASGIApp, style: str = "", script: str = "") -> None:
        self.app = app
        self._style, self._script = style, script
        self._chunks = Chunks()
        self._own: dict[str, bytes] = {}
        self._tops: dict[Needed, str] = {}
        self._packed: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the files that pages are made of, complete the page, hand on everything else."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        path, packs = request_path(scope), "gzip" in Headers(scope=scope).get("accept-encoding", "")
        file = self._file(path.removeprefix(FOLDER), packs=packs) if path.startswith(FOLDER) else None
        if file is not None:
            await _give(file, KINDS[_kind(path)], send, packed=packs)
        else:
            await self.app(scope, receive, self._completed(send, packs=packs) if path in ("", "/") else send)

    def _file(self, name: str, *, packs: bool) -> bytes | None:
        """What is sent for a name; None where gradio is to answer."""
        gradios = name in self._chunks.names and bool(_kind(name))
        if not packs or not (gradios or name in self._own):
            return self._own.get(name)
        if name not in self._packed:
            plain = (self._chunks.folder / name).read_bytes() if gradios else self._own[name]
            self._packed[name] = gzip.compress(plain, THOROUGH)
        return self._packed[name]

    def _completed(self, send: Send, *, packs: bool) -> Send:
        """The way of gradio's page to the browser, on which it gets its top and is compressed."""
        begun: Message = {}
        parts: list[bytes] = []

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.update(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                headers = MutableHeaders(raw=list(begun["headers"]))
                body = self._page(b"".join(parts), headers, packs=packs)
                await send({**begun, "headers": headers.raw})
                await send({**message, "body": body})

        return give

    def _page(self, body: bytes, headers: MutableHeaders, *, packs: bool) -> bytes:
        if not headers.get("content-type", "").startswith("text/html"):
            return body
        top = self._top(self._chunks.needed(body.decode()))
        body = body.replace(b"</head>", f"{top}</head>".encode(), 1)
        if packs:
            body = gzip.compress(body, QUICK)
            headers["content-encoding"] = "gzip"
        headers["vary"] = "Accept-Encoding"
        headers["content-length"] = str(len(body))
        return body

    def _top(self, needed: Needed) -> str:
        """What is put at the top of a page that will need these of gradio's files: its scripts to be fetched at once,
        its styles with ours as one. Gradio's page does not fetch a style that it finds named there, even if disabled.
        """
        if needed not in self._tops:
            styles = [one for one in (*needed.frame, *needed.parts) if _kind(one) == "css"]
            style = "\n".join(
                [self._style, *((self._chunks.folder / one).read_text(encoding="utf-8") for one in styles)]
            )
            self._tops[needed] = "".join(
                [
                    f'<link rel="stylesheet" crossorigin href=".{FOLDER}{self._add(style, "css")}">',
                    # Nothing goes on before it is here: gradio's page calls it when it stands.
                    f'<script src=".{FOLDER}{self._add(self._script, "js")}"></script>',
                    *_ahead(needed.frame, "high"),
                    *_ahead(needed.parts, "low"),
                    *(f'<link rel="stylesheet" crossorigin disabled href=".{FOLDER}{one}">' for one in styles),
                ]
            )
        return self._tops[needed]

    def _add(self, text: str, kind: str) -> str:
        """The name of a file of our own, from now on."""
        name = f"flux-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{kind}"
        self._own[name] = text.encode()
        return name


def _ahead(names: Iterable[str], priority: str) -> Iterable[str]:
    """The scripts among these, to be fetched before anybody asks for them."""
    how = f'rel="modulepreload" crossorigin fetchpriority="{priority}"'
    return (f'<link {how} href=".{FOLDER}{one}">' for one in names if _kind(one) == "js")


def _kind(name: str) -> str:
    """The ending of the name of a file that pages are made of, else nothing."""
    ending = name.rpartition(".")[2]
    return ending if ending in KINDS else ""


async def _give(file: bytes, kind: str, send: Send, *, packed: bool) -> None:
    headers: list[Any] = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(file)).encode()),
        (b"cache-control", FOR_GOOD.encode()),
        (b"vary", b"Accept-Encoding"),
    ]
    headers += [(b"content-encoding", b"gzip")] if packed else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": file})
