"""The life of a tab's session: it begins when the page loads, and ends when the tab closes or is idle."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
import weakref
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...errors import StorageError
from ...runs.client_pool import ClientPool
from ...storage.generation_store import GenerationStore
from ..server import upload_cleanup
from .tab_session import TabSessions

LOAD_SCRIPT = "() => window.flux.startVisit()"
"""Returns the token of the tab and its visit, and the image in the address (`session.js`)."""

IDLE_CHECK_SECONDS = 60.0

UNDO_SECONDS = 600.0
"""Seconds from the deletion of an image until its files are removed; the page offers Undo for a shorter time."""


async def leave(request: Request) -> Response:
    """End the session of a closed tab; a request without the visit's token ends none."""
    parts = [part async for part in request.stream()]
    visit = b"".join(parts)[:100].decode("ascii", "replace")
    await asyncio.to_thread(request.app.get_blocks().binding.page.sessions.end, visit)
    return Response(status_code=204)


ROUTE = Route("/leave", leave, methods=["POST"])


def expire_idle(
    sessions: TabSessions,
    clients: ClientPool,
    store: GenerationStore | None = None,
    interval_seconds: float = IDLE_CHECK_SECONDS,
    uploads: Path | None = None,
) -> None:
    """End idle sessions and clients on a thread, for as long as `sessions` exist.

    The images of `store` that visitors have deleted are removed once Undo is over. `uploads` is the folder of visitors'
    uploads, where it is bounded.
    """
    alive = weakref.ref(sessions)

    def look() -> None:
        while True:
            time.sleep(interval_seconds)
            present = alive()
            if present is None:
                return
            present.expire_idle()
            clients.close_idle()
            if store is not None and store.database.is_primary:
                with contextlib.suppress(StorageError):  # the next look removes them
                    store.purge(time.time() - UNDO_SECONDS)
            if uploads is not None:
                upload_cleanup.delete_oldest(uploads)
            del present

    del sessions
    threading.Thread(target=look, name="idle", daemon=True).start()
