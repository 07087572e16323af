"""Images of other tools become findable, and nothing is said of them that is not known."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.archive import ImportLimits, import_archive, import_files
from flux_playground.errors import InvalidRecipe
from flux_playground.generation import State
from flux_playground.recipe import dump_recipe, recipe_from_generation
from flux_playground.reproduce import caveats, image_with_recipe
from flux_playground.storage.blob_store import IMAGES
from flux_playground.storage.generation_store import GenerationStore
from tests.recipe import tool_files
from tests.stored_files import image_path

from .gallery import describe, draw, keep, write_zip

FIELDS = ("prompt", "seed", "steps", "width")


@pytest.mark.parametrize(
    ("data", "tool"),
    [
        (tool_files.png(("parameters", tool_files.INFOTEXT)), "A1111 or similar"),
        (tool_files.png(("prompt", json.dumps(tool_files.FLUX_GRAPH))), "ComfyUI"),
        (tool_files.png(("invokeai_metadata", json.dumps({**tool_files.INVOKE, "app_version": "6.0"}))), "InvokeAI"),
        (tool_files.png(("parameters", json.dumps(tool_files.SWARM))), "SwarmUI"),
        (tool_files.png(("parameters", json.dumps(tool_files.FOOOCUS))), "Fooocus"),
        (tool_files.png(("parameters", json.dumps(tool_files.MFLUX))), "mflux"),
        (tool_files.png(("parameters", json.dumps(tool_files.RUINED))), "RuinedFooocus"),
        (tool_files.png(("Comment", json.dumps(tool_files.NOVELAI)), ("Description", tool_files.PROMPT)), "NovelAI"),
    ],
)
def test_settings_of_tools(data: bytes, tool: str, store: GenerationStore, tmp_path: Path) -> None:
    """Prompt, seed and the fields of the endpoint are read, and the tool is named; no endpoint is claimed."""
    path = tmp_path / "upload-1"
    path.write_bytes(data)
    report = import_files(store, "bob", [("my lighthouse.png", path)], fields=FIELDS)
    (one,) = store.recent("bob")
    assert report.added == (one.id,)
    assert (one.imported, one.file_name, one.state) == (tool, "my lighthouse.png", State.SUCCEEDED)
    assert one.request["prompt"] == tool_files.PROMPT
    assert one.seed == one.request["seed"] > 0
    assert set(one.request) <= set(FIELDS)
    assert (one.endpoint, one.server, one.cost, one.fingerprint, one.task_id) == ("", "", None, "", "")
    assert one.image is not None
    assert store.read_image(one) == data


def test_image_without_settings(store: GenerationStore, tmp_path: Path) -> None:
    """Of a plain image the file name and the time of its file are known."""
    path = tmp_path / "upload-1"
    path.write_bytes(draw(1))
    os.utime(path, (1_600_000_000, 1_600_000_000))
    import_files(store, "bob", [("holiday/IMG_1.jpg", path)])
    (one,) = store.recent("bob")
    assert (one.imported, one.file_name, one.request, one.seed) == ("an unknown tool", "IMG_1.jpg", {}, None)
    assert one.created_at == 1_600_000_000


def test_zip_of_images(store: GenerationStore, tmp_path: Path) -> None:
    """A ZIP file of any images is imported once; what is no image is named, what systems add is ignored."""
    files = [
        ("a/one.jpg", draw(1)),
        ("a/two.png", tool_files.png(("parameters", tool_files.INFOTEXT))),
        ("notes.txt", b"hello"),
        ("__MACOSX/a/._one.jpg", b"x"),
        ("a/.DS_Store", b"x"),
    ]
    path = write_zip(tmp_path / "a.zip", files)
    report = import_archive(store, "bob", path, fields=FIELDS)
    assert len(report.added) == 2
    assert report.rejected == (("notes.txt", "This file is not an image."),)
    assert {one.file_name for one in store.recent("bob")} == {"one.jpg", "two.png"}
    again = import_archive(store, "bob", path, fields=FIELDS)
    assert (again.added, again.known) == ((), 2)


def test_copy_with_our_recipe(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """A copy with a recipe of ours has its endpoint and seed; where the original is, the copy adds nothing."""
    made = keep(store, describe(1), draw(1, "PNG"))
    path = tmp_path / "copy.png"
    path.write_bytes(image_with_recipe(made, store))
    import_files(other, "bob", [("copy.png", path)])
    (one,) = other.recent("bob")
    assert (one.endpoint, one.server, one.seed, one.request) == (made.endpoint, made.server, made.seed, made.request)
    assert (one.fingerprint, one.cost, one.total_seconds) == (made.fingerprint, made.cost, made.total_seconds)
    assert (one.imported, one.task_id) == ("FLUX Playground", "")
    report = import_files(store, "ann", [("copy.png", path)])
    assert (report.added, report.known) == ((), 1)


def test_recipe_beside_the_image(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """A recipe file belongs to the image with its hash, in any order, and is no image itself."""
    made = keep(store, describe(1), draw(1))
    assert made.image is not None
    recipe = tmp_path / "x.recipe.json"
    recipe.write_text(dump_recipe(recipe_from_generation(made, made.document)))
    report = import_files(other, "bob", [("x.jpg", image_path(store, made)), ("x.recipe.json", recipe)])
    assert report.rejected == ()
    assert other.recent("bob")[0].endpoint == made.endpoint


def test_reference_in_a_recipe_gives_no_access(other: GenerationStore, tmp_path: Path) -> None:
    """A recipe that names what another visitor has sent does not give it away."""
    reference = other.inputs.save(base64.b64encode(draw(9, "PNG")).decode())
    text = json.dumps({"flux_playground_recipe": 1, "sent": {"image_prompt": reference}, "endpoint": "/v1/flux"})
    path = tmp_path / "a.png"
    path.write_bytes(tool_files.png(("flux_playground", text)))
    assert len(import_files(other, "eve", [("a.png", path)]).added) == 1
    assert other.inputs.find_requests("eve", reference) == []


def test_keys_are_not_imported(store: GenerationStore, tmp_path: Path) -> None:
    """A key among the settings of a tool is left out."""
    settings = {"prompt": "a fox", "seed": 4, "steps": "bfl_1234567890abcdef", "api_key": "x1234567890"}
    path = tmp_path / "a.png"
    path.write_bytes(tool_files.png(("parameters", json.dumps(settings))))
    import_files(store, "bob", [("a.png", path)], fields=("steps", "api_key"))
    assert store.recent("bob")[0].request == {"prompt": "a fox", "seed": 4, "steps": "(hidden)"}


def test_bad_files_are_named(store: GenerationStore, tmp_path: Path) -> None:
    """Files that are missing, too large, damaged or no image do not stop the others."""
    contents = {"cut.jpg": draw(1)[:-200], "text.txt": b"hello", "large.png": bytes(70_000), "fine.jpg": draw(2)}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    files = [(name, tmp_path / name) for name in (*contents, "gone.jpg")]
    report = import_files(store, "bob", files, limits=ImportLimits(file_bytes=60_000))
    assert len(report.added) == 1
    assert dict(report.rejected) == {
        "cut.jpg": "This image is damaged.",
        "text.txt": "This file is not an image.",
        "large.png": "It takes 0.1 MB; at most 0.1 MB can be read.",
        "gone.jpg": "It cannot be read: No such file or directory.",
    }


def test_limits_stop(store: GenerationStore, tmp_path: Path) -> None:
    """The number of files and their bytes are limited; what came before is kept."""
    files = []
    for number in range(5):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(draw(number))
        files.append((path.name, path))
    report = import_files(store, "bob", files, limits=ImportLimits(images=3))
    assert (len(report.added), report.problem) == (3, "At most 3 files can be imported at once.")
    report = import_files(store, "ann", files, limits=ImportLimits(total_bytes=2 * len(draw(1)) + 10))
    assert "MB can be imported" in report.problem
    assert 1 <= len(report.added) < 5


def test_zip_among_files(store: GenerationStore, tmp_path: Path) -> None:
    """A ZIP file among dropped files is imported like the others; a damaged one is named."""
    good = write_zip(tmp_path / "a.zip", [("one.jpg", draw(1))])
    bad = tmp_path / "b.zip"
    bad.write_bytes(good.read_bytes()[:-30])
    plain = tmp_path / "two.jpg"
    plain.write_bytes(draw(2))
    report = import_files(store, "bob", [("a.zip", good), ("b.zip", bad), ("two.jpg", plain)])
    assert len(report.added) == 2
    assert report.rejected == (("b.zip", "This ZIP file is damaged or cut short."),)


def test_time_of_a_zip(store: GenerationStore, tmp_path: Path) -> None:
    """An image from a ZIP file has the time that the ZIP file gives for it, never one in the future."""
    path = write_zip(tmp_path / "a.zip", [("one.jpg", draw(1))])
    import_archive(store, "bob", path)
    assert abs(store.recent("bob")[0].created_at - time.time()) < 1.5e9
    assert store.recent("bob")[0].created_at <= time.time()


def test_recipe_after_the_image(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """A recipe that is dropped later completes the record of its image, once; one without an image is named."""
    made = keep(store, describe(1), draw(1))
    assert made.image is not None
    recipe = tmp_path / "x.recipe.json"
    recipe.write_text(dump_recipe(recipe_from_generation(made, made.document)))
    report = import_files(other, "bob", [("x.recipe.json", recipe)])
    assert report.rejected == (("x.recipe.json", "The image of this recipe is not here. Import the image first."),)
    (before,) = import_files(other, "bob", [("x.jpg", image_path(store, made))]).added
    assert import_files(other, "eve", [("x.recipe.json", recipe)]).rejected_count == 1
    for _ in range(2):
        assert import_files(other, "bob", [("x.recipe.json", recipe)]).rejected == ()
        (one,) = other.recent("bob")
        assert (one.id, one.endpoint, one.seed, one.file_name) == (before, made.endpoint, made.seed, "x.jpg")
        assert (one.fingerprint, one.imported) == (made.fingerprint, "FLUX Playground")
    own = tmp_path / "own.json"
    own.write_text(recipe.read_text().replace('"seed": 1', '"seed": 2'))
    import_files(store, "ann", [("own.json", own)])
    assert store.recent("ann")[0].seed == 1


def test_nothing_claims_a_recipe(store: GenerationStore, tmp_path: Path) -> None:
    """An image of another tool has no copy with a recipe, and the only caveat says why."""
    path = tmp_path / "a.png"
    path.write_bytes(tool_files.png(("parameters", tool_files.INFOTEXT)))
    import_files(store, "bob", [("a.png", path)])
    (one,) = store.recent("bob")
    assert one.embed_error == "This image was made with another tool, so it has no recipe."
    with pytest.raises(InvalidRecipe):
        image_with_recipe(one, store)
    assert list(caveats(one, "https://api.bfl.ai", store)) == [
        "Can't be reproduced here: this image was made with A1111 or similar."
    ]


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=4), st.booleans())
def test_any_damage_is_a_sentence(place: int, garbage: bytes, is_png: bool) -> None:
    """An image with wrong bytes at any place is imported exactly or refused with a sentence, and others stay."""
    texts = ("parameters", tool_files.INFOTEXT), ("prompt", json.dumps(tool_files.GRAPH))
    data = bytearray(tool_files.png(*texts) if is_png else tool_files.with_exif("WEBP", tool_files.comment("x")))
    start = place % len(data)
    data[start : start + len(garbage)] = garbage
    with tempfile.TemporaryDirectory() as folder, closing(GenerationStore(Path(folder) / "data")) as store:
        path = Path(folder) / "a"
        path.write_bytes(data)
        fine = Path(folder) / "b"
        fine.write_bytes(draw(1))
        report = import_files(store, "bob", [("a.png", path), ("b.jpg", fine)])
        assert len(report.added) + len(report.rejected) == 2
        assert store.count("bob") == len(report.added) >= 1
        assert all("failed" not in sentence for _, sentence in report.rejected)


def test_imports_at_once(store: GenerationStore, tmp_path: Path) -> None:
    """Imports of the same files at the same time make each record once; a third one is put off."""
    path = write_zip(tmp_path / "a.zip", [(f"{number}.jpg", draw(number)) for number in range(12)])
    with ThreadPoolExecutor(4) as threads:
        reports = list(threads.map(lambda _: import_archive(store, "bob", path), range(4)))
    assert {report.problem for report in reports} <= {"", "Other imports are running. Try again in a minute."}
    assert store.count("bob") == 12
    assert {one.image for one in store.recent("bob")} == {blob.key for blob in store.files.list(IMAGES)}
    assert len({added for report in reports for added in report.added}) == 12


def test_image_written_meanwhile(store: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that another import writes after this one has looked for it has one record."""
    path = write_zip(tmp_path / "a.zip", [("a.jpg", draw(1))])
    import_archive(store, "bob", path)
    monkeypatch.setattr(store, "find_by_sha256", lambda *_: None)
    import_archive(store, "bob", path)
    assert store.count("bob") == 1


def test_imports_are_few(store: GenerationStore, tmp_path: Path) -> None:
    """A third import at the same time adds nothing and says so; afterwards there is room again."""
    path = tmp_path / "a.jpg"
    path.write_bytes(draw(1))
    with store.importing, store.importing, store.importing:
        report = import_files(store, "bob", [("a.jpg", path)])
        assert (report.added, report.problem) == ((), "Other imports are running. Try again in a minute.")
    for _ in range(3):
        assert import_files(store, "bob", [("a.jpg", path)]).problem == ""


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_all_formats(name: str, store: GenerationStore, tmp_path: Path) -> None:
    """Images of every format that is decoded are imported, also of those that have no settings."""
    path = tmp_path / "image"
    path.write_bytes(draw(1, name))
    report = import_files(store, "bob", [("image", path)])
    assert report.rejected == ()
    assert store.recent("bob")[0].format == name.lower()
