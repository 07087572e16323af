"""A journal that is damaged while the program runs is noticed, and no error of SQLite reaches a caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from flux_playground.errors import InvalidSettings, StorageError
from flux_playground.generation import Generation
from flux_playground.storage import data_folder
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
        lambda: store.inputs.find_requests("ann", "sha256:" + "0" * 64),
        lambda: store.inputs.referenced(),
        lambda: store.usage.counts(),
        lambda: store.check_writable(),
    ):
        with pytest.raises(StorageError, match="The journal"):
            read()
    store.close()


def test_large_journal_is_not_checked_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start checks all pages of a small journal only; a large one must still be a journal."""
    GenerationStore(tmp_path).close()
    path = tmp_path / "journal.sqlite"
    data = bytearray(path.read_bytes())
    data[-4096:] = b"\xff" * 4096
    path.write_bytes(data)
    with pytest.raises(InvalidSettings, match="damaged"):
        data_folder.check_data_folder(tmp_path)
    monkeypatch.setattr(data_folder, "MAX_CHECKED_BYTES", 1000)
    data_folder.check_data_folder(tmp_path)
    path.write_bytes(b"\xff" * len(data))
    with pytest.raises(InvalidSettings, match="damaged"):
        data_folder.check_data_folder(tmp_path)
