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
        self._add(_Write(row))

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

    def write_new(self, check: Callable[[Connection], object], row: dict[str, Any]) -> bool:
        """Write a row of `generations` like `write`, after `check`; return False for an id that was used before.

        No other process writes between the check, which sees the rows of concurrent callers, and the row. Raises
        `StorageError` and what `check` raises.
        """
        return self._add(_Write(row, check)).is_written

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

    def _add(self, own: _Write) -> _Write:
        """Wait until a row is on disk, or was left out; raises `StorageError` and what its check raises."""
        self._waiting.append(own)
        with self._lock:  # the caller that gets the lock writes for all that wait for it: one fsync for many rows
            if not own.done:
                self._write_all([self._waiting.popleft() for _ in range(len(self._waiting))])
        if isinstance(own.error, (self._database.errors, OSError)):
            raise self._failed(own.error) from None
        if own.error is not None:
            raise own.error
        return own

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
                    self._write_checked(write)
        except Exception as error:
            for write in writes:
                self._indexed.pop(write.row["id"], None)
            # Write each row alone, so that one bad row fails for its own caller only. After an outage nobody knows
            # whether a new row was written: written again, its id would be one that was used before.
            is_lost = isinstance(error, self._database.errors) and self._database.is_outage(error)
            again = [] if len(writes) == 1 else [one for one in writes if one.check is None or not is_lost]
            for write in writes:
                if write in again:
                    self._write_all([write])
                else:
                    write.error = error
                    write.done = True
            return
        for write in writes:
            write.done = True

    def _write_checked(self, write: _Write) -> None:
        """Write a row in a transaction; one that its check refuses is left out, and its caller gets the error."""
        write.is_written, write.error = False, None
        if write.check is not None:
            known = "SELECT 1 FROM generations WHERE id = ?"
            if self._database.execute(known, [write.row["id"]]).fetchone():
                return
            try:
                write.check(self._database)
            except self._database.errors:
                raise
            except Exception as error:
                write.error = error
                return
        self._write_row(write.row)
        write.is_written = True


@dataclass(eq=False)
class _Write:
    """A row that waits to be on disk; one with a `check` only if that passes and its id was never used."""

    row: dict[str, Any]
    check: Callable[[Connection], object] | None = None
    is_written: bool = False
    done: bool = False
    error: Exception | None = None
