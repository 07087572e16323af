"""What the middleware shares: the path and the headers of a scope, refusals, and checks on a request body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOAD_PATH, IMPORT_PATH = "/gradio_api/upload", "/gallery/import"
RETRY_AFTER_SECONDS = "10"


class Refusal(NamedTuple):
    """Status and text of the response to a request that is not passed on."""

    status: int
    text: str

    async def send(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response and close the connection: the body of the request may not be read yet."""
        headers = {"connection": "close"} | ({"retry-after": RETRY_AFTER_SECONDS} if self.status == 429 else {})
        await PlainTextResponse(self.text, self.status, headers)(scope, receive, send)


def request_path(scope: Scope) -> str:
    """The path of a request below the root path of the page."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "")
    return path.removeprefix(root) if root.startswith("/") else path


def get_header(scope: Scope, name: bytes) -> str:
    """The first value of a header; empty if there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def is_upload(scope: Scope) -> bool:
    """Whether a request uploads a file to Gradio."""
    return str(scope["path"]).rstrip("/").endswith(UPLOAD_PATH)


def is_import(scope: Scope) -> bool:
    """Whether a request uploads a file to import images from."""
    return str(scope["path"]).rstrip("/").endswith(IMPORT_PATH)


async def forward_checked(
    app: ASGIApp, scope: Scope, receive: Callable[[], Awaitable[Message | Refusal]], send: Send
) -> None:
    """Call `app` with a `receive` that may refuse the body; `app` then sees a disconnect, the client the refusal."""
    refusal: Refusal | None = None
    response_started = False

    async def checked_receive() -> Message:
        nonlocal refusal
        if refusal is None:
            message = await receive()
            if not isinstance(message, Refusal):
                return message
            refusal = message
        return {"type": "http.disconnect"}

    async def checked_send(message: Message) -> None:
        nonlocal response_started
        if refusal is None or response_started:
            response_started = True
            await send(message)

    with suppress(ClientDisconnect):  # refused here, or the client has gone
        await app(scope, checked_receive, checked_send)
    if refusal is not None and not response_started:
        await refusal.send(scope, checked_receive, send)
