"""An export is imported on another machine: whole, once, not as spent there, and with no other visitor's images."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground.archive import ImportLimits, import_archive
from flux_playground.errors import ContentModerated, InvalidArchive, StorageError, TaskNotFound
from flux_playground.generation import State
from flux_playground.image_ref import image_ref
from flux_playground.runs.recovery import can_be_collected
from flux_playground.storage.annotations import Annotation
from flux_playground.storage.blob_store import FOLDERS, IMAGES, BlobKey
from flux_playground.storage.generation_store import GenerationStore
from tests.stored_files import IN_BOTH

from .gallery import change_export, describe, draw, fill, keep, read_manifest, write_export


@pytest.mark.parametrize(("store", "other"), [("folder", "bucket"), ("bucket", "folder")], indirect=True)
def test_records_are_restored(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """Image, request, seed, times and cost are those of the export; owner, id and secret are new."""
    made = fill(store, 3)
    report = import_archive(other, "bob", write_export(store, tmp_path / "a.zip"))
    assert (len(report.added), report.known, report.rejected, report.problem) == (3, 0, (), "")
    found = {one.sha256: one for one in other.recent("bob")}
    for one in made:
        again = found[one.sha256]
        assert again.image is not None
        assert one.image is not None
        assert other.read_image(again) == store.read_image(one)
        assert again.secret != one.secret
        expected = replace(
            one,
            id=again.id,
            owner="bob",
            image=again.image,
            task_id="",
            polling_url="",
            account="",
            imported="FLUX Playground",
            file_name=again.file_name,
        )
        assert again == expected
        assert again.file_name.endswith(f"_a-lighthouse-{one.seed}.jpg")


def test_second_import_adds_nothing(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """An image is known by its hash, a failed generation by its id."""
    fill(store, 2)
    keep(store, describe(3, state=State.FAILED, error=ContentModerated("Withheld.")))
    path = write_export(store, tmp_path / "a.zip")
    import_archive(other, "bob", path)
    before = [replace(one, error=None) for one in other.recent("bob")]
    report = import_archive(other, "bob", path)
    assert (report.added, report.known) == ((), 3)
    assert [replace(one, error=None) for one in other.recent("bob")] == before
    assert import_archive(store, "ann", path).added == ()


def test_annotations_merge(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """Stars, tags and notes of both are kept; the own rating wins."""
    (one,) = fill(store, 1)
    store.annotations.update("ann", [one.id], starred=True, rating=5, add_tags=["sea", "best"], note="Print this.")
    path = write_export(store, tmp_path / "a.zip")
    (added,) = import_archive(other, "bob", path).added
    assert other.annotations.get("bob", [added])[added] == Annotation(True, 5, ("sea", "best"), "Print this.")
    other.annotations.update("bob", [added], rating=2, starred=False, add_tags=["mine"], note="Too dark.")
    for _ in range(2):
        import_archive(other, "bob", path)
        merged = other.annotations.get("bob", [added])[added]
        assert merged == Annotation(True, 2, ("sea", "best", "mine"), "Too dark.\nPrint this.")


def test_nothing_counts_as_spent(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """An imported record changes neither the price nor the durations that this machine knows."""
    for number in range(1, 5):
        keep(store, describe(number, cost=0.001, api_seconds=9000.0, finished_at=4e9), draw(number))
    own = keep(other, describe(99, owner="bob", cost=6.0, api_seconds=3.0), draw(99))
    known = other.usage.price(own.server, own.endpoint), other.usage.durations(own.server, own.endpoint)
    import_archive(other, "bob", write_export(store, tmp_path / "a.zip"))
    for usage in (other.usage, type(other.usage)(other._reader)):
        assert (usage.price(own.server, own.endpoint), usage.durations(own.server, own.endpoint)) == known
        assert usage.counts() == {State.SUCCEEDED: (1, 6.0)}
    assert all(one.spender is None for one in other.recent("bob"))


@pytest.mark.parametrize("state", list(State))
def test_no_task_can_be_polled(state: State, store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """Whatever state was exported, the record is finished and has no task."""
    keep(store, describe(1, state=state, error=TaskNotFound("Lost.", task_id="t")))
    import_archive(other, "bob", write_export(store, tmp_path / "a.zip"))
    (one,) = other.recent("bob")
    assert one.finished
    assert other.take_over() == {}
    assert not can_be_collected(one)
    assert (one.task_id, one.polling_url, one.account) == ("", "", "")
    assert one.error is None or one.error.task_id == ""


def test_input_images_come_along(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """An image that was sent is stored again, under the same reference."""
    text = base64.b64encode(draw(5, "PNG")).decode()
    request = {"prompt": "x", "image_prompt": store.inputs.save(text)}
    keep(store, describe(1, request=request), draw())
    import_archive(other, "bob", write_export(store, tmp_path / "a.zip"))
    (one,) = other.recent("bob")
    assert one.request == request
    assert other.inputs.load(image_ref(text)) == text


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED])
def test_reference_gives_no_access(
    state: State, store: GenerationStore, other: GenerationStore, tmp_path: Path
) -> None:
    """A reference to an image that another visitor has sent does not become the importer's."""
    text = base64.b64encode(draw(5, "PNG")).decode()
    reference = other.inputs.save(text)  # sent by a visitor of the other machine
    data_url = f"data:image/png;base64,{reference}"
    request = {"prompt": reference, "images": [reference, data_url], "nested": {"image": data_url}}
    keep(store, describe(1, state=state, request=request), draw() if state is State.SUCCEEDED else None)
    report = import_archive(other, "eve", write_export(store, tmp_path / "a.zip"))
    assert len(report.added) == 1
    assert other.inputs.find_requests("eve", reference) == []
    (one,) = other.recent("eve")
    assert [other.inputs.load(found) for found in one.request["images"]] == [None, None]
    assert one.request["images"][1].startswith("data:image/png;base64,sha256:")


