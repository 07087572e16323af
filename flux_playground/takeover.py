"""Resumes the generations of other processes of a shared database after they have ended."""

from __future__ import annotations

import logging
import threading
import time
import weakref

from .errors import PlaygroundError
from .playground import Playground

LOOK_SECONDS = 1.0
MIN_PAUSE_SECONDS = 0.02

log = logging.getLogger(__name__)


def start_takeover(playground: Playground, interval_seconds: float = LOOK_SECONDS) -> None:
    """Look on a thread for generations of ended processes, and resume them, for as long as `playground` is open.

    It looks at intervals, and at the moment when the lease of another process ends. Each process looks, and one of them
    takes a generation. Nothing is submitted again.
    """
    alive, database = weakref.ref(playground), playground.store.database

    def look() -> None:
        while True:
            left = database.next_lease_end - time.monotonic()
            time.sleep(min(interval_seconds, left + MIN_PAUSE_SECONDS) if left > 0 else interval_seconds)
            present = alive()
            if present is None or present.is_closing:
                return
            try:
                present.resume()
            except PlaygroundError as error:  # the next look tries again
                log.warning("generations of ended processes cannot be resumed yet: %s", error)
            del present

    threading.Thread(target=look, name="takeover", daemon=True).start()
