"""Stars, ratings, tags and notes are kept apart from records; a deleted image is hidden at once and removed later."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground.errors import InvalidRequest, StorageError
from flux_playground.generation import UNFINISHED, State
from flux_playground.identity import Identity
from flux_playground.storage import unsent_records
from flux_playground.storage.annotations import Annotation
from flux_playground.storage.blob_store import IMAGES, INPUTS
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.retention import Retention
from flux_playground.storage.search_query import Query
from flux_playground.storage.unsent_records import UnsentRecords
from tests.storage.conftest import OpenStore
from tests.storage.test_generation_store import generation, jpeg
from tests.stored_files import IN_BOTH, input_paths


def made(store: GenerationStore, number: int, **values: object) -> str:
    """The id of a generation with an image."""
    one = store.save_image(generation(number), jpeg(40, 30 + number))
    return store.save(replace(one, **{"state": State.SUCCEEDED, **values})).id  # type: ignore[arg-type]


def test_annotations_survive_later_records(store: GenerationStore, tmp_path: Path, open_store: OpenStore) -> None:
    """A late save of the record and a restart keep what was said of it."""
    one = made(store, 1)
    store.annotations.update("owner", [one], starred=True, rating=4, add_tags=["b", "a 🦊"], note="so\nso")
    store.annotations.update("owner", [one], remove_tags=["b"], add_tags=["  c   d "])
    expected = Annotation(True, 4, ("a 🦊", "c d"), "so\nso")
    store.save(replace(generation(1), state=State.SUCCEEDED, cost=2.0))
    assert store.annotations.get("owner", [one, "unknown"]) == {one: expected}
    assert store.search.count("owner", Query("so", starred=True, tags=("a 🦊",), min_rating=4)) == 1
    store.close()
    reopened = open_store(tmp_path)
    assert reopened.search.page("owner", Query()).entries[0].annotation == expected
    reopened.close()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"rating": 6}, "rating"),
        ({"rating": -1}, "rating"),
        ({"add_tags": ["x" * 61]}, "tags"),
        ({"add_tags": [str(number) for number in range(31)]}, "tags"),
        ({"note": "x" * 10_001}, "note"),
    ],
)
def test_values_have_bounds(store: GenerationStore, values: dict[str, object], field: str) -> None:
    """A value out of bounds is an error that names it, and nothing changes."""
    one = made(store, 1)
    store.annotations.update("owner", [one], rating=3)
    with pytest.raises(InvalidRequest) as error:
        store.annotations.update("owner", [one], **values)  # type: ignore[arg-type]
    assert [detail.field for detail in error.value.details] == [field]
    assert store.annotations.get("owner", [one]) == {one: Annotation(rating=3)}


@pytest.mark.parametrize("text", ["\ud800", "a\x00b", "\u202e", "👩\u200d🎨", "x" * 60, "'; --", '"', "[]"])
def test_any_text_is_stored(store: GenerationStore, text: str) -> None:
    """A tag and a note may have any characters; those that are no text are replaced."""
    one = made(store, 1)
    store.annotations.update("owner", [one], note=text, add_tags=[text])
    annotation = store.annotations.get("owner", [one])[one]
    assert len(annotation.note) == len(text)
    assert [tag for tag, _ in store.annotations.tags("owner")] == list(annotation.tags)
    assert all(store.search.count("owner", Query(tags=(tag,))) == 1 for tag in annotation.tags)


def test_tags_are_counted(store: GenerationStore) -> None:
    """An owner's tags have the number of their images that are not deleted."""
    ids = [made(store, number) for number in range(4)]
    store.annotations.update("owner", ids, add_tags=["x"])
    store.annotations.update("owner", ids[:2], add_tags=["👩‍🎨"])
    store.deletions.delete("owner", ids[:1], 1.0)
    assert store.annotations.tags("owner") == [("x", 3), ("👩‍🎨", 1)]
    assert store.annotations.tags("ann") == []


def test_many_are_changed_at_once(store: GenerationStore) -> None:
    """A change of more images than one transaction has reaches all of them."""
    ids = [store.save(generation(number, state=State.FAILED)).id for number in range(130)]
    assert len(store.annotations.update("owner", ids, starred=True)) == 130
    assert store.search.count("owner", Query(starred=True)) == 130
    assert len(store.deletions.delete("owner", ids, 1.0)) == 130
    assert store.search.count("owner", Query()) == store.count("owner") == 0
    assert len(store.deletions.restore("owner", ids)) == 130
    assert store.search.count("owner", Query(starred=True)) == store.count("owner") == 130