def test_other_owner_is_untouched(store: GenerationStore, tmp_path: Path) -> None:
    """A ZIP file with another visitor's ids gets new ids, and changes nothing of that visitor."""
    made = fill(store, 2)
    store.annotations.update("ann", [made[0].id], note="Mine.")
    before = store.recent("ann")
    report = import_archive(store, "eve", write_export(store, tmp_path / "a.zip"))
    assert len(report.added) == 2
    assert not {one.id for one in made} & set(report.added)
    assert store.recent("ann") == before
    assert [one.secret for one in store.recent("ann")] == [one.secret for one in before]
    assert store.annotations.get("ann", [made[0].id])[made[0].id].note == "Mine."
    assert {one.owner for one in store.recent("eve")} == {"eve"}


@IN_BOTH
def test_no_stored_name_can_be_chosen(store: GenerationStore, tmp_path: Path) -> None:
    """Ids, formats, seeds and names of a ZIP file lead to no file of another visitor, and to none outside."""
    one = keep(store, describe(1), draw(1))
    store.thumbnail(one)
    assert one.image is not None
    mine = {blob.key: store.files.read(blob.key) for folder in FOLDERS for blob in store.files.list(folder)}
    path = write_export(store, tmp_path / "a.zip")
    (entry,) = read_manifest(path)["entries"]
    names = ("../../x", f"../images/{one.image.stem}", one.id, "/etc/passwd", f"{one.id}/../../y", "a\\..\\b", "%2e%2e")
    changed = [
        {**entry, "id": name, "format": f"png/../{name}", "sha256": hashlib.sha256(draw(number)).hexdigest()}
        | {
            "file": f"{number}.jpg",
            "seed": -(10**90) if number % 2 else 0,
            "reproduces": one.id,
            "image": str(one.image),
        }
        for number, name in enumerate(names, start=10)
    ]
    files = {f"{number}.jpg": draw(number) for number in range(10, 10 + len(names))}
    files |= {"inputs/../images/x.jpg": draw(), f"inputs/{one.image.name}": draw()}
    change_export(path, {**read_manifest(path), "entries": changed}, dict(files))
    report = import_archive(store, "bob", path)
    assert len(report.added) == len(names)
    for added in store.recent("bob"):
        assert added.reproduces != one.id
        store.thumbnail(added)
    keys = {str(blob.key) for folder in FOLDERS for blob in store.files.list(folder)}
    pattern = r"images/flux-seed--?[0-9]{1,24}-[0-9a-f]{32}\.jpg|thumbnails/[0-9a-f]{32}\.webp"
    assert len(keys) == 2 * (1 + len(names))
    assert all(re.fullmatch(pattern, key) for key in keys)
    store.deletions.delete("bob", report.added, time.time() - 10)
    assert store.purge(time.time()) == len(names)
    assert {blob.key: store.files.read(blob.key) for folder in FOLDERS for blob in store.files.list(folder)} == mine


@IN_BOTH
def test_deleted_file_is_restored(store: GenerationStore, tmp_path: Path) -> None:
    """An image that retention deleted comes back under its old record."""
    (one,) = fill(store, 1)
    path = write_export(store, tmp_path / "a.zip")
    assert one.image is not None
    store.files.remove(one.image)
    store.mark_images_deleted([one.id], 1.0)
    assert import_archive(store, "ann", path).added == (one.id,)
    again = store.get(one.id)
    assert again is not None
    assert again.image_deleted_at is None
    assert again.image is not None
    assert hashlib.sha256(store.read_image(again)).hexdigest() == one.sha256
    assert again.cost == one.cost
    assert again.imported == ""


