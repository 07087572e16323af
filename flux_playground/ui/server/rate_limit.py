"""Limits what one address may ask of a hosted page."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from weakref import WeakValueDictionary

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..session.caller import address_bucket
from .asgi import Refusal, forward_checked, get_header, is_import, is_upload, request_path
from .token_bucket import RateLimiter

PAGE_PATHS = ("", "/", "/config", "/config/")
PAGE_TOKENS = 8.0
"""Requests that one of the page counts for: Gradio renders the page for each request, in 10 ms of CPU time."""

PAGES_PER_ADDRESS = 2
"""Pages that are rendered for one address at once; its others wait, so that a burst delays no other address."""

SMALL_BODY_BYTES = 100_000
LARGE_BODIES_PER_ADDRESS = 2
"""Larger bodies that are read for one address at once: to parse one of 4 MB takes 40 ms of the event loop."""

TOO_MANY_REQUESTS = Refusal(429, "Too many requests")
TOO_MANY_BYTES = Refusal(429, "Too much was sent")


class RateLimitMiddleware:
    """Answers 429 when the limits of `limiter` for the address of a request are reached."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter | None = None) -> None:
        self.app, self._limiter = app, limiter or RateLimiter()
        self._pages: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._bodies: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        address = address_bucket((scope.get("client") or ("", 0))[0])
        is_page = request_path(scope) in PAGE_PATHS
        if not self._limiter.start_request(address, PAGE_TOKENS if is_page else 1.0):
            await TOO_MANY_REQUESTS.send(scope, receive, send)
            return

        waits = _has_large_body(scope)

        async def receive_counted() -> Message | Refusal:
            nonlocal waits
            if waits:
                waits = False
                await reading.enter_async_context(_places(self._bodies, address, LARGE_BODIES_PER_ADDRESS))
            message = await receive()
            if not message.get("more_body", False):
                await reading.aclose()  # the next one of this address is read after this one was parsed
            size = len(message.get("body", b""))
            return TOO_MANY_BYTES if size and not self._limiter.take_bytes(address, size) else message

        try:
            async with AsyncExitStack() as rendering, AsyncExitStack() as reading:
                if is_page:
                    await rendering.enter_async_context(_places(self._pages, address, PAGES_PER_ADDRESS))

                async def send_rendered(message: Message) -> None:
                    await rendering.aclose()  # the client may read slowly
                    await send(message)

                await forward_checked(self.app, scope, receive_counted, send_rendered if is_page else send)
        finally:
            self._limiter.end_request(address)


def _places(by_address: WeakValueDictionary[str, asyncio.Semaphore], address: str, most: int) -> asyncio.Semaphore:
    return by_address.setdefault(address, asyncio.Semaphore(most))


def _has_large_body(scope: Scope) -> bool:
    """Return whether a body may be large and is read as a whole; files are written to disk while they arrive."""
    length = get_header(scope, b"content-length")
    is_large = int(length) > SMALL_BODY_BYTES if length.isdigit() else bool(get_header(scope, b"transfer-encoding"))
    return is_large and not is_upload(scope) and not is_import(scope)
