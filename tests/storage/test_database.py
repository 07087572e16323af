"""The SQLite database of a data folder."""

from __future__ import annotations

import threading
from pathlib import Path

from flux_playground.storage.database import DATABASE_NAME, open_database
from flux_playground.storage.migrations import MIGRATIONS


def test_simultaneous_starts(tmp_path: Path) -> None:
    """Four that open a new folder at the same moment all get the same tables."""
    barrier, versions = threading.Barrier(4), []

    def start() -> None:
        barrier.wait()
        database = open_database(tmp_path / DATABASE_NAME)
        versions.append(database.execute("PRAGMA user_version").fetchone()[0])
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions == [len(MIGRATIONS)] * 4
