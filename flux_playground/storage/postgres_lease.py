"""The lease of a process of a PostgreSQL database: while it is renewed, the process is alive."""

from __future__ import annotations

import logging
import math
import threading
import time
from contextlib import closing, suppress
from typing import Any

import psycopg

from .database_connection import Connection
from .postgres_client import connect

LEASE_SECONDS = 8.0
"""How long a process without a renewal counts as alive."""

RENEW_SECONDS = 2.0
RENEWING = 0x666C7578_00000003
"""The advisory lock under which leases are renewed, so that each process sees the leases of the others."""

# `since` is when the lease began; a lease that has expired begins again.
RENEW = """
    INSERT INTO processes AS own (number, since, expires_at) VALUES (%(number)s, now(), now() + %(lease)s)
    ON CONFLICT (number) DO UPDATE SET expires_at = excluded.expires_at,
        since = CASE WHEN own.expires_at < now() THEN excluded.since ELSE own.since END
"""
# Whether this process is the first one, and the seconds until the first lease of another one ends.
LEASES = """
    SELECT %(number)s = (SELECT number FROM processes WHERE expires_at >= now() ORDER BY since, number LIMIT 1),
        (SELECT extract(epoch FROM min(expires_at) - clock_timestamp())::float8 FROM processes
            WHERE number <> %(number)s AND expires_at >= now())
"""
REMOVE_ENDED = """
    DELETE FROM processes USING processes AS own
    WHERE processes.expires_at < now() AND own.number = ? AND (processes.since = processes.expires_at
        OR own.expires_at >= now() AND own.since < now() - make_interval(secs => ?))
    RETURNING processes.number, processes.expires_at >= own.since
"""
"""Only a process whose own lease has lasted for a while removes leases that were not ended by their processes.

After an outage of the database all leases have expired, and each process needs the time to renew its own.
"""
END = "UPDATE processes SET since = now(), expires_at = now() WHERE number = %s"

log = logging.getLogger(__name__)


class PostgresLease:
    """The lease of a process, by the clock of the database; renewed on a thread until `close`.

    The process with the oldest lease is primary. `next_end` is when the first lease of another process ends
    (`time.monotonic`) unless it is renewed. A renewal is a transaction of its own, so that a pooler in
    transaction mode can be between. Raises `psycopg.Error`.
    """

    def __init__(self, url: str) -> None:
        self._url, self._closed = url, threading.Event()
        self._connection = connect(url)
        row = self._connection.execute("SELECT nextval('process_numbers')").fetchone()
        self.number = int(row[0]) if row else 0
        self._primary_until, self.next_end = 0.0, math.inf
        self._renew()
        self._thread = threading.Thread(target=self._keep, name="postgres-lease", daemon=True)
        self._thread.start()

    @property
    def is_primary(self) -> bool:
        """Whether this process has the oldest lease."""
        return time.monotonic() < self._primary_until

    def is_alone(self) -> bool:
        """Wait until leases that nobody renews have expired; return whether no other process has one."""
        with closing(connect(self._url)) as connection:

            def find_others() -> dict[int, Any]:
                query = "SELECT number, expires_at FROM processes WHERE number != %s AND expires_at >= now()"
                return dict(connection.execute(query, [self.number]).fetchall())

            first = find_others()
            while others := find_others():
                if others.items() - first.items():
                    return False
                self._closed.wait(RENEW_SECONDS / 4)
        return True

    def remove_ended(self, connection: Connection) -> dict[int, bool]:
        """Remove the leases that have expired, in the caller's transaction; see `REMOVE_ENDED`.

        Return the numbers of the processes, and whether this one was there when they ended.
        """
        return dict(connection.execute(REMOVE_ENDED, [self.number, LEASE_SECONDS]).fetchall())

    def close(self) -> None:
        """End the lease: another process continues at once what this one has not finished."""
        self._closed.set()
        self._thread.join()
        with suppress(psycopg.Error), closing(self._open()) as connection:
            connection.execute(END, [self.number])

    def _renew(self) -> None:
        values = {"number": self.number, "lease": f"{LEASE_SECONDS} seconds"}
        until = time.monotonic() + LEASE_SECONDS
        was_primary = self.is_primary
        with self._open().transaction():
            self._connection.execute(f"SELECT pg_advisory_xact_lock({RENEWING})".encode())
            self._connection.execute(RENEW, values)
            is_first, left = self._connection.execute(LEASES, values).fetchone() or (False, None)
        self._primary_until = until if is_first else 0.0
        self.next_end = math.inf if left is None else time.monotonic() + left
        if self.is_primary and not was_primary:
            log.info("this process is the primary one of the database")

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection.closed:
            self._connection = connect(self._url)
        return self._connection

    def _keep(self) -> None:
        while not self._closed.wait(RENEW_SECONDS):
            try:
                self._renew()
            except psycopg.Error as error:
                log.warning("the connection to the database is lost (%s)", type(error).__name__)
                with suppress(psycopg.Error):
                    self._connection.close()
