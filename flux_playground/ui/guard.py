"""What every request passes before gradio sees it: doors that are kept shut, a cap on bodies, headers for the browser.

Pure ASGI; knows neither gradio nor the program.
"""

from __future__ import annotations

import re

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A deep link writes every value of a page to disk for anyone who has the link; `file=` with an address and `proxy=`
# fetch whatever they are told to; the others are of use to those who write the page only.
SHUT = re.compile(
    r"/gradio_api/(deep_link|dev/|proxy=|vibe|undo-vibe|process_recording|run-history|profiling)"
    r"|^/(monitoring|login|logout)\b"
    r"|/file=\s*([a-z][a-z0-9+.-]*:|[\\/]{2})",
    re.IGNORECASE,
)

UPLOAD = "/gradio_api/upload"
LARGEST_UPLOAD = 100_000_000
"""Bytes of an uploaded image; larger than what the API takes, so that the refusal can stand at its field."""

LARGEST = 4_000_000
"""Bytes of any other body: a form with a prompt of 100,000 characters has room in it twenty times over."""

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
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space",
    )
)

HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class Guard:
    """An ASGI application before another one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is shut or too large, hand on everything else."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        largest = LARGEST_UPLOAD if scope["path"].startswith(UPLOAD) else LARGEST
        refusal = _refusal(scope, largest)
        answer = PlainTextResponse(refusal[1], refusal[0]) if refusal else self.app
        await answer(scope, _capped(receive, largest), _with_headers(send))


def _refusal(scope: Scope, largest: int) -> tuple[int, str] | None:
    if SHUT.search(scope["path"]) or b"deep_link=" in scope["query_string"]:
        return 404, "Not found"
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    if any(not value.isdigit() or int(value) > largest for value in lengths):
        return 413, "Too large"
    return None


def _capped(receive: Receive, largest: int) -> Receive:
    """A body that says nothing of its length ends, as if the sender had gone, once it is too large."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return message if taken <= largest else {"type": "http.disconnect"}

    return take


def _with_headers(send: Send) -> Send:
    async def give(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message.get("headers", ())}
            added = [(name, value) for name, value in HEADERS if name not in own]
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return give
