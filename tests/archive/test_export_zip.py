"""The ZIP file of an export: what is in it, what is not, and in how much memory."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground.archive import export_zip
from flux_playground.archive.zip_stream import ZipStream
from flux_playground.errors import ContentModerated
from flux_playground.generation import State
from flux_playground.recipe import parse_recipe
from flux_playground.storage.generation_store import GenerationStore
from tests.stored_files import IN_BOTH, image_path

from .gallery import describe, draw, entries, fill, keep, read_manifest, write_export


@IN_BOTH
def test_images_are_exact(store: GenerationStore, tmp_path: Path) -> None:
    """Each image is in the ZIP file as delivered, uncompressed, with its recipe beside it."""
    made = fill(store, 3)
    with zipfile.ZipFile(write_export(store, tmp_path / "a.zip")) as archive:
        assert archive.testzip() is None
        for entry in json.loads(archive.read("manifest.json"))["entries"]:
            one = next(one for one in made if one.id == entry["id"])
            assert one.image is not None
            data = archive.read(entry["file"])
            assert data == store.read_image(one)
            assert entry["sha256"] == hashlib.sha256(data).hexdigest()
            assert archive.getinfo(entry["file"]).compress_type == zipfile.ZIP_STORED
            assert parse_recipe(archive.read(entry["recipe"])).seed == one.seed


def test_other_programs_open_it(store: GenerationStore, tmp_path: Path) -> None:
    """unzip finds no fault."""
    fill(store, 2)
    path = write_export(store, tmp_path / "a.zip")
    assert subprocess.run(["unzip", "-tqq", path], capture_output=True, check=True).stdout == b""


def test_manifest_has_no_secrets(store: GenerationStore, tmp_path: Path) -> None:
    """Owner, account, polling URL, webhook and the secret of the URL stay here."""
    request = {"prompt": "x", "webhook_url": "https://hook.example/1", "webhook_secret": "hush"}
    one = keep(store, describe(1, request=request), draw())
    with zipfile.ZipFile(write_export(store, tmp_path / "a.zip")) as archive:
        text = "".join(archive.read(name).decode("latin-1") for name in archive.namelist())
    for secret in ("hush", "hook.example", "get_result", one.secret, '"ann"', "digest", str(store.folder)):
        assert secret not in text


def test_failed_generations_are_listed(store: GenerationStore, tmp_path: Path) -> None:
    """A generation without an image, or whose file is gone, is in the manifest alone."""
    keep(store, describe(1, state=State.FAILED, error=ContentModerated("Withheld.")))
    gone = keep(store, describe(2), draw())
    assert gone.image is not None
    store.files.remove(gone.image)
    listed = read_manifest(write_export(store, tmp_path / "a.zip"))["entries"]
    assert [("file" in one, one["state"]) for one in listed] == [(False, "ready"), (False, "failed")]
    assert listed[1]["error"]["message"] == "Withheld."


def test_only_given_entries(store: GenerationStore) -> None:
    """What is exported are the entries of the call, not what else the store has."""
    fill(store, 3)
    foreign = keep(store, describe(9, owner="bob"), draw(9))
    chosen = entries(store)[:1]
    with zipfile.ZipFile(io.BytesIO(b"".join(export_zip(chosen, store)))) as archive:
        listed = json.loads(archive.read("manifest.json"))["entries"]
        assert [one["id"] for one in listed] == [chosen[0].generation.id]
        assert len(archive.namelist()) == 3
        assert foreign.id not in archive.read("manifest.json").decode()


def test_inputs_once(store: GenerationStore, tmp_path: Path) -> None:
    """An image that two requests contain is in the ZIP file once, as a file; without inputs it is not."""
    sent = draw(5, "PNG")
    reference = store.inputs.save(base64.b64encode(sent).decode())
    for number in (1, 2):
        keep(store, describe(number, request={"prompt": "x", "image_prompt": reference}), draw(number))
    with zipfile.ZipFile(write_export(store, tmp_path / "a.zip")) as archive:
        inputs = [name for name in archive.namelist() if name.startswith("inputs/")]
        assert [archive.read(name) for name in inputs] == [sent]
        assert inputs[0].endswith(".png")
    with zipfile.ZipFile(write_export(store, tmp_path / "b.zip", with_inputs=False)) as archive:
        assert not any(name.startswith("inputs/") for name in archive.namelist())


def test_other_tools_get_no_recipe(store: GenerationStore, tmp_path: Path) -> None:
    """A recipe would say that our API can make the image again."""
    keep(store, describe(1, endpoint="", server="", imported="ComfyUI"), draw())
    assert "recipe" not in read_manifest(write_export(store, tmp_path / "a.zip"))["entries"][0]


def test_memory_is_flat(store: GenerationStore) -> None:
    """An export of 60 MB takes a few megabytes of memory."""
    one = keep(store, describe(1), draw())
    with image_path(store, one).open("ab") as file:
        file.write(bytes(2_000_000))
    chosen = entries(store) * 30
    tracemalloc.start()
    size = sum(map(len, export_zip(chosen, store)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 60_000_000
    assert peak < 6_000_000


@pytest.mark.long
def test_more_than_4_gb(tmp_path: Path) -> None:
    """A file of more than 4 GB, and one behind it, are read again."""
    part = bytes(16_000_000)

    def write() -> Iterator[bytes]:
        stream = ZipStream()
        yield from stream.add("large", (part for _ in range(270)), 270 * len(part), 0.0)
        yield from stream.add("small", [b"here"], 4, 1e12)
        yield from stream.close()

    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        for chunk in write():
            if len(chunk) == len(part):
                file.seek(len(chunk), 1)  # a hole in the file
            else:
                file.write(chunk)
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("large").file_size == 270 * len(part)
        assert archive.read("small") == b"here"
