"""Fetches the previews of running tasks on threads of its own, so that no poll waits for them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from math import inf
from time import monotonic
from weakref import WeakKeyDictionary

from ..client import Client
from ..errors import PlaygroundError
from .active_runs import ActiveRun

MAX_THREADS = 2
PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Latest:
    """The latest preview of a run: a hash of its source, and before which moment (monotonic) no other is fetched."""

    source: int
    until: float


class Previews:
    """Shows the previews that polls report. Safe to use from many threads.

    A preview is skipped while an earlier one of its run is fetched, for `pause` seconds after that, and while all
    threads are busy. The next poll reports it again.
    """

    def __init__(self, max_threads: int = MAX_THREADS, pause: float = PAUSE_SECONDS) -> None:
        self._places, self._pause = threading.BoundedSemaphore(max_threads), pause
        self._latest: WeakKeyDictionary[ActiveRun, _Latest] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def show(self, run: ActiveRun, client: Client, source: str) -> None:
        """Fetch a preview and give it to its run, without waiting for it; `source` is "" for none."""
        if not source:
            return
        with self._lock:
            latest = self._latest.get(run, _Latest(0, 0.0))
            if latest.source == hash(source) or monotonic() < latest.until:
                return
            if not self._places.acquire(blocking=False):
                return
            self._latest[run] = _Latest(hash(source), inf)
        try:
            threading.Thread(target=self._fetch, args=(run, client, source), name="preview", daemon=True).start()
        except RuntimeError:  # no more threads
            self._end(run)

    def _fetch(self, run: ActiveRun, client: Client, source: str) -> None:
        try:
            run.show_preview(client.fetch_preview(source))
        except PlaygroundError as error:
            log.info("generation %s: no preview: %s", run.generation.id, error.message)
        except Exception:  # a preview must not disturb its generation
            log.exception("generation %s: preview", run.generation.id)
        finally:
            self._end(run)

    def _end(self, run: ActiveRun) -> None:
        with self._lock:
            self._latest[run] = _Latest(self._latest[run].source, monotonic() + self._pause)
        self._places.release()
