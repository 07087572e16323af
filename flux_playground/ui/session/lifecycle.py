"""A visit of one browser tab: how it says who it is when it opens, that it is over when it closes, or when it is idle.

What was typed for a visit, above all a key, is in this program's memory and goes with it. Knows gradio's application
only as whoever holds the page, and the desks.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...runs.client_pool import ClientPool
from ..server import upload_cleanup
from .tab_session import TabSessions

HELLO = """() => {
  const random = () =>
    [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const session = window.flux.storage("sessionStorage");
  const token = session.get("flux-visitor") || random();
  session.set("flux-visitor", token);
  const visit = random();
  window.flux.token = token + "." + visit;
  addEventListener("pagehide", (event) => event.persisted || navigator.sendBeacon("leave", visit));
  return [window.flux.token];
}"""
"""A token of this tab's own making, with which a stranger finds their images again after a reload, and one of this
visit, which ends it."""

OFTEN = 60.0
"""Seconds between two looks for what is idle."""


async def leave(request: Request) -> Response:
    """A tab was closed: what it told us is forgotten. Whoever does not know its visit ends none."""
    parts = [part async for part in request.stream()]
    visit = b"".join(parts)[:100].decode("ascii", "replace")
    await asyncio.to_thread(request.app.get_blocks().sessions.end, visit)
    return Response(status_code=204)


ROUTE = Route("/leave", leave, methods=["POST"])


def forget_idle(
    sessions: TabSessions, accounts: ClientPool, often: float = OFTEN, uploaded: Path | None = None
) -> None:
    """Forget what is idle, every so many seconds, for as long as there are desks.

    `uploaded` is the folder of what visitors sent up, where that is to be bounded.
    """
    alive = weakref.ref(sessions)

    def look() -> None:
        while True:
            time.sleep(often)
            present = alive()
            if present is None:
                return
            present.expire_idle()
            accounts.close_idle()
            if uploaded is not None:
                upload_cleanup.tidy(uploaded)
            del present

    del sessions
    threading.Thread(target=look, name="idle", daemon=True).start()