def test_deleted_images_are_hidden(store: GenerationStore) -> None:
    """A deleted generation is in no answer until it is restored, with its annotation."""
    one, other = made(store, 1, fingerprint="f"), made(store, 2)
    record = store.get(one)
    assert record is not None
    store.annotations.update("owner", [one], rating=5)
    assert store.deletions.delete("owner", [one, "unknown"], time.time()) == [one]
    assert store.deletions.delete("owner", [one], time.time()) == []
    store.save(record)
    assert store.get(one) is None
    assert [found.id for found in store.recent("owner")] == [other]
    assert store.count("owner") == store.search.count("owner", Query()) == 1
    assert store.find_by_sha256("owner", record.sha256) is None
    assert store.find_by_fingerprint("owner", "f") is None
    assert store.search.neighbors("owner", Query(), other) == ("", "")
    assert store.search.entries("owner", [one]) == []
    assert store.annotations.update("owner", [one], rating=1) == {}
    assert store.deletions.restore("owner", [one]) == [one]
    assert store.find_by_fingerprint("owner", "f") == store.get(one) == record
    assert store.search.page("owner", Query(min_rating=5)).entries[0].generation == record


def test_unfinished_generations_are_not_deleted(store: GenerationStore) -> None:
    """A generation that is paid for, or will be, stays."""
    ids = [store.save(generation(number, state=state)).id for number, state in enumerate(State)]
    deleted = store.deletions.delete("owner", ids, 1.0)
    assert {list(State)[int(one, 16)] for one in deleted} == set(State) - set(UNFINISHED)
    assert {one.state for one in store.recent("owner")} == set(UNFINISHED)


def test_purge_removes_files_and_content(store: GenerationStore, tmp_path: Path) -> None:
    """Only what was deleted before the time goes, with its image, thumbnail, inputs and texts."""
    shared, own = store.inputs.save("s" * 100), store.inputs.save("o" * 100)
    gone = made(store, 1, request={"prompt": "zebra", "image": own, "mask": shared}, prompt="zebra")
    later, stays = made(store, 2), made(store, 3, request={"image": shared})
    for path in input_paths(store):
        os.utime(path, (1000, 1000))
    for one in (gone, later, stays):
        record = store.get(one)
        assert record is not None
        assert store.thumbnail(record) is not None
    store.annotations.update("owner", [gone], note="zebra")
    store.deletions.delete("owner", [gone], 100.0)
    store.deletions.delete("owner", [later], 200.0)
    assert store.purge(150.0) == 1
    assert store.purge(150.0) == 0
    assert store.deletions.restore("owner", [gone]) == []
    assert store.deletions.restore("owner", [later]) == [later]
    assert store.get(gone) is None
    names = [path.name for folder in ("images", "thumbnails", "inputs") for path in (tmp_path / folder).iterdir()]
    assert len(names) == 5
    assert not any(gone in name for name in names)
    assert (store.inputs.load(own), store.inputs.load(shared)) == (None, "s" * 100)
    for table in ("generations", "annotations", "entry_words", "prompts", "prompt_words", "entry_fields", "unindexed"):
        with store._reader.lock:
            assert "zebra" not in str(store._reader.select(f"SELECT * FROM {table}", []))


def test_deleted_images_stay_spent(store: GenerationStore, tmp_path: Path, open_store: OpenStore) -> None:
    """What a visitor spent counts against the allowance also when the image was deleted and purged."""
    spender, now = Identity("a", "b"), time.time()
    one = made(store, 1, created_at=now - 10, cost=6.0, spender=spender)
    before = store.usage.spent(spender, 0.0, now, 1.0), store.usage.counts()
    store.deletions.delete("owner", [one], now - 5)
    store.purge(now)
    store.close()
    reopened = open_store(tmp_path)
    assert (reopened.usage.spent(spender, 0.0, now, 1.0), reopened.usage.counts()) == before
    assert before[0] == 6.0
    assert reopened.recent(":purged") == reopened.recent("owner") == []
    reopened.close()


def test_retention_keeps_starred_images(store: GenerationStore) -> None:
    """The files of a starred image are never deleted to free space."""
    ids = [made(store, number, request={"image": store.inputs.save(str(number) * 90)}) for number in range(4)]
    store.annotations.update("owner", ids[1:2], starred=True)
    for path in input_paths(store):
        os.utime(path, (1000, 1000))
    Retention(store, 1).enforce()
    found = [store.get(one) for one in ids]
    assert [not one.image_missing for one in found if one and one.image] == [False, True, False, False]
    assert [len(list(store.files.list(folder))) for folder in (IMAGES, INPUTS)] == [1, 1]


