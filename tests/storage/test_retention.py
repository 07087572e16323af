"""Room on the disk: the oldest images go when there is too much, and only they; the page and the recipe say so."""

from __future__ import annotations

import base64
import math
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground import Playground, Settings, reproduce
from flux_playground.generation import Generation, State
from flux_playground.storage.blob_folder import BlobFolder
from flux_playground.storage.blob_store import thumbnail_key
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.retention import Retention
from flux_playground.ui.generate import history_view, result_view
from flux_playground.ui.recipes import reproduction_view as shown
from flux_playground.ui.text import image_urls
from tests.storage.conftest import OpenStore
from tests.storage.test_generation_store import generation, jpeg
from tests.stored_files import IN_BOTH, input_paths
from tests.ui.page_parts import Page
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


def kept(store: GenerationStore, number: int, state: State = State.SUCCEEDED, **values: object) -> Generation:
    """A generation with an image of its own, of some 30 kB."""
    one = store.save_image(generation(number), jpeg(400, 300 + number) + b"\0" * 30_000)
    return store.save(replace(one, state=state, **values))  # type: ignore[arg-type]


def there(store: GenerationStore, *all_of: Generation) -> list[bool]:
    return [reproduce.image_exists(store.get(one.id) or one) for one in all_of]


def forgotten(store: GenerationStore) -> None:
    """Make everything that was sent look as if that had been long ago."""
    for path in input_paths(store):
        os.utime(path, (time.time() - 1000,) * 2)


@IN_BOTH
def test_oldest_images_go_records_stay(store: GenerationStore) -> None:
    """Over the limit, the oldest files are deleted; their records stay."""
    everything = [kept(store, number) for number in range(10)]
    for one in everything:
        store.thumbnail(one)
    room = store.files.size
    Retention(store, room).enforce()
    assert all(there(store, *everything))
    newest = kept(store, 11)
    Retention(store, room).enforce()
    assert room * 0.8 < store.files.size <= room * 0.9
    found = there(store, *everything, newest)
    assert found == sorted(found)
    assert 1 <= found.count(False) <= 3
    assert [store.files.find(thumbnail_key(one.id)) is not None for one in everything] == found[:-1]
    first = store.get(everything[0].id)
    assert first is not None
    assert first.image_deleted_at == pytest.approx(time.time(), abs=60)
    assert (first.seed, first.request, first.sha256) == (
        everything[0].seed,
        everything[0].request,
        everything[0].sha256,
    )
    assert store.files.count_again() == store.files.size


@IN_BOTH
def test_only_demo_images_are_deleted(store: GenerationStore) -> None:
    """With a demo address, only the images of the local server are deleted."""
    paid = kept(store, 1)
    drawn = kept(store, 2, server="http://127.0.0.1:5555")
    Retention(store, 1, "http://127.0.0.1:").enforce()
    assert there(store, paid, drawn) == [True, False]


def test_running_generations_are_kept(store: GenerationStore) -> None:
    """The files of running generations are not deleted."""
    busy = [kept(store, number, state) for number, state in enumerate((State.DOWNLOADING, State.RUNNING))]
    done = kept(store, 7)
    Retention(store, 1).enforce()
    assert there(store, *busy, done) == [True, True, False]


def test_input_goes_with_its_last_record(store: GenerationStore) -> None:
    """An image prompt is deleted with the last image that used it."""
    shared, own, new = (store.inputs.save(text * 50_000) for text in "sop")
    old = [kept(store, 1, request={"image": own}), kept(store, 2, request={"images": [shared]})]
    kept(store, 3, request={"image": shared})
    store.save(generation(4, state=State.RUNNING, request={"image": new}))
    forgotten(store)
    Retention(store, store.files.size - 70_000).enforce()
    assert there(store, *old) == [False, False]
    assert [store.inputs.load(one) is not None for one in (shared, own, new)] == [True, False, True]
    told = list(reproduce.caveats(old[0], old[0].server, store))
    assert told == ["It cannot be made again: the image that was sent as image is no longer kept here."]


def test_inputs_of_failures_are_deleted(store: GenerationStore) -> None:
    """Image prompts of failures and old uploads are deleted, new ones are kept."""
    failed, orphan = store.inputs.save("f" * 90_000), store.inputs.save("o" * 90_000)
    store.save(generation(1, state=State.FAILED, request={"image": failed}))
    forgotten(store)
    fresh = store.inputs.save("n" * 90_000)
    assert store.inputs.save("o" * 90_000) == orphan
    Retention(store, 200_000).enforce()
    assert [store.inputs.load(one) is not None for one in (failed, orphan, fresh)] == [False, True, True]
    forgotten(store)
    Retention(store, 100_000).enforce()
    assert store.files.size == 0


