"""The queue of an account in all processes that share a database: the rows that wait, in the order of their turns."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import StorageError
from ..generation import Generation, State
from .database_connection import Connection, ConnectionLost, Reader, TakenOver
from .row_writer import RowWriter
from .rows import UNFINISHED_STATES, to_row

RECENT_ROWS = 400
"""Rows, the latest written ones, among which a visitor's last turn is looked for."""

# A visitor with fewer tasks has a turn first, then one whose last turn is longer ago, then the oldest row.
QUEUE = f"""
    WITH known AS (
        SELECT * FROM generations WHERE state IN ('{State.QUEUED}', '{State.SUBMITTING}', '{State.RUNNING}')
            AND account = ? AND server = ?
        UNION ALL
        SELECT * FROM (SELECT * FROM generations ORDER BY rowid DESC LIMIT {RECENT_ROWS}) AS recent
        WHERE state NOT IN ('{State.QUEUED}', '{State.SUBMITTING}', '{State.RUNNING}') AND account = ? AND server = ?
    ), tasks AS (
        SELECT id, state, created_at, started_at, state IN ('{State.SUBMITTING}', '{State.RUNNING}') AS is_in_flight,
            coalesce(spender_address || '.' || spender_browser, owner) AS visitor
        FROM known
    ), turns AS (
        SELECT id, state, created_at, max(started_at) OVER (PARTITION BY visitor) AS last_turn,
            row_number() OVER (PARTITION BY visitor, state ORDER BY created_at, id)
                + count(*) FILTER (WHERE is_in_flight) OVER (PARTITION BY visitor) AS share,
            count(*) FILTER (WHERE is_in_flight) OVER () AS in_flight
        FROM tasks
    )
    SELECT id, in_flight FROM turns WHERE state = '{State.QUEUED}'
    ORDER BY share, coalesce(last_turn, 0), created_at, id
"""  # noqa: S608  # literals

ASK_TO_STOP = f"""
    INSERT INTO stops (id) SELECT id FROM generations WHERE id = ? AND state IN ({UNFINISHED_STATES})
    ON CONFLICT DO NOTHING
"""  # noqa: S608  # literals
IS_TO_STOP = "SELECT 1 FROM stops WHERE id = ?"
IS_SUBMITTING = f"SELECT 1 FROM generations WHERE id = ? AND state = '{State.SUBMITTING}'"  # noqa: S608  # a literal

Account = tuple[str, str]
"""The digest of an API key, and the server."""


class SharedQueue:
    """The requests of this process that wait for a place of their account, which has `limit` in all processes.

    Each request is started by the process that has it. `refresh` reads the order of all of them. Safe to use from many
    threads.
    """

    def __init__(self, limit: int, reader: Reader, writer: RowWriter) -> None:
        self._limit, self._reader, self._writer = limit, reader, writer
        self._waiting: dict[str, Account] = {}
        self._due: set[str] = set()
        self._positions: dict[str, int] = {}
        self._uncertain: set[str] = set()  # the connection was lost while their places were taken
        self._lock = threading.Lock()

    def enter(self, generation: Generation) -> None:
        """Let a stored request wait; `leave` must follow. It may try to `take` a place at once."""
        with self._lock:
            self._waiting[generation.id] = generation.account, generation.server
            self._due.add(generation.id)

    def leave(self, generation: Generation) -> None:
        """Forget a request that was sent or ended."""
        with self._lock:
            self._waiting.pop(generation.id, None)
            self._due.discard(generation.id)
            self._positions.pop(generation.id, None)
            self._uncertain.discard(generation.id)

    def has_come(self, generation: Generation) -> bool:
        """Return whether the turn of a waiting request has come, by the last `refresh`."""
        return generation.id in self._due

    def position(self, generation: Generation) -> int:
        """Return the position of a request by the last `refresh`, 1 for the next one; 0 for one that does not wait."""
        return self._positions.get(generation.id, 0)

    def take(self, generation: Generation) -> bool:
        """Write a waiting request as one that is sent and return True, or return False if its turn has not come.

        No other process takes a place between the check and the row. While the database does not answer, the turn has
        not come. Raises `StorageError`.
        """
        account = generation.account, generation.server

        def is_due(database: Connection) -> bool:
            order = _Order.of(database.execute(QUEUE, account * 2).fetchall(), self._limit)
            self._note(account, order)
            if generation.id not in order.places:
                if generation.id in self._uncertain and database.execute(IS_SUBMITTING, [generation.id]).fetchone():
                    return True  # the row was written, and nothing was sent
                raise TakenOver("Another process continues this generation.")
            if database.execute(IS_TO_STOP, [generation.id]).fetchone():
                self.postpone(generation)
            return self.has_come(generation)

        try:
            return self._writer.write_if(is_due, to_row(generation))
        except ConnectionLost:
            with self._lock:
                self._uncertain.add(generation.id)
            raise

    def postpone(self, generation: Generation) -> None:
        """Let the turn of a request not have come until the next `refresh`."""
        with self._lock:
            self._due.discard(generation.id)

    def ask_to_stop(self, generation: Generation) -> None:
        """Ask the process that has an unfinished generation to stop it; a queued one is not sent from now on.

        Raises `StorageError`.
        """
        self._writer.run(lambda database: database.execute(ASK_TO_STOP, [generation.id]))

    def find_to_stop(self) -> frozenset[str]:
        """Return the ids of generations that a process was asked to stop, none without the database."""
        try:
            with self._reader.lock:
                return frozenset(one for (one,) in self._reader.select("SELECT id FROM stops", [])[1])
        except StorageError:
            return frozenset()

    def refresh(self) -> frozenset[str]:
        """Read the order of the accounts for which a request waits; return the ids of those whose turn has come.

        Without the database none comes.
        """
        with self._lock:
            accounts = set(self._waiting.values())
        for account in accounts:
            try:
                with self._reader.lock:
                    rows = self._reader.select(QUEUE, account * 2)[1]
            except StorageError:
                with self._lock:
                    self._due.clear()
            else:
                self._note(account, _Order.of(rows, self._limit))
        with self._lock:
            return frozenset(self._due)

    def _note(self, account: Account, order: _Order) -> None:
        with self._lock:
            for one in [one for one, account_ in self._waiting.items() if account_ == account]:
                (self._due.add if order.is_due(one) else self._due.discard)(one)
                self._positions[one] = order.position(one)


@dataclass(frozen=True)
class _Order:
    """The places of the rows that wait, from 0, and how many of them may be sent."""

    places: Mapping[str, int]
    free: int

    @classmethod
    def of(cls, rows: Sequence[tuple[str, int]], limit: int) -> _Order:
        """Return the order of the rows of `QUEUE`."""
        places = {generation_id: place for place, (generation_id, _) in enumerate(rows)}
        return cls(places, max(limit - int(rows[0][1]), 0) if rows else 0)

    def is_due(self, generation_id: str) -> bool:
        """Return whether a row may be sent; one that waits no more must be looked at."""
        return self.places.get(generation_id, -1) < self.free

    def position(self, generation_id: str) -> int:
        """Return the position of a row, 1 for the next one."""
        return max(self.places.get(generation_id, 0) - self.free, 0) + 1
