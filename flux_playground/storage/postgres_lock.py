"""Tells the processes of a PostgreSQL database which of them are alive, and which one is primary."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg

from .database_connection import Connection
from .postgres_client import connect

LOOK_SECONDS = 1.0
GRACE_SECONDS = 5.0
"""A process whose lock is missing for this long has ended; one that lost its connection takes its lock again sooner."""

CLASS = 0x666C7578
PRIMARY = 0  # the numbers of processes begin with 1

log = logging.getLogger(__name__)


class PostgresLock:
    """The advisory locks of a process: on its number, and on being primary for the first one or its successor.

    A transaction holds them, which stays open until `close` or the end of the process: a pooler in transaction mode
    can be between. Raises `psycopg.Error`.
    """

    def __init__(self, url: str) -> None:
        self._url, self._closed = url, threading.Event()
        self._connection = connect(url)
        row = self._connection.execute("SELECT nextval('process_numbers')").fetchone()
        self.number = int(row[0]) if row else 0
        self.is_primary = False
        self._missing: dict[int, float] = {}  # since when (monotonic) a holder of generations has no lock
        self._lock()
        self._thread = threading.Thread(target=self._keep, name="postgres-lock", daemon=True)
        self._thread.start()

    def ended(self, connection: Connection, holders: Iterable[int]) -> list[int]:
        """Return which of these processes have ended."""
        query = f"""
            SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND classid = {CLASS} AND objsubid = 2 AND granted
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """  # noqa: S608  # a number
        alive, now = {number for (number,) in connection.execute(query)}, time.monotonic()
        self._missing = {one: self._missing.get(one, now) for one in holders if one not in alive}
        return [one for one, since in self._missing.items() if now - since >= GRACE_SECONDS]

    def close(self) -> None:
        """Release the locks."""
        self._closed.set()
        self._thread.join()
        self._connection.close()

    def _lock(self) -> None:
        """Take the locks that are free; that of the number may still belong to a lost connection of this process."""
        if self._connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self._connection.execute("BEGIN")
        self._try(self.number)
        was_primary, self.is_primary = self.is_primary, self.is_primary or self._try(PRIMARY)
        if self.is_primary and not was_primary:
            log.info("this process is the primary one of the database")

    def _try(self, key: int) -> Any:
        row = self._connection.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CLASS, key]).fetchone()
        return row and row[0]

    def _keep(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            try:
                if self._connection.closed:
                    self._connection = connect(self._url)
                self._lock()
            except psycopg.Error as error:
                self.is_primary = False
                log.warning("the connection to the database is lost (%s)", type(error).__name__)
                with suppress(psycopg.Error):
                    self._connection.close()
