"""Writes rows to the database, the rows of concurrent callers in one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import StorageError
from ..generation import UNFINISHED
from .database_connection import Connection, ConnectionLost
from .search_backlog import index_row, keep_index
from .search_index import indexed_values

T = TypeVar("T")


class RowWriter:
    """Writes rows of `generations` through one connection. Safe to use from many threads."""

    def __init__(self, database: Connection) -> None:
        self._database = database
        self._lock = database.lock
        self._waiting: deque[_Write] = deque()
        self._indexed: dict[str, tuple[Any, ...]] = {}  # what the index of each unfinished generation is made of

    def write(self, row: dict[str, Any]) -> None:
        """Insert or replace a row; the row is on disk when this returns. Raises `StorageError`."""
        own = _Write(row)
        self._waiting.append(own)
        with self._lock:  # the caller that gets the lock writes for all that wait for it: one fsync for many rows
            if not own.done:
                self._write_all([self._waiting.popleft() for _ in range(len(self._waiting))])
        if isinstance(own.error, (self._database.errors, OSError)):
            raise self._failed(own.error) from None
        if own.error is not None:
            raise own.error

    def write_if(self, check: Callable[[Connection], bool], row: dict[str, Any]) -> bool:
        """Write a row in a transaction in which `check` returns True, and return what it returned.

        No other process writes between the check and the row. Raises `StorageError` and what `check` raises.
        """

        def write(database: Connection) -> bool:
            if not check(database):
                return False
            self._write_row(row)
            return True

        try:
            return self.run(write)
        except BaseException:
            self._indexed.pop(row["id"], None)
            raise

    def write_new(self, check: Callable[[], object], row: dict[str, Any]) -> bool:
        """Write a row of `generations` like `write_if`, after `check`; return False for an id that was used before."""

        def is_new(database: Connection) -> bool:
            if database.execute("SELECT 1 FROM generations WHERE id = ?", [row["id"]]).fetchone():
                return False
            check()
            return True

        return self.write_if(is_new, row)

    def run(self, action: Callable[[Connection], T]) -> T:
        """Call `action` in one transaction, which is on disk when this returns. Raises `StorageError`."""
        try:
            with self._lock, self._database.transaction():
                return action(self._database)
        except self._database.errors as error:
            raise self._failed(error) from None

    def execute_many(self, query: str, values: Iterable[tuple[Any, ...]]) -> None:
        """Execute a statement once for each tuple of values, in one transaction; raises the database's errors."""
        with self._lock, self._database.transaction():
            self._database.executemany(query, list(values))

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()

    def _failed(self, error: Exception) -> StorageError:
        kind = ConnectionLost if self._database.is_outage(error) else StorageError
        return kind(f"The {self._database.place} cannot be written to: {self._database.describe(error)}.")

    def _write_row(self, row: dict[str, Any]) -> None:
        """Write a row in a transaction, and its index where that changes: most writes of a run change no word."""
        self._database.write_generation(row)
        values, earlier = indexed_values(row), self._indexed.pop(row["id"], None)
        if values == earlier:
            keep_index(self._database, row["id"])
        is_indexed = values == earlier or index_row(self._database, row)
        if is_indexed and row["state"] in UNFINISHED:
            self._indexed[row["id"]] = values

    def _write_all(self, writes: list[_Write]) -> None:
        try:
            with self._database.transaction():
                for write in writes:
                    self._write_row(write.row)
        except Exception as error:
            for write in writes:
                self._indexed.pop(write.row["id"], None)
            if len(writes) > 1:  # write each row alone, so that one bad row fails for its own caller only
                for write in writes:
                    self._write_all([write])
                return
            writes[0].error = error
        for write in writes:
            write.done = True


@dataclass(eq=False)
class _Write:
    """A row that waits to be on disk."""

    row: dict[str, Any]
    done: bool = False
    error: Exception | None = None
