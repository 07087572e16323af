"""PostgreSQL: lost connections, processes that end, and errors without the password."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.errors import StorageError
from flux_playground.generation import UNFINISHED, State
from flux_playground.identity import Identity
from flux_playground.storage import postgres, postgres_client
from flux_playground.storage.database_connection import TakenOver
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.postgres import BEGIN_WRITING, PostgresConnection
from flux_playground.storage.postgres_client import connect
from flux_playground.storage.postgres_migrations import MIGRATIONS
from flux_playground.storage.postgres_sql import decode_field, encode_field
from flux_playground.storage.rows import to_row
from tests.postgres_server import LEASE_SECONDS
from tests.storage.test_generation_store import generation
from tests.waiting import wait_until

NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False)
PROCESS = """
import sys, time
from pathlib import Path
from flux_playground.generation import State
from flux_playground.identity import Identity
from flux_playground.storage.generation_store import GenerationStore
from tests.postgres_server import shorten_leases
from tests.storage.test_generation_store import generation
shorten_leases()
store = GenerationStore(Path(sys.argv[1]), database_url=sys.argv[2])
for number, state in enumerate(State):
    store.save(generation(100 + number, state=state))
print(store.database.is_primary, flush=True)
time.sleep(600)
"""


@contextmanager
def other_process(folder: Path, url: str) -> Iterator[tuple[subprocess.Popen[str], bool]]:
    """Another process that has saved a generation in each state, and whether it is primary."""
    command = [sys.executable, "-c", PROCESS, str(folder), url]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip() == "True"
        finally:
            process.kill()


def end_connections(url: str) -> None:
    """End all other connections to the database, as a restart of the server does, and wait for their end."""
    with closing(psycopg.connect(url, autocommit=True)) as database:
        database.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE pid != pg_backend_pid()")


def test_both_databases_have_the_same_columns(tmp_path: Path, empty_database: str) -> None:
    """A table or a column that a migration adds is in SQLite and in PostgreSQL."""
    with closing(GenerationStore(tmp_path)) as one, closing(GenerationStore(tmp_path, database_url=empty_database)):
        rows = one._reader.select("SELECT name FROM sqlite_master WHERE type = 'table'", [])[1]
        names = {name for (name,) in rows if not re.match(r"sqlite_|\w+_words_", name)}
        with closing(psycopg.connect(empty_database)) as database:
            tables = {row[0] for row in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
            assert tables - {"migrations", "processes", "secrets", "stops", "sweep_holders"} == names
            for name in names:
                cursor = database.execute(f"SELECT * FROM {name} LIMIT 0".encode())
                columns = {column.name for column in cursor.description or ()} - {"rowid", "holder", "terms"}
                assert columns == set(one._reader.select(f"SELECT * FROM {name} LIMIT 0", [])[0]), name


@pytest.mark.usefixtures("short_leases")
def test_killed_process_is_succeeded(tmp_path: Path, empty_database: str) -> None:
    """Of two processes one gets each unfinished generation of a killed primary one, and one is primary."""
    with (
        other_process(tmp_path, empty_database) as (first, is_primary),
        closing(GenerationStore(tmp_path, database_url=empty_database)) as one,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as two,
    ):
        assert is_primary
        first.send_signal(signal.SIGKILL)
        first.wait()
        takers: dict[str, list[GenerationStore]] = {}

        def look() -> bool:
            for store in (one, two):
                for generation_id, is_recent in store.take_over().items():
                    if is_recent:
                        takers.setdefault(generation_id, []).append(store)
            return len(takers) == 4

        wait_until(look)
        assert sorted(found.state for found in map(one.get, takers) if found) == sorted(UNFINISHED)
        assert [list(store.take_over()) for (store,) in takers.values()] == [list(takers)] * 4
        wait_until(lambda: one.database.is_primary != two.database.is_primary)


def test_successor_need_not_wait(tmp_path: Path, empty_database: str) -> None:
    """A process that ends tells so: another one continues its generations at once, and is primary at its start."""
    with closing(GenerationStore(tmp_path, database_url=empty_database)) as first:
        running = first.save(generation(1, state=State.RUNNING))
    with closing(GenerationStore(tmp_path, database_url=empty_database)) as second:
        assert second.database.is_primary
        assert second.take_over() == {running.id: False}


@pytest.mark.usefixtures("short_leases")
def test_lost_generation_is_not_written(tmp_path: Path, empty_database: str) -> None:
    """A process that lost its lease writes neither over what another one continues nor over a finished image."""
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as lost,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as successor,
    ):
        running = lost.save(generation(1, state=State.RUNNING))
        lost.database._lease._closed.set()  # type: ignore[attr-defined]
        wait_until(lambda: successor.take_over() == {running.id: True})
        with pytest.raises(TakenOver):
            lost.save(replace(running, state=State.DOWNLOADING))
        lost.save_with_retry(replace(running, state=State.DOWNLOADING))
        assert successor.get(running.id) == lost.get(running.id) == running
        made = successor.save(replace(running, state=State.SUCCEEDED))
        with pytest.raises(TakenOver):
            lost.save(running)
        assert successor.get(running.id) == made
        assert lost.save(replace(made, cost=3.0)) == successor.get(running.id)


@pytest.mark.usefixtures("short_leases")
def test_first_look_after_a_lease_takes_over(tmp_path: Path, empty_database: str) -> None:
    """By the clock of the database a lease lasts from its renewal for its time; no look before its end takes over.

    The first one after its end does.
    """
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as lost,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as successor,
        closing(psycopg.connect(empty_database, autocommit=True)) as database,
    ):

        def read(query: str) -> Any:
            row = database.execute(query.encode()).fetchone()
            return row[0] if row else None

        running, lease = lost.save(generation(1, state=State.RUNNING)), lost.database._lease  # type: ignore[attr-defined]
        lease._closed.set()
        lease._thread.join()
        database.execute("UPDATE processes SET since = since - interval '1 hour'")
        before = read("SELECT clock_timestamp()")
        lease._renew()
        after, end = (
            read("SELECT clock_timestamp()"),
            read(f"SELECT expires_at FROM processes WHERE number = {lease.number}"),
        )
        assert before <= end - timedelta(seconds=LEASE_SECONDS) <= after

        def measure_rest() -> float:
            return float((end - read("SELECT clock_timestamp()")).total_seconds())

        most = measure_rest()
        successor.database._lease._renew()  # type: ignore[attr-defined]
        left = successor.database.next_lease_end - time.monotonic()
        assert measure_rest() <= left <= most
        looks: list[datetime] = []

        def look() -> bool:
            looks.append(read("SELECT clock_timestamp()"))
            return successor.take_over() == {running.id: True}

        wait_until(look)
        assert all(moment <= end for moment in looks[:-1])
        assert end <= read("SELECT clock_timestamp()")


def test_expired_leases_are_renewed_first(tmp_path: Path, empty_database: str) -> None:
    """After an outage, in which all leases expire, each process has the time to renew its own."""
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as one,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as two,
        closing(psycopg.connect(empty_database, autocommit=True)) as database,
    ):
        one.save(generation(1, state=State.RUNNING))
        leases = [store.database._lease for store in (one, two)]  # type: ignore[attr-defined]
        for lease in leases:
            lease._closed.set()
            lease._thread.join()
        database.execute("UPDATE processes SET since = now() - interval '1 hour', expires_at = now()")
        leases[1]._renew()
        assert two.database.is_primary
        assert two.take_over() == {}
        leases[0]._renew()
        database.execute("UPDATE processes SET since = since - interval '1 hour'")
        assert two.take_over() == {}
        assert one.take_over() == {generation(1).id: False}


@pytest.mark.usefixtures("short_leases")
def test_lost_connections_are_opened_again(tmp_path: Path, empty_database: str) -> None:
    """After all connections broke, reads and writes work, and the process is primary and keeps its generations."""
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as store,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as other,
    ):
        first = store.save(generation(1, state=State.RUNNING))
        end_connections(empty_database)
        assert store.get(first.id) == first
        second = store.save(generation(2))
        assert [one.id for one in store.recent("owner")] == [second.id, first.id]
        lease = store.database._lease  # type: ignore[attr-defined]
        wait_until(lambda: not lease._connection.closed)
        assert store.database.is_primary
        assert other.take_over() == {}


def test_break_in_a_transaction_writes_nothing(tmp_path: Path, empty_database: str) -> None:
    """A connection that breaks in the middle of a transaction undoes all of it, and the next one works."""
    with closing(GenerationStore(tmp_path, database_url=empty_database)) as store:
        store.save(generation(1, state=State.FAILED))
        update = "UPDATE generations SET status = ?"

        def write(database: object) -> None:
            database.execute(update, ["before"])  # type: ignore[attr-defined]
            end_connections(empty_database)
            database.execute(update, ["after"])  # type: ignore[attr-defined]

        with pytest.raises(StorageError):
            store._writer.run(write)
        read = store.get(generation(1).id)
        assert read is not None
        assert read.status == ""
        store._writer.run(lambda database: database.execute(update, ["later"]))


def test_processes_write_in_turn(tmp_path: Path, empty_database: str) -> None:
    """A row is visible before a later row is numbered, so that no spending is overlooked."""
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as one,
        closing(psycopg.connect(empty_database, autocommit=True)) as other,
    ):
        other.execute("SET lock_timeout = '200ms'")
        with one._writer._lock, one._writer._database.transaction(), pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(BEGIN_WRITING)


def test_spending_is_shared(tmp_path: Path, empty_database: str) -> None:
    """What one process spends counts in the next check of another one, also when its cost is known later."""
    visitor, now = Identity("a", "b"), time.time()
    with (
        closing(GenerationStore(tmp_path, database_url=empty_database)) as one,
        closing(GenerationStore(tmp_path, database_url=empty_database)) as two,
    ):
        for number in range(3):
            paid = generation(number, created_at=now - 10, spender=visitor)
            (one, two)[number % 2].save(paid)
            assert [store.usage.spent(visitor, 0.0, now) for store in (one, two)] == [number + 1, number + 1]
        one.save(replace(paid, state=State.SUCCEEDED, cost=6.0))
        assert [store.usage.spent(visitor, 0.0, now, price=1.0) for store in (one, two)] == [8.0, 8.0]


def test_secret_is_shared(tmp_path: Path, empty_database: str) -> None:
    """Two processes with different folders have one secret: digests of keys and addresses agree."""
    with (
        closing(GenerationStore(tmp_path / "a", database_url=empty_database)) as one,
        closing(GenerationStore(tmp_path / "b", database_url=empty_database)) as two,
    ):
        assert len(one.secret_key()) == 32
        assert one.secret_key() == two.secret_key()


def test_secret_during_an_outage(tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that was read stays known without the database; the first read of a process fails with a sentence."""

    def refuse(_: str) -> None:
        raise psycopg.OperationalError("the database system is shutting down")

    with (
        closing(GenerationStore(tmp_path / "a", database_url=empty_database)) as one,
        closing(GenerationStore(tmp_path / "b", database_url=empty_database)) as two,
    ):
        known = one.secret_key()
        monkeypatch.setattr(postgres_client, "connect", refuse)
        assert one.secret_key() == known
        with pytest.raises(StorageError, match="cannot be used: the database system is shutting down"):
            two.secret_key()
        monkeypatch.undo()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:pass%40word@127.0.0.1:1/journal",
        "postgresql://ann:pass%40word@/journal?host=/nowhere",
        "postgresql://ann:pass%40word@127.0.0.1/journal?port=pass%40word",
    ],
)
def test_errors_hide_the_password(tmp_path: Path, url: str) -> None:
    """A database that cannot be reached is one sentence without the password."""
    with pytest.raises(StorageError, match="The database cannot be used") as error:
        GenerationStore(tmp_path, database_url=url)
    text = str(error.value)
    assert "pass@word" not in text
    assert "pass%40word" not in text
    assert "\n" not in text


