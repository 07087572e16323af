"""Tells when a process of a PostgreSQL database has written a generation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

from .postgres_client import connect
from .postgres_migrations import CHANNEL

LOOK_SECONDS = 0.5
"""Seconds after which `changed` is called without a notification: a pooler in transaction mode passes none on."""

log = logging.getLogger(__name__)


class PostgresListener:
    """Calls `changed` on a thread of its own with the ids of written generations, and without ids at each interval."""

    def __init__(self, url: str, changed: Callable[[frozenset[str]], None]) -> None:
        self._url, self._changed, self._closed = url, changed, threading.Event()
        self._connection: psycopg.Connection[Any] | None = None
        self._thread = threading.Thread(target=self._listen, name="postgres-listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()
        if self._connection is not None:
            self._connection.close()

    def _listen(self) -> None:
        while not self._closed.is_set():
            ids = self._next_ids()
            if not self._closed.is_set():
                try:
                    self._changed(ids)
                except Exception:
                    log.exception("changes of other processes are not shown")

    def _next_ids(self) -> frozenset[str]:
        """Return the ids of the next notifications, nothing after an interval or without a connection."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._url)
                self._connection.execute(f"LISTEN {CHANNEL}".encode())
            received = self._connection.notifies(timeout=LOOK_SECONDS, stop_after=1)
            return frozenset(notification.payload for notification in received)
        except psycopg.Error:
            if self._connection is not None:
                with suppress(psycopg.Error):
                    self._connection.close()
            self._closed.wait(LOOK_SECONDS)
            return frozenset()
