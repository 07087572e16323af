"""A journal of an older version becomes searchable, and a failure of the index loses no record."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground.errors import StorageError
from flux_playground.generation import State
from flux_playground.storage import search_backlog
from flux_playground.storage.data_folder import check_data_folder
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.rows import to_row
from flux_playground.storage.search_query import Query
from flux_playground.storage.sqlite_migrations import MIGRATIONS
from tests.storage.test_generation_store import generation


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    opened = GenerationStore(tmp_path)
    yield opened
    opened.close()


def write_old_journal(folder: Path, rows: int) -> None:
    """A journal without the tables of the search, with rows."""
    before = [migration.name for migration in MIGRATIONS].index("add_gallery")
    with closing(sqlite3.connect(folder / "journal.sqlite")) as database, database:
        script = "; ".join(migration.sql for migration in MIGRATIONS[:before])
        database.executescript(f"{script}; PRAGMA user_version = {before};")
        columns = {name for _, name, *_ in database.execute("PRAGMA table_info(generations)")}
        for number in range(rows):
            one = generation(number, request={"prompt": f"old fox {number}", "steps": number}, state=State.SUCCEEDED)
            row = {name: value for name, value in to_row(one).items() if name in columns}
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO generations ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.mark.parametrize("rows", [0, 1, 99, 100, 101, 350])
def test_older_journal_becomes_searchable(tmp_path: Path, rows: int) -> None:
    """Every row of an older journal is found, also when there are more than one batch."""
    write_old_journal(tmp_path, rows)
    store = GenerationStore(tmp_path)
    store.backlog.wait()
    assert store.search.count("owner", Query("old fox")) == rows == store.count("owner")
    assert len(store.search.prompts("owner", limit=500)) == rows
    store.close()


def test_interrupted_indexing_continues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest rows are found first; a later start continues with the rest."""
    write_old_journal(tmp_path, 250)
    monkeypatch.setattr(search_backlog, "PAUSE_SECONDS", 600.0)
    store = GenerationStore(tmp_path)
    assert store.search.page("owner", Query()).entries[0].generation.id == f"{249:032x}"
    assert store.search.count("owner", Query()) == 100
    assert store.backlog.is_running
    store.save(generation(999))
    store.close()
    monkeypatch.undo()
    store = GenerationStore(tmp_path)
    store.backlog.wait()
    assert store.search.count("owner", Query()) == 251
    assert not store.backlog.is_running
    store.close()


def test_damaged_rows_do_not_stop_indexing(tmp_path: Path) -> None:
    """Rows with a damaged request or a state of a newer version are skipped."""
    write_old_journal(tmp_path, 4)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database, database:
        for number, change in enumerate(("request = '{'", "state = 'new'", "seed = 'x'")):
            database.execute(f"UPDATE generations SET {change} WHERE id = ?", [f"{number:032x}"])
    store = GenerationStore(tmp_path)
    assert [entry.generation.id for entry in store.search.page("owner", Query()).entries] == [f"{3:032x}"]
    store.close()


def test_rows_of_an_older_program_are_indexed(store: GenerationStore, tmp_path: Path) -> None:
    """A row that a program without the search wrote to the journal is found after the next start."""
    row = to_row(generation(7))
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database, database:
        marks = ", ".join("?" * len(row))
        database.execute(f"REPLACE INTO generations ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    assert store.search.count("owner", Query()) == 0
    store.close()
    reopened = GenerationStore(tmp_path)
    assert reopened.search.count("owner", Query()) == 1
    reopened.close()


def test_failure_of_the_index_loses_no_record(
    store: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record is stored although its index cannot be written, and is found after the next start."""

    def fail(*_: object) -> None:
        raise sqlite3.IntegrityError("constraint failed")

    with monkeypatch.context() as patch:
        patch.setattr(search_backlog, "index_generation", fail)
        store.save(generation(1))
    store.save(generation(2))
    assert [one.id for one in store.recent("owner")] == [f"{2:032x}", f"{1:032x}"]
    assert store.search.count("owner", Query()) == 1
    store.close()
    reopened = GenerationStore(tmp_path)
    assert reopened.search.count("owner", Query()) == 2
    reopened.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE entry_words_data SET block = x'ffffffffffffffff' WHERE id = 10",
        "UPDATE entry_words_data SET block = x'ffff' WHERE id > 10",
        "DELETE FROM entry_words_data",
        "DELETE FROM entry_words_config",
    ],
)
def test_damaged_index_is_rebuilt(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a damaged index, images are made, judged and deleted as before; the first search rebuilds it."""
    monkeypatch.setattr(search_backlog, "BATCH_SIZE", 5)
    store = GenerationStore(tmp_path)
    for number in range(14):
        store.save(generation(number, state=State.SUCCEEDED))
    store.annotations.update("owner", [f"{7:032x}"], starred=True, add_tags=["final"])
    store.close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database, database:
        database.execute(damage)
    check_data_folder(tmp_path)
    store = GenerationStore(tmp_path)
    store.check_writable()
    one = store.save(generation(900, state=State.SUCCEEDED))
    assert store.annotations.update("owner", [one.id], rating=3)[one.id].rating == 3
    assert store.deletions.delete("owner", [f"{1:032x}"], 1.0) == [f"{1:032x}"]
    with pytest.raises(StorageError, match=r"search index was damaged and is being rebuilt\."):
        store.search.page("owner", Query("fox"))
    assert "the search index is damaged and is rebuilt from the journal" in caplog.text
    assert store.search.page("owner", Query("fox")).entries[0].generation.id == one.id
    store.save(generation(901, state=State.SUCCEEDED))
    store.backlog.wait()
    assert store.search.count("owner", Query("fox")) == 15 == store.count("owner")
    assert store.search.count("owner", Query(min_rating=3)) == 1
    assert store.search.count("owner", Query(starred=True, tags=("final",))) == 1
    assert [use.count for use in store.search.prompts("owner", "fox")] == [15]
    store.check_writable()
    store.close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for table in ("entry_words", "prompt_words"):
            database.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")


def test_index_that_cannot_be_rebuilt(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When a table of the index is missing, the search says that the journal cannot be read; records are kept."""
    store = GenerationStore(tmp_path)
    store.save(generation(1))
    store.close()
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as database, database:
        database.execute("DROP TABLE entry_words_data")
    store = GenerationStore(tmp_path)
    with pytest.raises(StorageError, match="The journal cannot be read"):
        store.search.page("owner", Query())
    assert "the search index cannot be rebuilt" in caplog.text
    assert store.count("owner") == 1
    store.close()


def test_index_has_no_rest_of_earlier_records(store: GenerationStore) -> None:
    """A record that is written again with other values is found by the later ones only."""
    one = store.save(generation(1, request={"prompt": "a fox", "steps": 3, "style": "ink"}))
    store.save(replace(one, request={"prompt": "a wolf", "steps": "auto"}))
    assert (store.search.count("owner", Query("fox")), store.search.count("owner", Query("wolf"))) == (0, 1)
    assert store.search.values("owner", "steps").values == ("auto",)
    assert store.search.values("owner", "style").values == ()
    assert [use.prompt for use in store.search.prompts("owner")] == ["a wolf"]
