"""What the stores need of a database: SQLite, or PostgreSQL with the same SQL."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import StorageError, StorageUnavailable

INDEX_DAMAGED = "The search index was damaged and is being rebuilt. Try again in a minute."

log = logging.getLogger(__name__)


def id_list(ids: Iterable[str | int]) -> str:
    """Return ids or numbers as JSON, without texts that cannot be an id."""
    return json.dumps([one for one in ids if isinstance(one, int) or (one.isascii() and one.isprintable())])


class TakenOver(StorageError):
    """Another process continues the generation, so that this one must not write it."""


class ConnectionLost(StorageError):
    """The database does not answer for a while. What was being written may be written or not."""


class Cursor(Protocol):
    """The result of a statement."""

    @property
    def description(self) -> Any:
        """The columns, each with its name first."""

    @property
    def rowcount(self) -> int:
        """The number of rows that were written."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Return all rows."""

    def close(self) -> Any:
        """Release the rows."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection that one thread uses at a time, which holds `lock`. Its methods raise `errors`.

    Statements are written for SQLite with `?` for values, and use only what `postgres_sql.py` translates.
    """

    @property
    def lock(self) -> threading.RLock:
        """What the thread that uses the connection holds; one of its own for each connection."""

    @property
    def place(self) -> str:
        """What cannot be written to after an error: the data folder, or the database."""

    @property
    def lists_owners(self) -> bool:
        """Whether `entries` has an index of owners, which is quicker than their term among the words."""

    @property
    def errors(self) -> type[Exception]:
        """The base class of the database's errors."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Cursor:
        """Execute a statement; outside of a transaction it is one of its own."""

    def executemany(self, query: str, values: Iterable[Sequence[Any]], /) -> Any:
        """Execute a statement once for each sequence of values."""

    def transaction(self) -> AbstractContextManager[None]:
        """Begin a transaction, while no other connection writes; commit it at the end, or undo it after an error."""

    def write_generation(self, row: Mapping[str, Any]) -> None:
        """Insert or replace a row of `generations`, which gets a new, highest `rowid`; raises `TakenOver`."""

    def continue_numbers(self, table: str, column: str) -> None:
        """Number later rows of a table after those whose numbers were written."""

    def update_statistics(self) -> None:
        """Let queries be planned for the rows that are there now, not for those of some minutes ago."""

    def to_field(self, value: Any) -> Any:
        """Return a number or text as `entry_fields.value`: numbers are ordered before texts. NaN becomes None."""

    def from_field(self, stored: Any) -> Any:
        """Return the number or text of an `entry_fields.value`."""

    def describe(self, error: Exception) -> str:
        """Return one of `errors` as the reason in a sentence."""

    def is_damage(self, error: Exception) -> bool:
        """Return whether an error shows that the database itself is damaged."""

    def is_outage(self, error: Exception) -> bool:
        """Return whether an error shows that a server does not answer, as it may do again."""

    def close(self) -> None:
        """Close the connection."""


class Database(Protocol):
    """A database with the tables of the newest version."""

    @property
    def is_primary(self) -> bool:
        """Whether this process is the one that removes files."""

    @property
    def next_lease_end(self) -> float:
        """When the first other process may count as ended (`time.monotonic`); infinite without another process."""

    def is_alone(self) -> bool:
        """Wait until killed processes count as ended; return whether this one may move the records or files."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may generate images with this database at the same time."""

    @property
    def owns_folder(self) -> bool:
        """Whether this process was the first one of its data folder."""

    def connect(self) -> Connection:
        """Return a new connection."""

    def connections(self, number: int) -> Sequence[Connection]:
        """Return new connections, or one several times where the file system of the data folder is for one only."""

    def watch(self, changed: Callable[[frozenset[str]], None]) -> None:
        """Call `changed` on another thread with the ids that any process of a shared database has written.

        It is also called without ids at intervals.
        """

    def take_over(self, connection: Connection) -> dict[str, bool]:
        """Return the ids of unfinished generations of ended processes, which are now this one's, in a transaction.

        The value tells whether this process was there when the other one ended. Generations that this process has not
        finished may be among them.
        """

    def claim_sweep(self, connection: Connection, sweep_id: str) -> bool:
        """Make a sweep that of this process, in a transaction; return False while it is another one's."""

    def release_sweep(self, connection: Connection, sweep_id: str) -> None:
        """Let any process claim a sweep that was this one's."""

    def find_claimed_elsewhere(self, reader: Reader) -> frozenset[str]:
        """Return the ids of the sweeps that other processes have claimed, as far as those have not ended."""

    def leave_request(self, connection: Connection, sweep_id: str, request: str) -> None:
        """Leave a request for the process that has claimed a sweep, in place of an earlier one."""

    def find_request(self, reader: Reader, sweep_id: str) -> str | None:
        """Return the request that was left for this process, or ""; None for a sweep that it has not claimed."""

    def remove_request(self, connection: Connection, sweep_id: str, request: str) -> None:
        """Remove a request that was left for this process, unless another one has replaced it."""

    def check(self) -> None:
        """Raise `StorageError` when the database was removed."""

    def empty_index(self, error: Exception) -> bool:
        """Empty the search index if an error shows its damage; return whether. All rows are in `unindexed` then."""

    def secret(self, create: Callable[[], bytes]) -> bytes:
        """Return the bytes that the first call created."""

    def set_secret(self, value: bytes) -> None:
        """Replace what `secret` returns, in an empty database."""

    def remove_records(self) -> None:
        """Remove all records and the secret, while no connection is open."""

    def close(self) -> None:
        """Tell other processes that this one has ended."""


@dataclass
class Reader:
    """Reads through a connection, whose lock is `lock`. `damage` is the first error of a damaged database.

    `repair` gets each error of the database, and returns whether it was one of the search index, which is rebuilt now.
    """

    connection: Connection
    repair: Callable[[Exception], bool] = lambda _: False
    damage: str = ""

    @property
    def lock(self) -> threading.RLock:
        """The lock of the connection."""
        return self.connection.lock

    def select(self, query: str, values: Iterable[object]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows, while the caller holds `lock`; raises `StorageError`."""
        try:
            with closing(self.connection.execute(query, list(values))) as cursor:
                return [column[0] for column in cursor.description], cursor.fetchall()
        except self.connection.errors as error:
            if self.repair(error):
                raise StorageError(INDEX_DAMAGED) from None
            if self.connection.is_damage(error) and not self.damage:
                self.damage = str(error)
                log.error("the journal is damaged: %s", error)
            kind = ConnectionLost if self.connection.is_outage(error) else StorageError
            raise kind(f"The journal cannot be read: {self.connection.describe(error)}.") from None

    def check(self) -> None:
        """Raise `StorageError` when a read has shown that the database is damaged."""
        with self.lock:
            if not self.damage:
                self.select("SELECT id FROM generations ORDER BY rowid DESC LIMIT 1", [])
            if self.damage:
                raise StorageUnavailable(f"The journal is damaged: {self.damage}. Nothing was sent. Restore a backup.")

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            self.connection.close()