def test_deleted_record_is_restored(store: GenerationStore, tmp_path: Path) -> None:
    """What the visitor deleted a moment ago is there again, also what was imported before."""
    (one,) = fill(store, 1)
    path = write_export(store, tmp_path / "a.zip")
    for owner, deleted in (("ann", one.id), ("bob", import_archive(store, "bob", path).added[0])):
        store.deletions.delete(owner, [deleted], 1.0)
        assert store.recent(owner) == []
        assert import_archive(store, owner, path).added == (deleted,)
        assert [again.id for again in store.recent(owner)] == [deleted]
        assert store.deletions.restore(owner, [deleted]) == []


def test_reproductions_stay_linked(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """The record of a reproduction names the imported original."""
    first, second = fill(store, 2)
    store.save(replace(second, reproduces=first.id))
    import_archive(other, "bob", write_export(store, tmp_path / "a.zip"))
    found = {one.seed: one for one in other.recent("bob")}
    assert found[2].reproduces == found[1].id


def test_future_is_now(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """A record from the future would be the last one that retention deletes."""
    keep(store, describe(1, created_at=9e9), draw())
    import_archive(other, "bob", write_export(store, tmp_path / "a.zip"))
    assert other.recent("bob")[0].created_at < 5e9


def test_bad_entries_hide_only_themselves(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """Entries with wrong contents are refused by name, the others are imported."""
    fill(store, 5)
    path = write_export(store, tmp_path / "a.zip")
    manifest = read_manifest(path)
    one, two, three, four, _ = manifest["entries"]
    three["cost"] = "free"
    four["sha256"] = hashlib.sha256(b"text").hexdigest()
    files = {one["file"]: draw(77), two["file"]: None, four["file"]: b"text"}
    manifest["entries"] += [7, {"id": "x"}]
    report = import_archive(other, "bob", change_export(path, manifest, files))
    assert len(report.added) == 1
    assert report.rejected == (
        (one["file"], "It is not the file that the manifest describes."),
        (two["file"], "It is missing in the ZIP file."),
        (three["file"], "cost in the manifest has the wrong type."),
        (four["file"], "This file is not an image."),
        ("entry 6", "Its entry in the manifest has the wrong type."),
        ("x", "Its entry in the manifest has no state."),
    )
    assert other.count("bob") == len(list(other.files.list(IMAGES))) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("created_at", -1),
        ("cost", -5),
        ("seed", 10**200),
        ("seed", True),
        ("request", []),
        ("state", "winning"),
        ("endpoint", "x" * 5000),
        ("error", {"kind": "TaskFailed", "message": 7}),
        ("error", {"kind": "InvalidRequest", "details": [{"loc": 1}]}),
        ("error", {"kind": "TaskFailed", "message": "x" * 50_000}),
        ("request", {"prompt": "x" * 1_100_000}),
    ],
)
def test_impossible_values(
    name: str, value: object, store: GenerationStore, other: GenerationStore, tmp_path: Path
) -> None:
    """A record with a value of the wrong type or size is refused, and none is half imported."""
    fill(store, 1)
    path = write_export(store, tmp_path / "a.zip")
    manifest = read_manifest(path)
    manifest["entries"][0][name] = value
    limits = ImportLimits(images=1000)
    report = import_archive(other, "bob", change_export(path, manifest), limits=limits)
    assert (report.added, len(report.rejected)) == ((), 1)
    assert list(other.files.list(IMAGES)) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"flux_playground_export": 2}, "newer version"),
        ({"flux_playground_export": "1"}, "not one of FLUX Playground"),
        ({"entries": {}}, "no entries"),
        ({"entries": [{}] * 20}, "more than 10 images"),
    ],
)
def test_unusable_manifests(
    change: dict[str, object], sentence: str, store: GenerationStore, other: GenerationStore, tmp_path: Path
) -> None:
    """A manifest that cannot be used refuses the whole file, with one sentence."""
    fill(store, 1)
    path = write_export(store, tmp_path / "a.zip")
    changed = change_export(path, read_manifest(path) | change)
    with pytest.raises(InvalidArchive, match=sentence):
        import_archive(other, "bob", changed, limits=ImportLimits(images=10))
    assert other.count("bob") == 0


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"flux_playground_export": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_damaged_manifests(text: bytes, store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """A manifest that is no JSON refuses the whole file."""
    path = change_export(write_export(store, tmp_path / "a.zip"), files={"manifest.json": text})
    with pytest.raises(InvalidArchive, match=r"^The manifest of this .*\.$"):
        import_archive(other, "bob", path)


def test_full_disk_stops(
    store: GenerationStore, other: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full in the middle keeps what is there: each file has a record, each record its file."""
    fill(store, 4)
    path = write_export(store, tmp_path / "a.zip")
    create, created = other.files.create, list[BlobKey]()

    def fail(key: BlobKey, data: bytes) -> bool:
        if len(created) == 2:
            raise OSError(28, "No space left on device")
        created.append(key)
        return create(key, data)

    monkeypatch.setattr(other.files, "create", fail)
    report = import_archive(other, "bob", path)
    monkeypatch.undo()
    assert len(report.added) == 2
    sentence = "The image could not be written: No space left on device. What was imported before is kept."
    assert report.problem == sentence
    assert {one.image for one in other.recent("bob")} == {blob.key for blob in other.files.list(IMAGES)}
    assert len(import_archive(other, "bob", path).added) == 2


def test_unwritable_journal_leaves_no_file(
    store: GenerationStore, other: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that cannot be written takes its image along."""
    fill(store, 2)
    path = write_export(store, tmp_path / "a.zip")

    def fail(_: object) -> None:
        raise StorageError("The journal cannot be written.")

    monkeypatch.setattr(other, "save", fail)
    report = import_archive(other, "bob", path)
    assert (report.added, bool(report.problem)) == ((), True)
    assert list(other.files.list(IMAGES)) == []


def test_room_is_made(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """Retention runs after each image, so that an import never exceeds the limit by more than one."""
    fill(store, 3)
    sizes: list[int] = []
    path = write_export(store, tmp_path / "a.zip")
    import_archive(other, "bob", path, make_room=lambda: sizes.append(len(list(other.files.list(IMAGES)))))
    assert sizes == [1, 2, 3]


def test_manifest_in_json_lines(store: GenerationStore, tmp_path: Path) -> None:
    """Each entry of the manifest is on a line of its own, for people who look into it."""
    fill(store, 3)
    with zipfile.ZipFile(write_export(store, tmp_path / "a.zip")) as archive:
        lines = archive.read("manifest.json").decode().splitlines()
    assert len([json.loads(line.rstrip(",")) for line in lines[1:-1]]) == 3


def test_equal_ids_get_different_records(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """Two images under one id, which only a changed export has, are both kept, each with its file."""
    fill(store, 2)
    path = write_export(store, tmp_path / "a.zip")
    manifest = read_manifest(path)
    manifest["entries"][1]["id"] = manifest["entries"][0]["id"]
    changed = change_export(path, manifest)
    assert len(set(import_archive(other, "bob", changed).added)) == 2
    assert {one.image for one in other.recent("bob")} == {blob.key for blob in other.files.list(IMAGES)}
    assert import_archive(other, "bob", changed).known == 2


def test_disk_keeps_room(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """An import stops where it would take what the limits leave to images that are paid."""
    fill(store, 2)
    limits = ImportLimits(free_bytes=10**18)
    report = import_archive(other, "bob", write_export(store, tmp_path / "a.zip"), limits=limits)
    assert (report.added, bool(report.problem)) == ((), True)
    assert other.count("bob") == 0


def test_known_images_are_not_read(
    store: GenerationStore, other: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second import decodes nothing."""
    fill(store, 2)
    path = write_export(store, tmp_path / "a.zip")
    import_archive(other, "bob", path)
    monkeypatch.setattr("flux_playground.images.media_types.verify", lambda _: pytest.fail("decoded"))
    assert import_archive(other, "bob", path).known == 2


def test_received_files_are_removed(tmp_path: Path) -> None:
    """A file that arrives is removed afterwards, and at the next start where the process was killed."""
    opened = GenerationStore(tmp_path)
    with opened.received.receiving() as path:
        path.write_bytes(b"x")
    assert not path.exists()
    path.parent.mkdir()
    path.write_bytes(b"x")
    second = GenerationStore(tmp_path)  # another process, which leaves the files of the first one alone
    assert path.exists()
    second.close()
    opened.close()
    GenerationStore(tmp_path).close()
    assert not path.exists()


def test_video_is_restored(store: GenerationStore, other: GenerationStore, tmp_path: Path) -> None:
    """A delivered video is exported and imported like an image; one that is cut short is refused."""
    video = b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x0cmdat1234"
    made = keep(store, describe(1), video)
    path = write_export(store, tmp_path / "a.zip")
    assert len(import_archive(other, "bob", path).added) == 1
    (one,) = other.recent("bob")
    assert (one.format, one.sha256, one.width) == ("mp4", made.sha256, None)
    assert other.read_image(one) == video
    manifest = read_manifest(path)
    manifest["entries"][0]["sha256"] = hashlib.sha256(video[:-1]).hexdigest()
    cut = change_export(path, manifest, {manifest["entries"][0]["file"]: video[:-1]})
    assert import_archive(other, "eve", cut).rejected[0][1] == "This mp4 file is cut short."