@given(NUMBERS | st.text(), NUMBERS | st.text())
def test_field_order(first: float | str, second: float | str) -> None:
    """Encoded numbers and texts have the order of SQLite, and come back equal."""
    encoded = [str(encode_field(value)).encode() for value in (first, second)]
    keys: list[Any] = [value.encode() if isinstance(value, str) else value for value in (first, second)]
    is_text = [isinstance(value, str) for value in (first, second)]
    is_less = keys[0] < keys[1] if is_text[0] == is_text[1] else is_text[1]
    assert (encoded[0] < encoded[1]) == is_less
    assert decode_field(encode_field(first)) == first


def test_first_version_is_upgraded(tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of the first version with rows in them get the later steps, once, also when two processes start."""
    with closing(psycopg.connect(empty_database, autocommit=True)) as database:
        database.execute("CREATE SCHEMA older")
        url = f"{empty_database}&options=-csearch_path%3Dolder"
        try:
            with monkeypatch.context() as patch, closing(connect(url)) as first:
                patch.setattr(postgres, "MIGRATIONS", MIGRATIONS[:1])
                postgres._migrate(first)
            written = generation()
            with closing(PostgresConnection(url, 1)) as connection:
                connection.write_generation(to_row(written))
            stores: list[GenerationStore] = []
            threads = [
                threading.Thread(target=lambda: stores.append(GenerationStore(tmp_path, database_url=url)))
                for _ in range(2)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [store.get(written.id) for store in stores] == [written, written]
            for store in stores:
                store.close()
            names = database.execute("SELECT name FROM older.migrations ORDER BY number").fetchall()
            assert [name for (name,) in names] == [migration.name for migration in MIGRATIONS]
        finally:
            database.execute("DROP SCHEMA older CASCADE")
