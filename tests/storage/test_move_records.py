"""The command `migrate`: all records move from the data folder to PostgreSQL and back, whole, also after a kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flux_playground import migrate_command
from flux_playground.errors import ContentModerated, StorageError
from flux_playground.generation import State
from flux_playground.identity import Identity
from flux_playground.migrate_command import TO_BUCKET, TO_FOLDER, TO_POSTGRESQL, TO_SQLITE
from flux_playground.storage import move_records
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.move_records import KEYS
from flux_playground.storage.saved_plan_store import SavedKind, SavedPlan, SavedPlanStore
from flux_playground.storage.search_query import Query
from flux_playground.storage.sqlite import DATABASE_NAME
from flux_playground.storage.sweep_store import StoredSweep, SweepState, Vote
from tests.archive.gallery import describe, draw, keep
from tests.s3_server import S3Server

Rows = dict[str, list[tuple[Any, ...]]]
ANN = Identity("an-address", "a-browser")
pytestmark = pytest.mark.usefixtures("short_leases")
KILLED = """
import os, signal, sys
from flux_playground import migrate_command
from flux_playground.storage import move_records, postgres, sqlite
from tests.postgres_server import shorten_leases
shorten_leases()
def die(*values):
    os.kill(os.getpid(), signal.SIGKILL)
point, direction = sys.argv[1:]
move_records.BATCH_SIZE = 2
if point == "rows":
    insert, inserted = move_records._insert, []
    move_records._insert = lambda *values: inserted.append(insert(*values)) if len(inserted) < 5 else die()
for database in (sqlite.SqliteDatabase, postgres.PostgresDatabase):
    if point == "before removal":
        database.remove_records = die
    if point == "after removal":
        database.remove_records = lambda self, remove=database.remove_records: remove(self) or die()
migrate_command.run([direction])
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the settings, which name an empty PostgreSQL database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLUX_PLAYGROUND_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FLUX_PLAYGROUND_DATABASE", empty_database)
    return tmp_path / "data"


def write_records(store: GenerationStore) -> None:
    """Write generations in all states, also purged and imported ones, with annotations, a sweep, votes and scores."""
    error = ContentModerated("Withheld.", detail="said the API", task_id="t")
    for number, state in enumerate(State):
        store.save(describe(number, state=state, created_at=time.time() - 100 + number, spender=ANN, seed=2**64 - 1))
    store.save(
        describe(20, error=error, state=State.FAILED, request={"prompt": "a\0b 🦊 é"}, signed=True, embed_error="")
    )
    keep(store, describe(21, sweep="sweep-1", imported="ComfyUI", file_name="fox.png"), draw(21))
    store.annotations.update("ann", [describe(20).id], starred=True, rating=4, add_tags=["best", "ärger"])
    store.deletions.delete("ann", [describe(0).id], 1.0)
    store.purge(2.0)
    store.deletions.delete("ann", [describe(1).id], 3.0)
    store.sweeps.save(StoredSweep("sweep-1", "ann", 5.5, "Strengths", "/v1/flux", '{"axes": []}', SweepState.DONE))
    for winner in "abc":
        store.sweeps.add_vote("sweep-1", Vote("a", "b", winner))
    store.sweeps.remove_last_vote("sweep-1")
    plan = SavedPlan("ann", SavedKind.PLAN, "a\0b 🦊 é", 5.5, "/v1/flux", ("seed", ""), 4, "{}", keeps_images=True)
    SavedPlanStore(store._writer, store._reader).save(plan)
    store.sweeps.save_score("sweep-1", describe(21).id, "digest", 0.1 + 0.2)


def read_records(store: GenerationStore) -> Rows:
    """All rows of all tables."""
    rows: Rows = {}
    for table, key in KEYS.items():
        names, found = store._reader.select(f"SELECT * FROM {table} ORDER BY {', '.join(key)}", [])
        kept = [names.index(name) for name in sorted(set(names) - {"holder", "rowid"})]
        rows[table] = [tuple(_text(row[place]) for place in kept) for row in found]
    return rows


