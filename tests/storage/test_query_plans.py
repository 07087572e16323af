"""Looking up single generations takes the same time in a journal of any size."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flux_playground.storage.generation_store import GenerationStore

from .test_generation_store import generation

LOOKUPS: dict[str, Callable[[GenerationStore], object]] = {
    "get": lambda store: store.get("a"),
    "sha256": lambda store: store.find_by_sha256("owner", "a" * 64),
    "fingerprint": lambda store: store.find_by_fingerprint("owner", "a"),
    "annotations": lambda store: store.annotations.get("owner", ["a"]),
    "star": lambda store: store.annotations.update("owner", ["a"], starred=True),
    "undelete": lambda store: store.deletions.restore("owner", ["a"]),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    opened = GenerationStore(tmp_path)
    opened.save(generation())
    yield opened
    opened.close()


@pytest.mark.parametrize("lookup", LOOKUPS.values(), ids=LOOKUPS)
def test_lookups_use_an_index(lookup: Callable[[GenerationStore], object], store: GenerationStore) -> None:
    """No lookup reads all generations, or all of an owner."""
    opened = (store._reader.connection, store._search_reader.connection, store._writer._database)
    connections = [one for one in opened if isinstance(one, sqlite3.Connection)]
    statements: list[str] = []
    for connection in connections:
        connection.set_trace_callback(statements.append)
    lookup(store)
    for connection in connections:
        connection.set_trace_callback(None)
    found = [text for text in statements if text.lstrip().startswith("SELECT")]
    assert found
    for text in found:
        plan = [row[3] for row in connections[0].execute(f"EXPLAIN QUERY PLAN {text}")]
        assert not any(
            "(owner=?)" in step or step.startswith(("SCAN generations", "SCAN annotations")) for step in plan
        )
