"""What stores files: complete or absent, never changed, counted, listed, read in parts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from flux_playground.storage.blob_folder import BlobFolder
from flux_playground.storage.blob_store import CHUNK_BYTES, IMAGES, INPUTS, THUMBNAILS, BlobStore
from flux_playground.storage.open_blob_store import open_blob_store

KEY = IMAGES / "flux-1.jpg"
LARGE = bytes(range(256)) * (CHUNK_BYTES // 10)


@pytest.fixture(params=["folder", "bucket"])
def files(tmp_path: Path, request: pytest.FixtureRequest) -> BlobStore:
    """A folder, and a bucket."""
    url = "" if request.param == "folder" else request.getfixturevalue("s3").new_bucket()
    return open_blob_store(tmp_path, url, lambda: b"")


def test_written_bytes_never_change(files: BlobStore) -> None:
    """A second file of the same key is refused and changes nothing."""
    assert files.create(KEY, b"first")
    assert not files.create(KEY, b"second")
    assert files.read(KEY) == b"first"


def test_missing_blob(files: BlobStore) -> None:
    """A file that is not there is an error at once, or None."""
    assert files.find(KEY) is None
    with pytest.raises(FileNotFoundError):
        files.read(KEY)
    with pytest.raises(FileNotFoundError):
        files.stream(KEY)
    files.remove(KEY)


@pytest.mark.parametrize("part", [(0, None), (0, 1), (7, 300_000), (len(LARGE) - 3, len(LARGE)), (5, 5)])
def test_parts_of_a_file(files: BlobStore, part: tuple[int, int | None]) -> None:
    """A part is read in chunks, from its first byte up to the one after its last."""
    files.create(KEY, LARGE)
    chunks = list(files.stream(KEY, *part))
    assert b"".join(chunks) == LARGE[part[0] : part[1]]
    assert all(chunks)


def test_list_has_size_and_time(files: BlobStore) -> None:
    """A list has the files of one folder, with their sizes and times."""
    files.create(KEY, b"12345")
    files.create(INPUTS / "abc", b"1")
    (found,) = files.list(IMAGES)
    assert (found.key, found.size) == (KEY, 5)
    assert found.used_at == pytest.approx(time.time(), abs=60)
    assert found == files.find(KEY)
    assert list(files.list(THUMBNAILS)) == []


def test_size_follows_each_file(files: BlobStore) -> None:
    """The size grows and shrinks with each file, and is that of a new count."""
    files.create(KEY, b"12345")
    assert files.size == 5
    files.create(INPUTS / "abc", b"123")
    files.create(KEY, b"1234567")
    assert files.size == 8
    files.remove(KEY)
    files.remove(KEY)
    assert files.size == files.count_again() == 3


def test_touch_makes_a_file_new(files: BlobStore) -> None:
    """A file that was touched has a later time and the same bytes."""
    files.create(KEY, b"12345")
    before = files.find(KEY)
    time.sleep(1.01)  # S3 has whole seconds
    files.touch(KEY)
    after = files.find(KEY)
    assert before is not None
    assert after is not None
    assert after.used_at > before.used_at
    assert files.read(KEY) == b"12345"


def test_removed_folder_is_made_again(tmp_path: Path) -> None:
    """A folder that was removed while the program runs is made again."""
    files = BlobFolder(tmp_path)
    (tmp_path / "images").rmdir()
    assert list(files.list(IMAGES)) == []
    assert files.is_missing(KEY)
    assert files.create(KEY, b"1")
    assert not files.is_missing(KEY)
