"""A row whose words do not change keeps its index, which is always the one that a new index would be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flux_playground.errors import QueueFull
from flux_playground.generation import State
from flux_playground.storage import row_writer, search_backlog
from flux_playground.storage.blob_store import IMAGES
from flux_playground.storage.database_connection import Connection
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.row_writer import _Write
from flux_playground.storage.rows import to_row
from flux_playground.storage.search_backlog import index_row
from flux_playground.storage.search_query import Query
from tests.storage.test_generation_store import generation

INDEX = (
    "SELECT id, owner, number, rank FROM entries ORDER BY id",
    "SELECT rowid, words FROM entry_words ORDER BY rowid",
    (
        "SELECT fields.name, entry_fields.number, value FROM entry_fields JOIN fields ON field = fields.number"
        " ORDER BY fields.name, entry_fields.number"
    ),
    "SELECT id FROM unindexed",
)


def read_index(store: GenerationStore) -> list[Any]:
    """All rows of the index."""
    with store._reader.lock:
        return [store._reader.select(query, [])[1] for query in INDEX]


def found(store: GenerationStore, word: str) -> list[str]:
    """The ids that a search finds."""
    return [entry.generation.id for entry in store.search.page("owner", Query(word)).entries]


def test_kept_index_is_the_new_index(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each write of a run the index is what a new one would be, and most writes do not compute it."""
    computed: list[str] = []

    def count(database: Connection, row: Any) -> bool:
        computed.append(row["state"])
        return index_row(database, row)

    monkeypatch.setattr(row_writer, "index_row", count)
    one = generation(request={"prompt": "a fox", "steps": 20}, seed=None)
    steps: list[dict[str, Any]] = [
        {"state": State.QUEUED},
        {"state": State.SUBMITTING, "started_at": 5.0},
        {"state": State.RUNNING, "task_id": "task"},
        {"seed": 7},
        {"state": State.DOWNLOADING, "cost": 7.0},
        {"state": State.SUCCEEDED, "image": IMAGES / "fox.jpg"},
        {"cost": 8.0},
    ]
    for step in steps:
        one = store.save(replace(one, **step))
        kept = read_index(store)
        assert kept[-1] == []
        store._writer.run(lambda database, one=one: index_row(database, to_row(one)))  # type: ignore[misc]
        assert read_index(store) == kept
        store.annotations.update("owner", [one.id], add_tags=[f"tag{len(computed)}"])
    assert computed == [State.QUEUED, State.RUNNING, State.SUCCEEDED, State.SUCCEEDED]
    assert found(store, "tag1") == found(store, "fox") == [one.id]


def test_emptied_index(store: GenerationStore) -> None:
    """A row that is written while the index is empty waits for its index."""
    one = store.save(generation(state=State.SUBMITTING, request={"prompt": "a fox"}))

    def empty(database: Connection) -> None:
        database.execute("DELETE FROM entries")
        database.execute("DELETE FROM entry_words")
        database.execute("INSERT INTO unindexed (id) VALUES (?)", [one.id])

    store._writer.run(empty)
    store.save(replace(one, state=State.RUNNING))
    assert found(store, "fox") == []
    store.backlog.start()
    store.backlog.wait()
    assert found(store, "fox") == [one.id]


def test_index_that_failed(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next write of a row computes an index that failed before."""
    one = generation(state=State.SUBMITTING, request={"prompt": "a fox"})

    def fail(*_: object) -> None:
        raise ValueError("no index")

    with monkeypatch.context() as patch:
        patch.setattr(search_backlog, "index_generation", fail)
        store.save(one)
    assert found(store, "fox") == []
    store.save(replace(one, state=State.RUNNING))
    assert found(store, "fox") == [one.id]


def test_undone_write(store: GenerationStore) -> None:
    """A row whose first write was undone with that of another row gets its index with the second one."""
    good, bad = (to_row(generation(number, state=State.RUNNING, request={"prompt": "a fox"})) for number in (1, 2))
    writes = [_Write(good), _Write({**bad, "owner": None})]
    store._writer._write_all(writes)
    assert (writes[0].error, writes[1].error is None) == (None, False)
    assert found(store, "fox") == [good["id"]]


def test_rows_of_one_transaction(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """New rows are written together; each check sees the rows before it, and a refusal leaves out its own row only."""
    rows = [to_row(generation(number, state=State.QUEUED)) for number in (1, 2, 3, 1)]
    seen: list[int] = []

    def check(database: Connection) -> None:
        seen.append(database.execute("SELECT count(*) FROM generations").fetchone()[0])
        if len(seen) == 2:
            raise QueueFull("too many")

    writes = [_Write(row, check) for row in rows]
    database, begun = store._writer._database, []
    begin = database.transaction
    monkeypatch.setattr(database, "transaction", lambda: begun.append(1) or begin())  # type: ignore[func-returns-value]
    store._writer._write_all(writes)
    assert seen == [0, 1, 1]
    assert [(write.done, write.is_written, type(write.error)) for write in writes] == [
        (True, True, type(None)),
        (True, False, QueueFull),
        (True, True, type(None)),
        (True, False, type(None)),
    ]
    assert {one.id for one in store.recent("owner")} == {rows[0]["id"], rows[2]["id"]}
    assert len(begun) == 1


def test_new_rows_of_a_lost_transaction(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """New rows are not written again after an outage, in which nobody knows whether they were written."""
    new, known = (to_row(generation(number, state=State.QUEUED)) for number in (1, 2))
    database = store._writer._database
    monkeypatch.setattr(database, "is_outage", lambda error: True)

    def fail(_: Connection) -> None:
        raise database.errors("server closed the connection")

    writes = [_Write(new, fail), _Write(known)]
    store._writer._write_all(writes)
    assert isinstance(writes[0].error, database.errors)
    assert (writes[1].error, writes[1].is_written) == (None, True)
    assert [one.id for one in store.recent("owner")] == [known["id"]]
