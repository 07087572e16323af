"""Stores the plans, states and votes of sweeps; their generations are rows of their own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import InvalidSweep, PlaygroundError, StorageError, from_dict
from .database_connection import Connection, Database, Reader
from .row_writer import RowWriter
from .saved_plan_store import SavedPlanStore

COLUMNS = "id, owner, created_at, name, endpoint, plan, state, problem"

log = logging.getLogger(__name__)


class SweepState(StrEnum):
    """The state of a stored sweep."""

    DRAFT = "draft"  # saved, nothing was sent
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"  # nothing is missing


@dataclass(frozen=True)
class StoredSweep:
    """A sweep as it is stored. `created_at` is in Unix seconds, `plan` is the JSON of its plan.

    `problem` is why the sweep paused without being asked to.
    """

    id: str
    owner: str
    created_at: float
    name: str
    endpoint: str
    plan: str
    state: SweepState = SweepState.DRAFT
    problem: PlaygroundError | None = None


@dataclass(frozen=True)
class Vote:
    """A choice between the images of two cells, by their ids; `winner` is one of them, or "" for a tie."""

    first: str
    second: str
    winner: str


class SweepRequest(StrEnum):
    """What one process asks of another one that makes a sweep."""

    PAUSE = "pause"
    STOP = "stop"
    HAND_OVER = "hand over"  # the process that asks makes the rest


class SweepStore:
    """The sweeps of one data folder. Every write is on disk when the call returns. Safe to use from many threads."""

    def __init__(self, database: Database, writer: RowWriter, reader: Reader) -> None:
        self._database, self._writer, self._reader = database, writer, reader
        self.saved = SavedPlanStore(writer, reader)

    def claim(self, sweep_id: str) -> None:
        """Let no other process of the database make a sweep; `release` must follow.

        Raises `InvalidSweep` while another one does, and `StorageError`.
        """
        if not self._writer.run(lambda connection: self._database.claim_sweep(connection, sweep_id)):
            raise InvalidSweep("Another process of this page is making this sweep. Try again in ten seconds.")

    def release(self, sweep_id: str) -> None:
        """Let other processes make a sweep; without the database, they can when this process has ended."""
        try:
            self._writer.run(lambda connection: self._database.release_sweep(connection, sweep_id))
        except StorageError as error:
            log.warning("sweep %s stays with this process: %s", sweep_id, error.message)

    def find_claimed_elsewhere(self) -> frozenset[str]:
        """Return the ids of the sweeps that other processes of the database make; raises `StorageError`."""
        return self._database.find_claimed_elsewhere(self._reader)

    def leave_request(self, sweep_id: str, request: SweepRequest) -> None:
        """Ask the process that makes a sweep to pause, stop or hand it over; raises `StorageError`."""
        self._writer.run(lambda connection: self._database.leave_request(connection, sweep_id, request))

    def take_request(self, sweep_id: str) -> SweepRequest | None:
        """Return what another process has asked of this one, once; None also without the database.

        A sweep that another process has claimed meanwhile is handed over.
        """
        try:
            text = self._database.find_request(self._reader, sweep_id)
            if text:
                self._writer.run(lambda connection: self._database.remove_request(connection, sweep_id, text))
        except StorageError:
            return None
        return SweepRequest.HAND_OVER if text is None else SweepRequest(text) if text else None

    def save(self, sweep: StoredSweep) -> StoredSweep:
        """Write a sweep in place of its earlier record and return it; raises `StorageError`."""
        facts = [sweep.id, sweep.owner, sweep.created_at, sweep.name, sweep.endpoint, sweep.plan, sweep.state]
        row = [*facts, _dump(sweep.problem)]
        changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", "))
        query = f"""
            INSERT INTO sweeps ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET {changes}
        """  # noqa: S608  # literals
        self._writer.run(lambda database: database.execute(query, row))
        return sweep

    def save_state(self, sweep: StoredSweep) -> None:
        """Write the state and the problem of a stored sweep; raises `StorageError`."""
        query = "UPDATE sweeps SET state = ?, problem = ? WHERE id = ?"
        self._writer.run(lambda database: database.execute(query, [sweep.state, _dump(sweep.problem), sweep.id]))

    def rename(self, owner: str, sweep_id: str, name: str) -> None:
        """Give an owner's sweep another name; raises `StorageError`."""
        query = "UPDATE sweeps SET name = ? WHERE owner = ? AND id = ?"
        self._writer.run(lambda database: database.execute(query, [name, owner, sweep_id]))

    def get(self, owner: str, sweep_id: str) -> StoredSweep | None:
        """Return an owner's sweep, or None."""
        return next(iter(self._select("owner = ? AND id = ?", [owner, sweep_id])), None)

    def recent(self, owner: str, limit: int = 60) -> list[StoredSweep]:
        """Return an owner's latest sweeps, newest first."""
        return self._select("owner = ? ORDER BY created_at DESC, id LIMIT ?", [owner, limit])

    def count(self, owner: str) -> int:
        """Return the number of an owner's sweeps."""
        with self._reader.lock:
            _, rows = self._reader.select("SELECT count(*) FROM sweeps WHERE owner = ?", [owner])
        return int(rows[0][0])

    def delete(self, owner: str, sweep_id: str) -> None:
        """Delete an owner's sweep and its votes and scores; its generations stay. Raises `StorageError`."""

        def write(database: Connection) -> None:
            if database.execute("DELETE FROM sweeps WHERE owner = ? AND id = ?", [owner, sweep_id]).rowcount:
                database.execute("DELETE FROM sweep_votes WHERE sweep = ?", [sweep_id])
                database.execute("DELETE FROM sweep_scores WHERE sweep = ?", [sweep_id])

        self._writer.run(write)

    def add_vote(self, sweep_id: str, vote: Vote) -> None:
        """Write a vote on a sweep; raises `StorageError`."""
        query = "INSERT INTO sweep_votes (sweep, first, second, winner) VALUES (?, ?, ?, ?)"
        self._writer.run(lambda database: database.execute(query, [sweep_id, vote.first, vote.second, vote.winner]))

    def remove_last_vote(self, sweep_id: str) -> None:
        """Delete the latest vote on a sweep; raises `StorageError`."""
        query = "DELETE FROM sweep_votes WHERE number = (SELECT max(number) FROM sweep_votes WHERE sweep = ?)"
        self._writer.run(lambda database: database.execute(query, [sweep_id]))

    def votes(self, sweep_id: str) -> list[Vote]:
        """Return the votes on a sweep, oldest first."""
        query = "SELECT first, second, winner FROM sweep_votes WHERE sweep = ? ORDER BY number"
        with self._reader.lock:
            _, rows = self._reader.select(query, [sweep_id])
        return [Vote(*row) for row in rows]

    def save_score(self, sweep_id: str, generation_id: str, command: str, score: float) -> None:
        """Write the score that a command (its digest) gave to an image of a sweep; raises `StorageError`.

        Nothing is written for a sweep that was deleted.
        """
        query = """
            INSERT INTO sweep_scores (sweep, generation, command, score) SELECT id, ?, ?, ? FROM sweeps WHERE id = ?
            ON CONFLICT (sweep, generation) DO UPDATE SET command = excluded.command, score = excluded.score
        """
        self._writer.run(lambda database: database.execute(query, [generation_id, command, score, sweep_id]))

    def scores(self, sweep_id: str, command: str) -> dict[str, float]:
        """Return the scores that a command gave to the images of a sweep, by the id of the generation."""
        query = "SELECT generation, score FROM sweep_scores WHERE sweep = ? AND command = ?"
        with self._reader.lock:
            _, rows = self._reader.select(query, [sweep_id, command])
        return dict(rows)

    def _select(self, where: str, values: Iterable[Any]) -> list[StoredSweep]:
        # `where` is always a literal of this module; every value is bound.
        query = f"SELECT {COLUMNS} FROM sweeps WHERE {where}"  # noqa: S608
        with self._reader.lock:
            _, rows = self._reader.select(query, values)
        return [_from_row(*row) for row in rows]


def _dump(problem: PlaygroundError | None) -> str | None:
    return None if problem is None else json.dumps(problem.as_dict(), ensure_ascii=False)


def _from_row(*row: Any) -> StoredSweep:
    sweep_id, owner, created_at, name, endpoint, plan, state, problem = row
    error = None if problem is None else from_dict(json.loads(problem))
    return StoredSweep(sweep_id, owner, created_at, name, endpoint, plan, SweepState(state), error)
