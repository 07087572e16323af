"""Tells the first process that uses a data folder from later ones."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class ProcessLock:
    """A lock on a data folder, kept until `close` or the end of the process.

    `is_primary` is true for the first process, which may resume the generations of an earlier one.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "running.sqlite", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
            self.is_primary = True
        except sqlite3.OperationalError:
            self.is_primary = False

    def close(self) -> None:
        """Release the lock."""
        self._connection.close()
