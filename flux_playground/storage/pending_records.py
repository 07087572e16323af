"""Records that could not be written to the database yet; they are kept in memory and written later."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

from ..errors import StorageError
from ..generation import Generation
from .database_connection import TakenOver

FIRST_RETRY_SECONDS = 0.5
MAX_RETRY_SECONDS = 20.0

log = logging.getLogger(__name__)


class PendingRecords:
    """Retries `write` for each record until it succeeds. Safe to use from many threads."""

    def __init__(self, write: Callable[[Generation], Generation]) -> None:
        self._write = write
        self._records: dict[str, Generation] = {}
        self._lock = threading.Lock()
        self._writing: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._closed = threading.Event()
        self._retrying = False

    def get(self, generation_id: str) -> Generation | None:
        """Return the record of a generation that is not on disk yet, or None."""
        return self._records.get(generation_id)

    def save(self, generation: Generation) -> Generation:
        """Write a record; when that fails, keep the record and write it later. Never raises."""
        with self._lock:
            self._records[generation.id] = generation
        if not self._try(generation):
            task = f"task {generation.task_id}" if generation.task_id else "no task"
            log.warning("generation %s (%s) could not be written and is kept in memory", generation.id, task)
            self._start_retries()
        return generation

    def close(self) -> None:
        """Try all records once more and stop retrying."""
        self._closed.set()
        for generation in list(self._records.values()):
            self._try(generation)

    def _try(self, generation: Generation) -> bool:
        with self._lock:
            writing = self._writing.setdefault(generation.id, threading.Lock())
        with writing:  # else a retry could write an older record over a newer one
            if self._records.get(generation.id) is not generation:
                return True
            try:
                self._write(generation)
            except TakenOver as error:
                log.warning("generation %s is not written: %s", generation.id, error)
            except StorageError:
                return False
            except Exception as error:  # a fault of this program must not lose a paid image
                log.error("generation %s cannot be written (%s)", generation.id, type(error).__name__)
                return False
        with self._lock:
            if self._records.get(generation.id) is generation:
                del self._records[generation.id]
        return True

    def _start_retries(self) -> None:
        with self._lock:
            if self._retrying:
                return
            self._retrying = True
        threading.Thread(target=self._retry, name="pending-records", daemon=True).start()

    def _retry(self) -> None:
        pause = FIRST_RETRY_SECONDS
        while not self._closed.wait(pause):
            for generation in list(self._records.values()):
                self._try(generation)
            pause = min(pause * 2, MAX_RETRY_SECONDS)
            with self._lock:
                if not self._records:
                    self._retrying = False
                    return
