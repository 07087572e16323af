"""A journal that is damaged while the program runs is noticed, and no error of SQLite reaches a caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from flux_playground.errors import StorageError
from flux_playground.generation import Generation
from flux_playground.storage.generation_store import GenerationStore


def test_flipped_pages_are_noticed(tmp_path: Path) -> None:
    """Reads of a damaged journal raise `StorageError`, and the journal counts as damaged from then on."""
    store = GenerationStore(tmp_path)
    for number in range(50):
        store.save(Generation(f"{number:032x}", "ann", 1.0, "/v1/x", "https://a", {"prompt": "x" * 2_000}))
    store.close()
    path = tmp_path / "journal.sqlite"
    store = GenerationStore(tmp_path)
    store.check_writable()
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(bytes(255 - byte for byte in data[4096:]))
    store._reader.connection.execute("PRAGMA cache_size = 0")
    store._reader.connection.execute("PRAGMA shrink_memory")
    for read in (
        lambda: store.recent("ann"),
        lambda: store.owns_input("ann", "sha256:" + "0" * 64),
        lambda: store.referenced_inputs(),
        lambda: store.usage.counts(),
        lambda: store.check_writable(),
    ):
        with pytest.raises(StorageError, match="The journal"):
            read()
    store.close()