def _text(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value  # PostgreSQL stores no NUL


@pytest.fixture
def records(folder: Path) -> Rows:
    """The records of the data folder."""
    with closing(GenerationStore(folder)) as store:
        write_records(store)
        return read_records(store)


def test_records_move_and_return(
    folder: Path, records: Rows, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows, secret, spending, search and votes are in PostgreSQL alone, then in the data folder alone."""
    with closing(GenerationStore(folder)) as store:
        secret, spent = store.secret_key(), store.usage.spent(ANN, 0.0, time.time())
    assert spent == 8
    assert migrate_command.run([TO_POSTGRESQL]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("generations: 11 rows, 11 written now, equal in both places; SHA-256 ")
    assert lines[-1] == "17 records moved."
    assert not (folder / DATABASE_NAME).exists()
    assert not (folder / "salt").exists()
    for url in (empty_database, ""):
        with closing(GenerationStore(folder, database_url=url)) as store:
            store.backlog.wait()
            assert read_records(store) == records
            assert store.secret_key() == secret
            assert store.usage.spent(ANN, 0.0, time.time()) == spent
            assert [entry.generation.id for entry in store.search.page("ann", Query("ärger")).entries] == [
                describe(20).id
            ]
            store.sweeps.add_vote("sweep-1", Vote("a", "c", "c"))
            assert store.sweeps.votes("sweep-1")[-1].winner == "c"
            store.sweeps.remove_last_vote("sweep-1")
            owners = store._reader.select("SELECT DISTINCT owner FROM entries", [])[1]
            assert owners == [("ann",)]
        if url:
            assert migrate_command.run([TO_SQLITE]) == 0
            assert capsys.readouterr().out.splitlines() == lines
    with closing(GenerationStore(folder, database_url=empty_database)) as store:
        assert not any(read_records(store).values())


@pytest.mark.usefixtures("records")
def test_moved_records_have_statistics(empty_database: str) -> None:
    """PostgreSQL knows the number of moved rows at once: without it the allowance check reads all of them."""
    assert migrate_command.run([TO_POSTGRESQL]) == 0
    with closing(psycopg.connect(empty_database)) as database:
        assert database.execute("SELECT reltuples FROM pg_class WHERE relname = 'generations'").fetchone() == (11,)


def test_every_table_is_moved(folder: Path) -> None:
    """A table is moved, or belongs to the search index that is written again."""
    with closing(GenerationStore(folder)) as store:
        rows = store._reader.select("SELECT name FROM sqlite_master WHERE type = 'table'", [])[1]
    index = {"entries", "entry_words", "prompts", "prompt_words", "fields", "entry_fields", "unindexed"}
    names = {name for (name,) in rows if not re.match(r"sqlite_|\w+_words_", name)}
    assert names == {*KEYS, *index, "unfinished_move"}


@pytest.mark.parametrize("direction", [TO_POSTGRESQL, TO_SQLITE])
@pytest.mark.parametrize("point", ["rows", "before removal", "after removal"])
def test_killed_move_continues(
    folder: Path, records: Rows, empty_database: str, direction: str, point: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program refuses a part of the records; the next move takes what has changed meanwhile, and ends."""
    source, target = ("", empty_database) if direction == TO_POSTGRESQL else (empty_database, "")
    if direction == TO_SQLITE:
        assert migrate_command.run([TO_POSTGRESQL]) == 0
    command = [sys.executable, "-c", KILLED, point, direction]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    with pytest.raises(StorageError, match="Finish the move"):
        GenerationStore(folder, database_url=target)
    if point != "after removal":
        with closing(GenerationStore(folder, database_url=source)) as store:
            assert read_records(store) == records
            store.save(describe(20, state=State.SUCCEEDED))
            store.save(describe(30))
            store.sweeps.remove_last_vote("sweep-1")
            records = read_records(store)
    capsys.readouterr()
    assert migrate_command.run([direction]) == 0
    first = {
        "rows": f"generations: 12 rows, {12 - 4} written now",
        "before removal": "generations: 12 rows, 2 written now",
    }
    assert capsys.readouterr().out.startswith(first.get(point, "0 records moved."))
    with closing(GenerationStore(folder, database_url=target)) as store:
        assert read_records(store) == records
    assert migrate_command.run([direction]) == 0
    assert capsys.readouterr().out == "0 records moved.\n"


@pytest.mark.parametrize("direction", [TO_POSTGRESQL, TO_SQLITE])
def test_interrupted_command(
    folder: Path, records: Rows, direction: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends a move with one sentence, and the next one continues."""
    if direction == TO_SQLITE:
        assert migrate_command.run([TO_POSTGRESQL]) == 0

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(move_records, "_insert", interrupt)
        assert migrate_command.run([direction]) == 130
    assert capsys.readouterr().err == "Interrupted. Start again to continue.\n"
    assert migrate_command.run([direction]) == 0
    assert "generations: 11 rows, 11 written now" in capsys.readouterr().out


def test_record_that_was_not_written(folder: Path, empty_database: str) -> None:
    """The record of a paid image that a full disk kept out of the journal moves with the others."""
    with closing(GenerationStore(folder)) as store:
        made = keep(store, describe(1), draw(1))
        store.save(describe(1, state=State.DOWNLOADING))
        store._kept_records._keep(made)
    assert migrate_command.run([TO_POSTGRESQL]) == 0
    with closing(GenerationStore(folder, database_url=empty_database)) as store:
        assert store.recent("ann") == [made]


@pytest.mark.usefixtures("records")
def test_records_in_use(folder: Path, empty_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing moves while a program uses the folder or the database."""
    with closing(GenerationStore(folder)):
        assert migrate_command.run([TO_POSTGRESQL]) == 2
    assert capsys.readouterr().err == "The data folder is in use. Stop the program first.\n"
    with closing(GenerationStore(folder.parent / "other", database_url=empty_database)):
        assert migrate_command.run([TO_POSTGRESQL]) == 2
    assert capsys.readouterr().err == "The database is in use. Stop the program first.\n"


def test_other_records(folder: Path, records: Rows, empty_database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Records of another folder are neither mixed nor lost, and a part of them is completed only from there."""
    other = folder.parent / "other"
    with closing(GenerationStore(other)) as store:
        store.save(describe(50))
        others = read_records(store)
    assert migrate_command.run([TO_POSTGRESQL, "--data", str(other)]) == 0
    assert migrate_command.run([TO_POSTGRESQL]) == 2
    with (
        closing(GenerationStore(folder)) as store,
        closing(GenerationStore(other, database_url=empty_database)) as moved,
    ):
        assert (read_records(store), read_records(moved)) == (records, others)
        moved._writer.run(lambda database: database.execute("INSERT INTO unfinished_move VALUES ('another', 0)"))
    assert migrate_command.run([TO_POSTGRESQL]) == 2
    assert migrate_command.run([TO_POSTGRESQL, "--data", str(other)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        *["The target holds other records. Nothing was moved."] * 2,
        "The target has a part of the records of another place, and there are none here.",
    ]


def test_database_and_bucket(
    folder: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command moves a folder to database and bucket, one moves it back; files never go before their records."""
    with closing(GenerationStore(folder)) as store:
        made = keep(store, describe(1), draw(1))
    url = s3.new_bucket()
    monkeypatch.setenv("FLUX_PLAYGROUND_FILES", url)
    assert migrate_command.run([TO_BUCKET]) == 2
    assert "The records are in the data folder." in capsys.readouterr().err
    assert migrate_command.run([TO_POSTGRESQL, TO_BUCKET]) == 0
    assert list((folder / "images").iterdir()) == []
    with closing(GenerationStore(folder.parent / "replica", url, empty_database)) as store:
        assert store.recent("ann") == [made]
        assert store.read_image(made) == draw(1)
    assert migrate_command.run([TO_SQLITE, TO_FOLDER]) == 0
    with closing(GenerationStore(folder)) as store:
        assert store.recent("ann") == [made]
        assert store.read_image(made) == draw(1)


def test_no_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a database in the settings, the command says which setting is missing."""
    monkeypatch.delenv("FLUX_PLAYGROUND_DATABASE")
    assert migrate_command.run([TO_SQLITE]) == 2
    assert "FLUX_PLAYGROUND_DATABASE must be the database" in capsys.readouterr().err
