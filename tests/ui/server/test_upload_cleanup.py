"""Files on their way through the page: they do not pile up."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from flux_playground.storage.generation_store import GenerationStore
from flux_playground.ui.programs import delivered_copy
from flux_playground.ui.server import upload_cleanup
from tests.storage.test_generation_store import generation, jpeg


def lie(folder: Path, name: str, size: int, age: float) -> Path:
    """A file of a size and an age, in a folder of its own as gradio's are."""
    path = folder / name / "image.png"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_oldest_uploads_are_deleted(tmp_path: Path) -> None:
    """The oldest uploads are deleted when they exceed the limit."""
    paths = [lie(tmp_path, str(age), 1000, age) for age in (5000, 4000, 3000, 5)]
    assert upload_cleanup.delete_oldest(tmp_path, max_bytes=4000) == 0
    assert upload_cleanup.delete_oldest(tmp_path, max_bytes=2500) == 2
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_new_upload_is_kept(tmp_path: Path) -> None:
    """An upload of the last minutes is kept."""
    old, new = lie(tmp_path, "old", 10, 5000), lie(tmp_path, "new", 1000, 5)
    assert upload_cleanup.delete_oldest(tmp_path, max_bytes=1) == 1
    assert [old.exists(), new.exists()] == [False, True]
    assert upload_cleanup.delete_oldest(tmp_path / "nothing", max_bytes=1) == 0


def test_copies_for_programs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a delivered file is removed when a later one is made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    store = GenerationStore(tmp_path / "data")
    image = store.save_image(generation(), jpeg())
    first, second = delivered_copy.copy_image(store, image), delivered_copy.copy_image(store, image)
    os.utime(Path(first).parent, (time.time() - 1000,) * 2)
    third = delivered_copy.copy_image(store, image)
    store.close()
    assert Path(third).read_bytes() == jpeg()
    assert [Path(path).exists() for path in (first, second, third)] == [False, True, True]


def test_many_small_uploads(tmp_path: Path) -> None:
    """Uploads are bounded in number too, and the folder of a deleted file goes with it."""
    paths = [lie(tmp_path, str(age), 1, age) for age in (5000, 4000, 3000)]
    (paths[1].parent / "other.png").write_bytes(b"x")
    assert upload_cleanup.delete_oldest(tmp_path, max_files=2) == 2
    assert [path.parent.exists() for path in paths] == [False, True, True]
