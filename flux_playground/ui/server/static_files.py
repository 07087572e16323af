"""Serves the script and style files of the page: compressed once, kept in memory, cached by browsers for good."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..gradio_patches.frontend_files import find_frontend_files, list_first_load
from .asgi import request_path

PREFIX = "/assets/"
MEDIA_TYPES = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "woff2": "font/woff2",
    "webp": "image/webp",
}
THEME_HASH = re.compile(rb'"theme_hash": ?"(\w+)"')
CACHE_CONTROL = "public, max-age=31536000, immutable"
FILE_GZIP_LEVEL, PAGE_GZIP_LEVEL = 6, 4


class StaticFilesMiddleware:
    """Serves Gradio's files and our own `style` and `script`, and links our files in the head of the page.

    Gradio compresses its files at each request and forbids caching. A name contains the hash of its content. Our style
    contains Gradio's styles of the first load: one file instead of twenty.
    """

    def __init__(
        self, app: ASGIApp, style: str = "", script: str = "", media: Mapping[str, bytes] = MappingProxyType({})
    ) -> None:
        self.app = app
        self._frontend_files = find_frontend_files()
        first_load = list_first_load(self._frontend_files)
        # Gradio's styles come after ours, in the order in which its script would add them.
        styles = [name for name in first_load if name.endswith(".css")]
        whole_style = "\n".join([style, *(self._frontend_files[name].read_text(encoding="utf-8") for name in styles)])
        own_texts = (("css", whole_style), ("js", script))
        self._own_files = {_hashed_name(text, kind): text.encode() for kind, text in own_texts}
        css, js = self._own_files
        self._media = dict(media)  # compressed formats; a new version of a file gets a new name
        # The script blocks the page: Gradio's page calls it as soon as it is drawn.
        own = f'<link rel="stylesheet" crossorigin href=".{PREFIX}{css}"><script src=".{PREFIX}{js}"></script>'
        # Without these links a browser learns the names in four steps, each after the files of the step before.
        preloads = [
            f'<link rel="modulepreload" crossorigin href=".{PREFIX}{name}">'
            for name in first_load
            if name.endswith(".js")
        ]
        # Gradio's script adds no style that the page links already. These links load nothing.
        preloads += [f'<link rel="stylesheet" disabled href=".{PREFIX}{name}">' for name in styles]
        fonts = [
            f'<link rel="preload" as="font" type="font/woff2" crossorigin href=".{PREFIX}{name}">'
            for name in self._media
            if name.endswith(".woff2")
        ]
        self._links = "".join([*fonts, own, *preloads]).encode()
        self._compressed: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        path = request_path(scope)
        accepts_gzip = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        response = self._file_response(path.removeprefix(PREFIX), accepts_gzip) if path.startswith(PREFIX) else None
        if response is not None:
            await response(scope, receive, send)
        elif path in ("", "/"):
            await self.app(scope, receive, self._link_files(send, accepts_gzip))
        else:
            await self.app(scope, receive, send)

    def _file_response(self, name: str, accepts_gzip: bool) -> Response | None:
        """The response for a file; None if Gradio answers."""
        headers = {"cache-control": CACHE_CONTROL, "vary": "Accept-Encoding"}
        if name in self._media:
            return Response(self._media[name], headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])
        content = self._own_files.get(name)
        if accepts_gzip and (content is not None or name in self._frontend_files):
            if name not in self._compressed:
                plain = self._frontend_files[name].read_bytes() if content is None else content
                self._compressed[name] = gzip.compress(plain, FILE_GZIP_LEVEL)
            content = self._compressed[name]
            headers["content-encoding"] = "gzip"
        if content is None:
            return None
        return Response(content, headers=headers, media_type=MEDIA_TYPES[name.rpartition(".")[2]])

    def _link_files(self, send: Send, accepts_gzip: bool) -> Send:
        """A `send` that adds our links to an HTML page and compresses it."""
        start: Message = {}
        parts: list[bytes] = []

        async def send_page(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            body, headers = b"".join(parts), MutableHeaders(raw=list(start["headers"]))
            if headers.get("content-type", "").startswith("text/html"):
                body = body.replace(b"</head>", self._links + _link_theme(body) + b"</head>", 1)
                if accepts_gzip:
                    body = gzip.compress(body, PAGE_GZIP_LEVEL)
                    headers["content-encoding"] = "gzip"
                headers["vary"] = "Accept-Encoding"
                headers["content-length"] = str(len(body))
            await send({**start, "headers": headers.raw})
            await send({**message, "body": body})

        return send_page


def _link_theme(page: bytes) -> bytes:
    """Return the link with which a browser loads the theme before Gradio's script asks for it."""
    found = THEME_HASH.search(page)
    return b'<link rel="preload" as="style" href="./theme.css?v=%s">' % found[1] if found else b""


def _hashed_name(text: str, kind: str) -> str:
    return f"flux-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{kind}"
