"""Opens the database of the records: SQLite in the data folder, or PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from ..errors import InvalidSettings, StorageError
from .database_connection import Database
from .move_records import check_whole
from .sqlite import SqliteDatabase


def open_database(folder: Path, url: str = "") -> Database:
    """Open the database of a folder or of a URL like `open_any`; raises `StorageError` where a move is not finished."""
    database = open_any(folder, url)
    try:
        check_whole(database)
    except StorageError:
        database.close()
        raise
    return database


def open_any(folder: Path, url: str = "") -> Database:
    """Open the PostgreSQL database of a URL, or without one the database of a folder; create or upgrade its tables.

    Raises `StorageError`, and `InvalidSettings` when the packages for PostgreSQL are not installed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"The data folder {folder} cannot be used: {error.strerror}.") from None
    if not url:
        return SqliteDatabase(folder)
    try:
        from .postgres import PostgresDatabase
    except ImportError:
        raise InvalidSettings(
            "FLUX_PLAYGROUND_DATABASE needs the packages of flux-playground[postgres], which are not installed."
        ) from None
    return PostgresDatabase(url, folder)
