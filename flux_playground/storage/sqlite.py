"""The SQLite database of the data folder."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..errors import StorageError, StorageUnavailable
from ..generation import UNFINISHED
from .atomic_file import write_atomic
from .database_connection import Connection, Reader
from .mounts import remote_type
from .process_lock import ProcessLock
from .sqlite_migrations import MIGRATIONS

DATABASE_NAME = "journal.sqlite"
LOCK_NAME = "opening.sqlite"
MAX_LOCK_SECONDS = 60.0
OTHER_FTS5_FORMAT = "invalid fts5 file format"  # SQLite has no code for this error

log = logging.getLogger(__name__)


class SqliteConnection(sqlite3.Connection):
    """A connection to SQLite; see `Connection`."""

    place, errors = "data folder", sqlite3.Error
    lists_owners = False

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self.lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin a transaction; commit it at the end, or undo it after an error."""
        with self:
            self.execute("BEGIN IMMEDIATE")
            yield

    def write_generation(self, row: Mapping[str, Any]) -> None:
        """Insert or replace a row of `generations`."""
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        # The names are columns of our own schema; every value is bound.
        self.execute(f"REPLACE INTO generations ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608

    def continue_numbers(self, table: str, column: str) -> None:
        """Do nothing: SQLite counts on from the highest number."""

    def update_statistics(self) -> None:
        """Do nothing: the queries are written for SQLite's planner without statistics."""

    def to_field(self, value: Any) -> Any:
        """Return a number or text as it is; SQLite stores NaN as NULL."""
        return value

    def from_field(self, stored: Any) -> Any:
        """Return a stored number or text as it is."""
        return stored

    def describe(self, error: Exception) -> str:
        """Return the text of an error."""
        return str(error)

    def is_damage(self, error: Exception) -> bool:
        """Return whether an error shows that the file is damaged."""
        return not isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError)

    def is_outage(self, error: Exception) -> bool:
        """Return False: there is no server."""
        return False


