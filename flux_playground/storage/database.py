"""Opens the SQLite database of the data folder and reads from it."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import StorageError
from .migrations import MIGRATIONS

DATABASE_NAME = "journal.sqlite"
LOCK_NAME = "opening.sqlite"
MAX_LOCK_SECONDS = 60.0

log = logging.getLogger(__name__)


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database and apply the migrations that it has not seen; raises `sqlite3.Error`, `OSError`.

    Processes that start at the same moment open it one after the other.
    """
    lock = sqlite3.connect(path.with_name(LOCK_NAME), timeout=MAX_LOCK_SECONDS, isolation_level=None)
    with closing(lock):
        lock.execute("BEGIN EXCLUSIVE")
        database = sqlite3.connect(path, check_same_thread=False, timeout=30)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        (version,) = database.execute("PRAGMA user_version").fetchone()
        for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
            log.debug("applying migration %d: %s", number, migration.name)
            database.executescript(f"BEGIN; {migration.sql}; PRAGMA user_version = {number}; COMMIT;")
    path.chmod(0o600)
    return database


@dataclass
class Reader:
    """A connection that only reads; `lock` guards the connection. `damage` is the first error of a damaged database."""

    connection: sqlite3.Connection
    lock: threading.Lock = field(default_factory=threading.Lock)
    damage: str = ""

    def select(self, query: str, values: Iterable[object]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows, while the caller holds `lock`; raises `StorageError`."""
        try:
            with closing(self.connection.execute(query, list(values))) as cursor:
                return [column[0] for column in cursor.description], cursor.fetchall()
        except sqlite3.Error as error:
            if not isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError) and not self.damage:
                self.damage = str(error)
                log.error("the journal is damaged: %s", error)
            raise StorageError(f"The journal cannot be read: {error}.") from None

    def check(self) -> None:
        """Raise `StorageError` when a read has shown that the database is damaged."""
        with self.lock:
            if not self.damage:
                self.select("SELECT id FROM generations ORDER BY rowid DESC LIMIT 1", [])
            if self.damage:
                raise StorageError(f"The journal is damaged: {self.damage}. Nothing was sent. Restore a backup of it.")
