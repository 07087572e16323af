"""The database of the records."""

from __future__ import annotations

import re
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from flux_playground.errors import InvalidSettings
from flux_playground.storage import sqlite
from flux_playground.storage.database import open_database
from flux_playground.storage.database_connection import Connection
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.migrations import MIGRATIONS
from flux_playground.storage.sqlite import SqliteDatabase
from tests.storage.test_generation_store import generation


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


def test_remote_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A journal with a WAL that moves to FUSE has one connection and no WAL there, as the log says once."""
    with closing(GenerationStore(tmp_path)) as store:
        written = store.save(generation())
    inside, leave = threading.Event(), threading.Event()

    def write(database: Connection) -> None:
        inside.set()
        assert leave.wait(30)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "remote_type", lambda _: "fuse")
        with closing(GenerationStore(tmp_path)) as store:
            assert store.get(written.id) == written
            assert journal_mode(store) == "truncate"
            thread = threading.Thread(target=store._writer.run, args=[write])
            thread.start()
            assert inside.wait(30)
            assert not any(one.lock.acquire(blocking=False) for one in (store._reader, store._search_reader))
            leave.set()
            thread.join()
            assert not list(tmp_path.glob("*-wal"))
    warning = "the data folder is on fuse: the journal is written without WAL, through one connection"
    assert caplog.messages == [warning]
    with closing(GenerationStore(tmp_path)) as store:
        assert journal_mode(store) == "wal"
        assert store.get(written.id) == written


def journal_mode(store: GenerationStore) -> str:
    """The mode of the store's journal."""
    return str(store._reader.select("PRAGMA journal_mode", [])[1][0][0])


def test_missing_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the packages for PostgreSQL the setting is refused in one sentence that names the extra."""
    monkeypatch.delitem(sys.modules, "flux_playground.storage.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InvalidSettings, match=re.escape("flux-playground[postgres]")):
        open_database(tmp_path, "postgresql://host/name")