def test_stars_of_imports_keep_no_room_on_a_hosted_page(store: GenerationStore) -> None:
    """A visitor cannot fill the room with imported images that are never deleted; images made here are kept."""
    imported, own = made(store, 1, imported="another tool"), made(store, 2)
    store.annotations.update("owner", [imported, own], starred=True)
    for keep_imports in (True, False):
        Retention(store, 1, keep_imports=keep_imports).enforce()
        found = [store.get(one) for one in (imported, own)]
        assert [one.image_missing for one in found if one] == [not keep_imports, False]


def test_foreign_generations_are_not_touched(store: GenerationStore) -> None:
    """No call changes, deletes or restores what another visitor has."""
    theirs = made(store, 1, owner="ann")
    assert store.annotations.update("owner", [theirs], rating=1, note="x") == {}
    assert store.deletions.delete("owner", [theirs], 1.0) == []
    assert store.annotations.get("ann", [theirs]) == {}
    store.annotations.update("ann", [theirs], note="mine")
    assert store.annotations.get("owner", [theirs]) == {}
    store.deletions.delete("ann", [theirs], 1.0)
    assert store.deletions.restore("owner", [theirs]) == []
    assert store.search.count("ann", Query()) == 0


def test_full_tags_change_nothing(store: GenerationStore) -> None:
    """One image with too many tags stops a change of several before anything is written."""
    ids = [store.save(generation(number, state=State.FAILED)).id for number in range(120)]
    store.annotations.update("owner", ids[-1:], add_tags=[str(number) for number in range(30)])
    with pytest.raises(InvalidRequest):
        store.annotations.update("owner", ids, add_tags=["one more"])
    assert "one more" not in dict(store.annotations.tags("owner"))


def test_purge_of_many(store: GenerationStore) -> None:
    """More generations than one transaction has are purged, and an imported one can be imported again."""
    ids = [store.save(generation(number, state=State.FAILED, cost=1.0)).id for number in range(120)]
    imported = made(store, 500, imported="a1111", file_name="x.png")
    store.deletions.delete("owner", [*ids, imported], 1.0)
    assert store.purge(2.0) == 121
    assert store.usage.counts() == {State.FAILED: (120, 120.0)}
    assert store.count("owner") == store.search.count("owner", Query()) == 0
    assert list(store.files.list(IMAGES)) == []
    made(store, 500, imported="a1111")
    assert store.count("owner") == store.search.count("owner", Query()) == 1


@IN_BOTH
def test_unsent_records_of_one_address_are_bounded(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the requests that the API did not accept, the latest of each address are kept; the rows of others go."""
    monkeypatch.setattr(unsent_records, "MAX_UNSENT_PER_ADDRESS", 2)
    unsent = UnsentRecords(store.deletions)
    kept: list[dict[str, object]] = [{"owner": "owner"}, {"task_id": "t"}, {"state": State.SUBMIT_UNKNOWN}]
    for number in range(6):
        unsent.add(store.save(generation(number, owner=f"visitor-{number}", state=State.FAILED)), "one address")
    for number, values in enumerate(kept * 3, 10):
        other = {"owner": "visitor-9", "state": State.FAILED, **values}
        unsent.add(store.save(generation(number, **other)), "one address")
    unsent.add(store.save(generation(30, owner="visitor-8", state=State.CANCELLED)), "another address")
    assert store.purge(time.time() + 1) == 4
    with store._reader.lock:
        rows = store._reader.select("SELECT id FROM generations ORDER BY id", [])[1]
    assert [int(one, 16) for (one,) in rows] == [4, 5, *range(10, 19), 30]


@IN_BOTH
def test_purge_hides_no_spending(store: GenerationStore) -> None:
    """An image that is paid for after the latest rows were purged counts."""
    spender, now = Identity("a", "b"), time.time()
    made(store, 8, created_at=now, spender=spender)
    assert store.usage.spent(spender, 0.0, now) == 1
    ids = [made(store, number, created_at=now, imported="a1111") for number in range(3)]
    assert store.usage.spent(spender, 0.0, now) == 1
    store.deletions.delete("owner", ids, now - 1)
    assert store.purge(now) == 3
    made(store, 9, created_at=now, spender=spender)
    assert store.usage.spent(spender, 0.0, now) == 2


@IN_BOTH
def test_interrupted_purge_continues(store: GenerationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generation whose purge has begun is not restored; the next purge removes it."""
    one = made(store, 1)
    store.deletions.delete("owner", [one], 1.0)
    with monkeypatch.context() as patch:
        patch.setattr(store.files, "remove", lambda path: (_ for _ in ()).throw(OSError(5, "Input/output error")))
        with pytest.raises(StorageError, match="Input/output error"):
            store.purge(2.0)
    assert store.deletions.restore("owner", [one]) == []
    assert (store.get(one), store.count("owner"), store.recent("owner")) == (None, 0, [])
    assert store.purge(2.0) == 1
    assert list(store.files.list(IMAGES)) == []
