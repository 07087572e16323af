"""Opens the SQLite database of the journal."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .migrations import MIGRATIONS


def open_database(path: Path) -> sqlite3.Connection:
    """Open the journal and bring its tables up to date; raises `sqlite3.Error`, `OSError`."""
    database = sqlite3.connect(path, check_same_thread=False, timeout=30)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        database.executescript(f"BEGIN; {migration}; PRAGMA user_version = {number}; COMMIT;")
    path.chmod(0o600)
    return database


def acquire_process_lock(connection: sqlite3.Connection) -> bool:
    """Take the lock that tells one running program from another; the system lets go of it when the process ends."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