def test_collected_image_is_there_again(store: GenerationStore) -> None:
    """An image that is collected after its deletion is stored again."""
    one = store.save(generation(1, state=State.DETACHED, request={"image": store.inputs.save("x" * 9000)}))
    forgotten(store)
    Retention(store, 1).enforce()
    cleared = store.get(one.id)
    assert cleared is not None
    assert cleared.image_deleted_at
    assert store.save_image(cleared, jpeg()).image_deleted_at is None


def test_no_limit_counts_nothing(store: GenerationStore) -> None:
    """Without a limit, the files are not counted."""
    kept(store, 1)
    Retention(store, math.inf).enforce()
    assert isinstance(store.files, BlobFolder)
    assert store.files._size is None


def test_second_program_deletes_nothing(store: GenerationStore, tmp_path: Path, open_store: OpenStore) -> None:
    """Only the primary program of a folder deletes files."""
    one = kept(store, 1)
    second = open_store(tmp_path)
    Retention(second, 1).enforce()
    second.close()
    assert there(store, one) == [True]


def test_each_image_frees_its_space(settings: Settings) -> None:
    """The limit holds after each image, and the records of all stay."""
    with Playground(settings.replace(max_storage_gb=12e-6)) as playground:
        ends = [list(playground.generate({**VALUES, "seed": seed}))[-1] for seed in range(8)]
        wait_until(lambda: playground.store.files.size <= 12_000)
        found = there(playground.store, *ends)
        assert found == sorted(found)
        assert not found[0]
        assert [playground.get(one.id).seed for one in ends] == list(range(8))


def test_draft_stores_no_image(playground: Playground) -> None:
    """The preview of a request stores no image prompt; a generation does."""
    image = base64.b64encode(jpeg()).decode()
    drafted = playground.preview_request({**VALUES, "image_prompt": image})
    assert playground.store.inputs.load(drafted["image_prompt"]) is None
    assert playground.find_existing(playground.prepare({**VALUES, "image_prompt": image, "seed": 1})) is None
    assert input_paths(playground.store) == []
    made = list(playground.generate({**VALUES, "image_prompt": image}))[-1]
    assert playground.store.inputs.load(made.request["image_prompt"]) == image


def test_deleted_image_on_the_page(playground: Playground) -> None:
    """The page says that a file was deleted, and offers its settings."""
    one, other = (list(playground.generate({**VALUES, "seed": seed}))[-1] for seed in (1, 2))
    Retention(playground.store, 1).enforce()
    gone = playground.get(one.id)
    stage = result_view.render_result(
        result_view.ResultContext(gone, outlook=shown.describe_reproduction(Page(playground).visit(), gone))
    )
    assert "File deleted to free space" in stage.frame
    assert 'data-act="again"' in stage.frame
    assert image_urls.recipe(gone) in stage.below
    assert 'data-act="recall"' in stage.below
    cards = history_view.render_history([gone, playground.get(other.id)], gone.id)
    assert "Removed: a mill" in cards
    for said in (stage.frame, stage.line, stage.below, cards):
        assert "<img" not in said
        assert "image/" not in said
    again = list(playground.generate({**VALUES, "seed": 1}))[-1]
    compared = shown.render_comparison(gone, again, reproduce.compare_generations(gone, again, playground.store))
    assert "Not comparable" in compared
    assert image_urls.thumbnail(gone) not in compared
    assert image_urls.thumbnail(again) in compared


def test_deleted_file_is_called_missing(playground: Playground) -> None:
    """A file that somebody else deleted is called missing."""
    one = list(playground.generate(VALUES))[-1]
    assert one.image is not None
    playground.store.files.remove(one.image)
    stage = result_view.render_result(result_view.ResultContext(playground.get(one.id)))
    assert "File not found" in stage.frame
    assert "<img" not in stage.frame + history_view.render_history([playground.get(one.id)], "")


@IN_BOTH
def test_imported_images_go_first(store: GenerationStore) -> None:
    """An import never pushes out images that were paid, also where only free images are deleted otherwise."""
    paid = kept(store, 1)
    imported = kept(store, 2, imported="ComfyUI", server="")
    room = store.files.size - 1
    Retention(store, room, server="http://127.0.0.1:").enforce()
    assert there(store, paid, imported) == [True, False]
