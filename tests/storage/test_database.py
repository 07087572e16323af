"""The database of the records."""

from __future__ import annotations

import re
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from flux_playground.errors import InvalidSettings
from flux_playground.storage.database import open_database
from flux_playground.storage.migrations import MIGRATIONS
from flux_playground.storage.sqlite import SqliteDatabase


def test_simultaneous_starts(tmp_path: Path) -> None:
    """Four that open a new folder at the same moment all get the same tables."""
    barrier, versions = threading.Barrier(4), []

    def start() -> None:
        barrier.wait()
        database = SqliteDatabase(tmp_path)
        with closing(database.connect()) as connection:
            versions.append(connection.execute("PRAGMA user_version").fetchone()[0])
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert versions == [len(MIGRATIONS)] * 4


def test_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages for PostgreSQL the setting is refused in one sentence that names the extra."""
    monkeypatch.delitem(sys.modules, "flux_playground.storage.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InvalidSettings, match=re.escape("flux-playground[postgres]")):
        open_database(tmp_path, "postgresql://host/name")
