"""The database of the records."""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from flux_playground.errors import InvalidSettings, StorageError
from flux_playground.storage import sqlite
from flux_playground.storage.database import open_database
from flux_playground.storage.database_connection import Connection
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.migration import Migration
from flux_playground.storage.sqlite import SqliteDatabase
from flux_playground.storage.sqlite_migrations import MIGRATIONS
from tests.storage.test_generation_store import generation
from tests.waiting import WAIT_SECONDS


@pytest.mark.parametrize("rows", [0, 3])
def test_simultaneous_starts(tmp_path: Path, rows: int) -> None:
    """Four that open a new folder, or one of the first version with rows, at the same moment get the same tables."""
    if rows:
        write_first_version(tmp_path, rows)
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
    with closing(GenerationStore(tmp_path)) as store:
        assert [one.id for one in store.recent("owner")] == [f"{number:02}" for number in reversed(range(rows))]
        assert len({one.secret for one in store.recent("owner")}) == rows


def test_migration_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that fails changes nothing; after it was corrected, the next start applies it."""
    write_first_version(tmp_path, 3)
    broken = Migration("fails", "DELETE FROM generations; SELECT missing")
    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "MIGRATIONS", (MIGRATIONS[0], broken))
        with pytest.raises(StorageError, match="no such column: missing"):
            SqliteDatabase(tmp_path)
    with closing(GenerationStore(tmp_path)) as store:
        assert len(store.recent("owner")) == 3


def write_first_version(folder: Path, rows: int) -> None:
    """Write a journal with the tables of the first version."""
    names = "id, created_at, owner, endpoint, server, request, state, status, task_id, polling_url, sha256, format, "
    names += "sweep, document, fingerprint, origin"
    with closing(sqlite3.connect(folder / sqlite.DATABASE_NAME)) as database, database:
        database.executescript(f"{MIGRATIONS[0].sql}; PRAGMA user_version = 1;")
        for number in range(rows):
            row = [f"{number:02}", float(number), "owner", "/v1/flux", "https://api.bfl.ai", "{}", "ready", *[""] * 9]
            database.execute(f"INSERT INTO generations ({names}) VALUES ({', '.join('?' * 16)})", row)


def test_remote_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A journal with a WAL that moves to FUSE has one connection and no WAL there, as the log says once."""
    with closing(GenerationStore(tmp_path)) as store:
        written = store.save(generation())
    inside, leave = threading.Event(), threading.Event()

    def write(database: Connection) -> None:
        inside.set()
        assert leave.wait(WAIT_SECONDS)

    with monkeypatch.context() as patch:
        patch.setattr(sqlite, "remote_type", lambda _: "fuse")
        with closing(GenerationStore(tmp_path)) as store:
            assert store.get(written.id) == written
            assert journal_mode(store) == "truncate"
            thread = threading.Thread(target=store._writer.run, args=[write])
            thread.start()
            assert inside.wait(WAIT_SECONDS)
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
