"""What every request passes before gradio sees it: doors that are kept shut, caps on bodies, headers for the browser.

Only what a page needs is open, everything else of gradio's is not there. Pure ASGI; knows neither gradio nor the
program.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..session.caller import Network, believed, place
from .request_rate import Throttle

# What gradio's page asks for. Not among them: deep links (they write every value of a page to disk), `proxy=` and
# `file=` with an address (they fetch whatever they are told to), monitoring, logins, what is for authors of pages.
PAGE = re.compile(
    r"/(config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json)?"
    r"|/(assets|static|svelte)/.*"
    r"|/gradio_api/(queue/(join|data)|run/predict|upload|upload_progress|startup-events|app_id|theme\.css|cancel|reset"
    r"|heartbeat/[\w-]+|login_check)/?"
    r"|/gradio_api/file=/?(?!\s*([A-Za-z][A-Za-z0-9+.-]*:|[\\/]{2})).+"
)
PROGRAMS = re.compile(r"/gradio_api/(info|call/.*)/?")
"""What a program needs besides, that calls the page as an API."""

UPLOAD = "/gradio_api/upload"
LARGEST_UPLOAD = 100_000_000
"""Bytes of an uploaded image; larger than what the API takes, so that the refusal can stand at its field."""

LARGEST = 4_000_000
"""Bytes of any other body: a form with a prompt of 100,000 characters has room in it twenty times over."""

SLOWEST, SLOWEST_UPLOAD = 20.0, 300.0
"""Seconds in which a body must be here as a whole."""

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # gradio's page is made of both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


@dataclass(frozen=True)
class Rules:
    """What one page lets in: `own` are the first parts of its own routes, `programs` whether programs may call it.

    `hosts` are names under which a page at home may be asked for beside this machine's own; `space` is the host of
    the Hugging Face Space that the page is, which may show the page in a frame. `proxies` are the networks whose
    word on a visitor's address is believed, and on who signed in, in `user_header`. On a `hosted` page every
    address has bounds, and the page may be asked for under any name.
    """

    hosted: bool = False
    programs: bool = True
    proxies: Sequence[Network] = ()
    own: frozenset[str] = frozenset()
    throttle: Throttle = field(default_factory=Throttle)
    user_header: str = ""
    hosts: Sequence[str] = ()
    space: str = ""

    @property
    def policy(self) -> str:
        """The content security policy of every response."""
        space = f" https://huggingface.co https://{self.space}" if self.space else ""
        return f"{POLICY}; frame-ancestors 'self'{space}"


class Guard:
    """An ASGI application before another one."""

    def __init__(self, app: ASGIApp, rules: Rules | None = None) -> None:
        self.app = app
        self.rules = rules or Rules()
        self._headers = ((b"content-security-policy", self.rules.policy.encode()), *HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is shut or too much, hand on everything else."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            heard = believed(scope, self.rules.proxies, self.rules.user_header)
            await self._answer(heard, receive, _with_headers(send, self._headers))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._shut(scope) or _foreign(scope) or _oversized(scope)
        if refusal:
            await _say(refusal, scope, receive, send)
        elif not self.rules.hosted:
            await self._hand_on(scope, receive, send)
        else:
            address = place(scope["client"][0])
            if not self.rules.throttle.enter(address):
                await _say((429, "Too many requests"), scope, receive, send)
                return
            try:
                await self._hand_on(scope, receive, send)
            finally:
                self.rules.throttle.leave(address)

    def _shut(self, scope: Scope) -> tuple[int, str] | None:
        path = path_of(scope)
        known = PAGE.fullmatch(path) or path.lstrip("/").partition("/")[0] in self.rules.own
        if not known and not (self.rules.programs and PROGRAMS.fullmatch(path)):
            return 404, "Not found"
        if b"deep_link" in scope["query_string"]:
            return 404, "Not found"
        if not (self.rules.hosted or self.rules.proxies or _is_own_name(_header(scope, b"host"), self.rules.hosts)):
            # A foreign name that leads to this machine is how a web page reaches a program at home.
            return 403, "To use this name, add it to FLUX_PLAYGROUND_HOSTS."
        return None

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        upload = scope["path"].rstrip("/").endswith(UPLOAD)
        body = _Body(receive, self.rules, place(scope["client"][0]), upload=upload)
        begun = False

        async def give(message: Message) -> None:
            nonlocal begun
            if body.refusal is None or begun:
                begun = True
                await send(message)

        try:
            await self.app(scope, body.receive, give)
        except ClientDisconnect:
            if body.refusal is None:
                raise
        if body.refusal is not None and not begun:
            await _say(body.refusal, scope, receive, send)


class _Body:
    """A body on its way: one that is too large, too slow or too much for its address ends as if its sender had gone."""

    def __init__(self, receive: Receive, rules: Rules, address: str, *, upload: bool) -> None:
        self._receive, self._rules, self._address = receive, rules, address
        self._largest = LARGEST_UPLOAD if upload else LARGEST
        self._until = asyncio.get_running_loop().time() + (SLOWEST_UPLOAD if upload else SLOWEST)
        self._taken, self._over = 0, False
        self.refusal: tuple[int, str] | None = None

    async def receive(self) -> Message:
        """The next part of it; after its end, the news that its sender has gone."""
        if self._over:
            return await self._receive()
        if self.refusal is not None:
            return {"type": "http.disconnect"}
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            return self._refuse(408, "Too slow")
        size = len(message.get("body", b""))
        self._taken += size
        self._over = not message.get("more_body", False)
        if self._taken > self._largest:
            return self._refuse(413, "Too large")
        if size and self._rules.hosted and not self._rules.throttle.send(self._address, size):
            return self._refuse(429, "Too much was sent")
        return message

    def _refuse(self, status: int, words: str) -> Message:
        self.refusal, self._over = (status, words), False
        return {"type": "http.disconnect"}


def path_of(scope: Scope) -> str:
    """What is asked for, whatever path the page itself is served below."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "")
    return path.removeprefix(root) if root.startswith("/") else path


async def _say(refusal: tuple[int, str], scope: Scope, receive: Receive, send: Send) -> None:
    status, words = refusal
    headers = {"connection": "close"} | ({"retry-after": "10"} if status == 429 else {})
    await PlainTextResponse(words, status, headers)(scope, receive, send)


def _oversized(scope: Scope) -> tuple[int, str] | None:
    largest = LARGEST_UPLOAD if scope["path"].rstrip("/").endswith(UPLOAD) else LARGEST
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(not value.isdigit() or int(value) > largest for value in lengths):
        return 413, "Too large"
    return None


def _foreign(scope: Scope) -> tuple[int, str] | None:
    """Another site's page must not act here with its visitor's browser: it would spend somebody's money."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return None
    site = _header(scope, b"sec-fetch-site")
    origin = _header(scope, b"origin")
    names = {_header(scope, b"host"), _header(scope, b"x-forwarded-host")} - {""}
    if site in ("cross-site", "same-site") or (not site and origin and _netloc(origin) not in names):
        return 403, "Not from here"
    return None


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _is_own_name(host: str, hosts: Sequence[str]) -> bool:
    """Return whether a Host header names this machine: an address, localhost, or one of `hosts`."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name in hosts
    return True


def _header(scope: Scope, name: bytes) -> str:
    found = [value for known, value in scope["headers"] if known == name]
    return found[0].decode("latin-1") if found else ""


def _with_headers(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    async def give(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message.get("headers", ())}
            added: list[Any] = [(name, value) for name, value in headers if name not in own]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return give
