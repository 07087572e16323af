"""Checks at the start that the data folder can be used, so that no paid image is lost."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from ..errors import InvalidSettings
from .mounts import remote_type
from .sqlite import DATABASE_NAME, is_index_damage

MAX_CHECKED_BYTES = 50_000_000
"""A larger journal is not checked at the start, which would take seconds; reads of damaged pages are noticed later."""

INDEX_FAULT = re.compile(r"FTS5 table|^fts5:")
"""What SQLite 3.44 and later find in the search index, which is rebuilt by the first search."""


def check_data_folder(folder: Path) -> None:
    """Create the folder and check files, locks and the database in it.

    Raises `InvalidSettings` that names the folder.
    """
    check_writable(folder, "data folder", "FLUX_PLAYGROUND_DATA")
    try:
        with tempfile.TemporaryDirectory(prefix=".try-", dir=folder) as temporary:
            _lock(Path(temporary) / "lock.sqlite")
    except sqlite3.Error:
        raise InvalidSettings(
            f"The disk of the data folder {folder} has no file locks; name a folder on another disk in "
            "FLUX_PLAYGROUND_DATA."
        ) from None
    _check_journal(folder / DATABASE_NAME)


def check_writable(folder: Path, name: str, variable: str) -> None:
    """Create a folder and write a file in it; raises `InvalidSettings` that names folder and variable."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        raise InvalidSettings(
            f"The {name} {folder} cannot be written to ({error.strerror}); name another in {variable}."
        ) from None


def _lock(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        database.execute("ROLLBACK")


def _check_journal(path: Path) -> None:
    """Check an existing database without writing to it."""
    if path.is_dir():
        raise InvalidSettings(f"The journal {path} is a folder; move it away, or name another FLUX_PLAYGROUND_DATA.")
    if not path.is_file():
        return
    try:
        with path.open("r+b"):
            pass
        with closing(sqlite3.connect(path, timeout=10)) as database:
            if remote_type(path.parent):  # a WAL of an earlier place is read without shared memory
                database.execute("PRAGMA locking_mode = EXCLUSIVE")
            small = path.stat().st_size <= MAX_CHECKED_BYTES
            query = "PRAGMA quick_check(1)" if small else "SELECT 'ok' FROM (SELECT count(*) FROM sqlite_master)"
            (found,) = database.execute(query).fetchone()
    except OSError as error:
        raise InvalidSettings(f"The journal {path} cannot be written to ({error.strerror}).") from None
    except sqlite3.DatabaseError as error:
        if is_index_damage(error):
            return
        if isinstance(error, sqlite3.OperationalError):
            raise InvalidSettings(f"The journal {path} cannot be opened ({error}).") from None
        found = "damaged"
    if found != "ok" and not INDEX_FAULT.search(found):
        raise InvalidSettings(f"The journal {path} is damaged; restore a copy of it, or move it away and start again.")
