"""Limits the size of a URL and of a request body, and the time that a body takes to arrive."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .asgi import Refusal, forward_checked, is_import, is_upload

MAX_UPLOAD_BYTES = 100_000_000
"""Larger than what the API accepts, so that the error of a large image appears at its field."""

MAX_URL_BYTES = 60_000
"""Of path and query. Gradio raises an error for a URL of more than 65,536 characters."""

TOO_LONG = Refusal(414, "The address is too long")
TWO_LENGTHS = Refusal(400, "Send Content-Length or Transfer-Encoding, not both")
"""A proxy may read the other one, and take the rest of the body for a request of its next client."""

TOO_LARGE, TOO_SLOW = Refusal(413, "Too large"), Refusal(408, "Too slow")


@dataclass(frozen=True)
class BodyLimits:
    """Maximum size and duration of an upload, an import and any other body, such as a form with a long prompt."""

    body_bytes: int = 4_000_000
    upload_bytes: int = MAX_UPLOAD_BYTES
    body_seconds: float = 20.0
    upload_seconds: float = 300.0
    import_bytes: int = MAX_UPLOAD_BYTES
    import_seconds: float = 300.0

    def of(self, scope: Scope) -> tuple[int, float]:
        """Return the bytes and seconds of a request's body."""
        if is_import(scope):
            return self.import_bytes, self.import_seconds
        return (self.upload_bytes, self.upload_seconds) if is_upload(scope) else (self.body_bytes, self.body_seconds)


HOME_LIMITS = BodyLimits(import_bytes=100_000_000_000, import_seconds=7200.0)
"""For a page that is not hosted: its owner imports exports of any size."""


class BodyLimitMiddleware:
    """Answers 413 for a body that is too large, 408 for one that is too slow, and 414 for a URL that is too long.

    A body whose length is given in two ways is answered with 400.
    """

    def __init__(self, app: ASGIApp, limits: BodyLimits | None = None) -> None:
        self.app, self._limits = app, limits or BodyLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        names = {name for name, _ in scope["headers"]}
        if names >= {b"content-length", b"transfer-encoding"}:
            await TWO_LENGTHS.send(scope, receive, send)
            return
        if len(scope["path"]) + len(scope.get("query_string", b"")) > MAX_URL_BYTES:
            await TOO_LONG.send(scope, receive, send)
            return
        max_bytes, max_seconds = self._limits.of(scope)
        lengths = [value for name, value in scope["headers"] if name == b"content-length"]
        if any(not value.isdigit() or int(value) > max_bytes for value in lengths):
            await TOO_LARGE.send(scope, receive, send)
            return
        deadline = 0.0  # set when the body is asked for: a request may wait for its turn before
        received_bytes, complete = 0, False

        async def receive_limited() -> Message | Refusal:
            nonlocal deadline, received_bytes, complete
            if complete:  # the next message is the disconnect
                return await receive()
            deadline = deadline or asyncio.get_running_loop().time() + max_seconds
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                return TOO_SLOW
            received_bytes += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            return TOO_LARGE if received_bytes > max_bytes else message

        await forward_checked(self.app, scope, receive_limited, send)
