"""Records that could not be written are on the disk until they are."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground.errors import StorageError
from flux_playground.generation import Generation, State
from flux_playground.identity import Identity
from flux_playground.storage.blob_store import IMAGES
from flux_playground.storage.database_connection import TakenOver
from flux_playground.storage.kept_records import KeptRecords
from tests.storage.test_generation_store import generation

WITH_IMAGE = replace(
    generation(state=State.SUCCEEDED, cost=7.0, signed=False, spender=Identity("a", "b")), image=IMAGES / "x.jpg"
)


def records(folder: Path, *errors: StorageError) -> KeptRecords:
    """Records whose writes fail with these errors, then succeed."""
    left = list(errors)

    def write(one: Generation) -> Generation:
        if left:
            raise left.pop(0)
        return one

    return KeptRecords(folder, write, lambda _: False)


def test_failed_record_survives(tmp_path: Path) -> None:
    """A record is the same after a crash, and is gone once it is written."""
    kept = records(tmp_path, StorageError("full"))
    with pytest.raises(StorageError):
        kept.save(WITH_IMAGE)
    (loaded,) = records(tmp_path).load()
    assert loaded == WITH_IMAGE
    assert loaded.secret == WITH_IMAGE.secret
    records(tmp_path).save(loaded)
    assert list(records(tmp_path).load()) == []


def test_record_without_an_image(tmp_path: Path) -> None:
    """What is not paid and complete is resumed from the journal."""
    with pytest.raises(StorageError):
        records(tmp_path, StorageError("full")).save(generation(state=State.RUNNING))
    assert list(tmp_path.iterdir()) == []


def test_record_of_another_process(tmp_path: Path) -> None:
    """A record that another process has continued is not written later."""
    kept = records(tmp_path, StorageError("full"), TakenOver("taken"))
    for error in (StorageError, TakenOver):
        with pytest.raises(error):
            kept.save(WITH_IMAGE)
    assert list(kept.load()) == []


def test_damaged_record(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that cannot be read is named in the log and hides no other one."""
    with pytest.raises(StorageError):
        records(tmp_path, StorageError("full")).save(WITH_IMAGE)
    (tmp_path / "0.json").write_text("{")
    with caplog.at_level(logging.WARNING):
        assert list(records(tmp_path).load()) == [WITH_IMAGE]
    assert "0.json" in caplog.text
