"""The command `migrate`: the files of a data folder move into a bucket and back, whole."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from flux_playground import migrate_command
from flux_playground.storage.blob_bucket import BlobBucket
from flux_playground.storage.blob_store import FOLDERS, IMAGES, BlobKey
from flux_playground.storage.generation_store import GenerationStore

from .archive.gallery import describe, draw, fill, keep
from .s3_server import S3Server

Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def url(tmp_path: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket in the settings, and a data folder with three images, their thumbnails and an input."""
    url = s3.new_bucket()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLUX_PLAYGROUND_DATA", str(tmp_path / "data"))
    with closing(GenerationStore(tmp_path / "data")) as store:
        reference = store.inputs.save("QUJD")
        for one in (*fill(store, 2), keep(store, describe(9, request={"image": reference}), draw(9))):
            store.thumbnail(one)
    monkeypatch.setenv("FLUX_PLAYGROUND_FILES", url)
    return url


def local_files(folder: Path) -> Files:
    """The bytes of the files in the folder."""
    paths = (path for key in FOLDERS for path in (folder / key).iterdir())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def uploaded_files(folder: Path, url: str) -> Files:
    """The bytes of the files in the bucket."""
    with closing(GenerationStore(folder, url)) as store:
        assert isinstance(store.files, BlobBucket)
        blobs = [blob for key in FOLDERS for blob in store.files.list_uploaded(key)]
        return {str(blob.key): store.files.read_uploaded(blob.key) for blob in blobs}


def test_files_move_and_return(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """All files are in the bucket alone, then in the folder alone, each with the same bytes."""
    folder = tmp_path / "data"
    before = local_files(folder)
    size = sum(map(len, before.values())) / 1e6
    assert migrate_command.run(["to-bucket"]) == 0
    assert (local_files(folder), uploaded_files(folder, url)) == ({}, before)
    assert migrate_command.run(["to-folder"]) == 0
    assert (local_files(folder), uploaded_files(folder, url)) == (before, {})
    sentence = f"7 files moved, {size:,.1f} MB. 0 files are damaged. 3 of 3 images are there."
    assert capsys.readouterr().out.splitlines() == [sentence, sentence]


@pytest.mark.parametrize("direction", ["to-bucket", "to-folder"])
def test_interrupted_move_continues(
    tmp_path: Path, url: str, direction: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A move that fails in the middle has lost nothing, and the next one moves the rest."""
    folder = tmp_path / "data"
    before = local_files(folder)
    if direction == "to-folder":
        migrate_command.run(["to-bucket"])
    method = {"to-bucket": "settle", "to-folder": "fetch"}[direction]
    move, moved = getattr(BlobBucket, method), list[BlobKey]()

    def fail(files: BlobBucket, key: BlobKey) -> None:
        if len(moved) == 3:
            raise OSError(5, "the bucket cannot be reached")
        moved.append(key)
        move(files, key)

    with monkeypatch.context() as patch:
        patch.setattr(BlobBucket, method, fail)
        assert migrate_command.run([direction]) == 2
    sentence = "3 files were moved, then: the bucket cannot be reached. Start again to continue.\n"
    assert capsys.readouterr().err == sentence
    assert {**local_files(folder), **uploaded_files(folder, url)} == before
    assert migrate_command.run([direction]) == 0
    assert capsys.readouterr().out.startswith("4 files moved")
    left = local_files(folder) if direction == "to-bucket" else uploaded_files(folder, url)
    assert left == {}


def test_copied_file_is_removed(tmp_path: Path, url: str) -> None:
    """A file that was uploaded before a crash and not removed is removed by the next move."""
    folder = tmp_path / "data"
    before = local_files(folder)
    name = next(iter(before))
    with closing(GenerationStore(folder, url)) as store:
        assert isinstance(store.files, BlobBucket)
        store.files._upload(BlobKey(name), before[name])
    assert migrate_command.run(["to-bucket"]) == 0
    assert (local_files(folder), uploaded_files(folder, url)) == ({}, before)


def test_damaged_and_missing_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not that of its record stays where it is; a missing one is named."""
    folder = tmp_path / "data"
    damaged, missing, _ = sorted((folder / IMAGES).iterdir())
    damaged.write_bytes(b"damaged")
    missing.unlink()
    assert migrate_command.run(["to-bucket"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"images/{damaged.name}: damaged, not moved", f"images/{missing.name}: missing"]
    assert lines[2].endswith("1 files are damaged. 2 of 3 images are there.")
    assert damaged.read_bytes() == b"damaged"


def test_other_file_in_the_bucket(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A file of the same name with other bytes is never overwritten."""
    folder = tmp_path / "data"
    key = IMAGES / sorted((folder / IMAGES).iterdir())[0].name
    with closing(GenerationStore(folder, url)) as store:
        assert isinstance(store.files, BlobBucket)
        store.files._upload(key, b"another")
        with pytest.raises(OSError, match="another file of this name"):
            store.files.settle(key)
        assert hashlib.sha256(store.files.read(key)).hexdigest() in store.image_hashes().values()
    assert migrate_command.run(["to-bucket"]) == 2
    assert "the bucket has another file of this name" in capsys.readouterr().err


def test_program_that_runs(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A data folder in use is not migrated."""
    with closing(GenerationStore(tmp_path / "data", url)):
        assert migrate_command.run(["to-bucket"]) == 2
    assert capsys.readouterr().err == "The data folder is in use. Stop the program first.\n"


def test_no_bucket(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a bucket in the settings, the command says which setting is missing."""
    monkeypatch.delenv("FLUX_PLAYGROUND_FILES")
    assert migrate_command.run(["to-bucket"]) == 2
    assert "FLUX_PLAYGROUND_FILES must be the bucket" in capsys.readouterr().err
