"""The routes for whoever looks after a page: whether it is alive, for anybody, and what it does, for the owner only.

Numbers only: nothing of what was asked for or made. Knows the playground, not gradio.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...errors import StorageError
from ...generation import State
from ...playground import Playground


def routes(playground: Playground) -> list[Route]:
    """`/health`, and `/counts`, which is there only for the token of the settings."""

    async def health(_: Request) -> Response:
        try:
            await asyncio.to_thread(playground.store.check_writable)
        except StorageError as error:
            return PlainTextResponse(error.message, 503, headers={"cache-control": "no-store"})
        return PlainTextResponse("ok", headers={"cache-control": "no-store"})

    async def counted(request: Request) -> Response:
        wanted = f"Bearer {playground.settings.token}".encode()
        given = request.headers.get("authorization", "").encode()
        if not playground.settings.token or not hmac.compare_digest(given, wanted):
            return PlainTextResponse("Not found", 404)
        found = await asyncio.to_thread(counts, playground)
        return JSONResponse(found, headers={"cache-control": "no-store"})

    return [Route("/health", health), Route("/counts", counted)]


def counts(playground: Playground) -> dict[str, Any]:
    """How many generations run, wait, were made and failed, the credits spent in all, and those of visitors of late."""
    by_state = playground.store.usage.counts()
    found = {state: number for state, (number, _) in by_state.items()}
    running = sum(found.get(state, 0) for state in (State.SUBMITTING, State.RUNNING, State.DOWNLOADING))
    now = time.time()
    lately = {
        name: sum(cost or 0.0 for _, _, cost in playground.store.usage.spending_since("", now - seconds, now))
        for name, seconds in (("hour", 3600), ("day", 86400))
    }
    return {
        "running": running,
        "waiting": found.get(State.QUEUED, 0),
        "made": found.get(State.SUCCEEDED, 0),
        "failed": found.get(State.FAILED, 0) + found.get(State.SUBMIT_UNKNOWN, 0),
        "uncollected": found.get(State.DETACHED, 0),
        "spent": sum(cost for _, cost in by_state.values()),
        "spent_by_visitors": lately,
        "keys": len(playground.clients),
    }