class SqliteDatabase:
    """The database of a data folder; the first process that uses the folder is primary. Raises `StorageError`.

    A WAL needs memory that processes share, which network file systems and FUSE do not have: there the journal is
    written without a WAL, and through one connection, because a reader would keep others from writing.
    """

    is_shared = False

    def __init__(self, folder: Path) -> None:
        self._path, self._salt, self._key_lock = folder / DATABASE_NAME, folder / "salt", threading.Lock()
        kind = remote_type(folder)
        self._mode = "TRUNCATE" if kind else "WAL"
        if kind:
            log.warning("the data folder is on %s: the journal is written without WAL, through one connection", kind)
        try:
            _migrate(self._path, self._mode)
            self._inode = self._path.stat().st_ino
            self._process_lock = ProcessLock(folder)
        except (OSError, sqlite3.Error) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            raise StorageError(f"The data folder {folder} cannot be used: {cause}.") from None
        self.is_primary = self.owns_folder = self._process_lock.is_primary

    @property
    def next_lease_end(self) -> float:
        """Infinity: there are no leases."""
        return math.inf

    def is_alone(self) -> bool:
        """Return whether this process was the first one: the lock of a killed one ends with it."""
        return self.is_primary

    def connect(self) -> SqliteConnection:
        """Return a new connection."""
        database = sqlite3.connect(self._path, check_same_thread=False, timeout=30, factory=SqliteConnection)
        database.execute(f"PRAGMA journal_mode = {self._mode}")
        database.execute("PRAGMA synchronous = FULL")
        return database

    def connections(self, number: int) -> list[SqliteConnection]:
        """Return new connections, or one for all."""
        if self._mode == "WAL":
            return [self.connect() for _ in range(number)]
        return [self.connect()] * number

    def watch(self, changed: Callable[[frozenset[str]], None]) -> None:
        """Do nothing: no other process generates images."""

    def take_over(self, connection: Connection) -> dict[str, bool]:
        """Return the ids of all unfinished generations to the primary process; see `Database.take_over`."""
        marks = ", ".join("?" * len(UNFINISHED))
        query = f"SELECT id FROM generations WHERE state IN ({marks}) ORDER BY created_at"  # noqa: S608
        found = connection.execute(query, list(UNFINISHED)) if self.is_primary else ()
        return {generation_id: False for (generation_id,) in found}

    def claim_sweep(self, connection: Connection, sweep_id: str) -> bool:
        """Return True: no other process makes sweeps."""
        return True

    def release_sweep(self, connection: Connection, sweep_id: str) -> None:
        """Do nothing."""

    def find_claimed_elsewhere(self, reader: Reader) -> frozenset[str]:
        """Return none: no other process makes sweeps."""
        return frozenset()

    def leave_request(self, connection: Connection, sweep_id: str, request: str) -> None:
        """Do nothing."""

    def find_request(self, reader: Reader, sweep_id: str) -> str:
        """Return ""."""
        return ""

    def remove_request(self, connection: Connection, sweep_id: str, request: str) -> None:
        """Do nothing."""

    def check(self) -> None:
        """Raise `StorageError` when the file was removed."""
        try:
            same = self._path.stat().st_ino == self._inode
        except OSError as error:
            raise StorageUnavailable(f"The data folder cannot be read: {error.strerror}. Nothing was sent.") from None
        if not same:
            raise StorageUnavailable("The data folder has lost its journal. Nothing was sent. Restart the program.")

    def empty_index(self, error: Exception) -> bool:
        """Empty a damaged index on a connection of its own, because FTS5 keeps some of it in memory."""
        if not is_index_damage(error):
            return False
        log.error("the search index is damaged and is rebuilt from the journal: %s", error)
        try:
            with closing(self.connect()) as database, database.transaction():
                _empty_index(database)
        except sqlite3.Error as failure:
            log.error("the search index cannot be rebuilt: %s", failure)
            return False
        return True

    def secret(self, create: Callable[[], bytes]) -> bytes:
        """Return the bytes that the first call created, from a file."""
        with self._key_lock:
            if not self._salt.is_file():
                self.set_secret(create())
        return self._salt.read_bytes()

    def set_secret(self, value: bytes) -> None:
        """Replace the secret."""
        write_atomic(self._salt, value)
        self._salt.chmod(0o600)

    def remove_records(self) -> None:
        """Remove the journal, then the secret."""
        self._path.unlink()
        self._salt.unlink(missing_ok=True)

    def close(self) -> None:
        """Release the lock of the folder."""
        self._process_lock.close()


def is_index_damage(error: Exception) -> bool:
    """Return whether an error of SQLite shows that only the search index is damaged."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code == sqlite3.SQLITE_CORRUPT_VTAB or OTHER_FTS5_FORMAT in str(error)


def _empty_index(database: sqlite3.Connection) -> None:
    """Empty the tables of the index. A damaged table of FTS5 can be neither dropped nor written to.

    The tables behind it get the rows of an empty one.
    """
    for table in ("entry_words", "prompt_words"):
        (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchone()
        database.execute(sql.replace(table, f"temp.empty_{table}", 1))
        for part in ("data", "idx", "content", "docsize", "config"):
            database.execute(f"DELETE FROM {table}_{part}")  # noqa: S608  # literals
            database.execute(f"INSERT INTO {table}_{part} SELECT * FROM temp.empty_{table}_{part}")  # noqa: S608
    for table in ("entries", "prompts", "fields", "entry_fields", "unindexed"):
        database.execute(f"DELETE FROM {table}")  # noqa: S608
    database.execute("INSERT INTO unindexed SELECT id FROM generations ORDER BY created_at")


def _migrate(path: Path, mode: str) -> None:
    """Create the database, or apply the migrations that it has not seen; raises `sqlite3.Error`, `OSError`.

    Processes that start at the same moment do so one after the other.
    """
    lock = sqlite3.connect(path.with_name(LOCK_NAME), timeout=MAX_LOCK_SECONDS, isolation_level=None)
    with closing(lock), closing(sqlite3.connect(path, timeout=30)) as database:
        lock.execute("BEGIN EXCLUSIVE")
        if mode != "WAL":  # a WAL of an earlier place is read without shared memory
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute(f"PRAGMA journal_mode = {mode}")
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            log.debug("applying migration %d: %s", number, migration.name)
            database.executescript(f"BEGIN; {migration.sql}; PRAGMA user_version = {number}; COMMIT;")
    path.chmod(0o600)
