"""Room on the disk: the oldest pictures go when there is too much, and only they; the page and the recipe say so."""

from __future__ import annotations

import base64
import math
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground import Playground, Settings, reproduce
from flux_playground.generation import Generation, State
from flux_playground.playground import Visitor
from flux_playground.storage.generation_store import Journal
from flux_playground.storage.retention import Clearing
from flux_playground.ui.generate import history_view, result_view
from flux_playground.ui.recipes import reproduction_view as shown
from flux_playground.ui.text import image_urls
from tests.storage.test_generation_store import generation, jpeg

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def kept(journal: Journal, number: int, state: State = State.READY, **values: object) -> Generation:
    """A generation with an image of its own, of some 30 kB."""
    one = journal.store(generation(number), jpeg(400, 300 + number) + b"\0" * 30_000)
    return journal.write(replace(one, state=state, **values))  # type: ignore[arg-type]


def there(journal: Journal, *all_of: Generation) -> list[bool]:
    return [reproduce.there(journal.get(one.id) or one) for one in all_of]


def forgotten(journal: Journal) -> None:
    """Make everything that was sent look as if that had been long ago."""
    for path in journal.files.inputs.iterdir():
        os.utime(path, (time.time() - 1000,) * 2)


def test_the_oldest_pictures_go_and_their_records_stay(journal: Journal) -> None:
    everything = [kept(journal, number) for number in range(10)]
    small = [journal.thumbnail(one) for one in everything]
    room = journal.files.size
    Clearing(journal, room).make_room()
    assert all(there(journal, *everything))
    newest = kept(journal, 11)
    Clearing(journal, room).make_room()
    assert room * 0.8 < journal.files.size <= room * 0.9
    found = there(journal, *everything, newest)
    assert found == sorted(found)
    assert 1 <= found.count(False) <= 3
    assert [path is not None and path.is_file() for path in small] == found[:-1]
    first = journal.get(everything[0].id)
    assert first is not None
    assert first.cleared_at == pytest.approx(time.time(), abs=60)
    assert (first.seed, first.request, first.sha256) == (
        everything[0].seed,
        everything[0].request,
        everything[0].sha256,
    )
    assert journal.files.count() == journal.files.size


def test_only_what_was_drawn_here_goes_where_only_that_is_meant(journal: Journal) -> None:
    paid = kept(journal, 1)
    drawn = kept(journal, 2, server="http://127.0.0.1:5555")
    Clearing(journal, 1, "http://127.0.0.1:").make_room()
    assert there(journal, paid, drawn) == [True, False]


def test_what_is_under_way_is_never_removed(journal: Journal) -> None:
    busy = [kept(journal, number, state) for number, state in enumerate((State.DOWNLOADING, State.RUNNING))]
    done = kept(journal, 7)
    Clearing(journal, 1).make_room()
    assert there(journal, *busy, done) == [True, True, False]


def test_an_image_that_was_sent_goes_with_the_last_that_needs_it(journal: Journal) -> None:
    shared, own, new = (journal.keep_input(text * 50_000) for text in "sop")
    old = [kept(journal, 1, request={"image": own}), kept(journal, 2, request={"images": [shared]})]
    kept(journal, 3, request={"image": shared})
    journal.write(generation(4, state=State.RUNNING, request={"image": new}))
    forgotten(journal)
    Clearing(journal, journal.files.size - 70_000).make_room()
    assert there(journal, *old) == [False, False]
    assert [journal.input(one) is not None for one in (shared, own, new)] == [True, False, True]
    told = list(reproduce.expected(old[0], old[0].server, journal))
    assert told == ["It cannot be made again: the picture that was sent as image is no longer kept here."]


def test_what_was_sent_for_failures_and_for_nothing_goes_too(journal: Journal) -> None:
    failed, orphan = journal.keep_input("f" * 90_000), journal.keep_input("o" * 90_000)
    journal.write(generation(1, state=State.FAILED, request={"image": failed}))
    forgotten(journal)
    fresh = journal.keep_input("n" * 90_000)
    assert journal.keep_input("o" * 90_000) == orphan
    Clearing(journal, 200_000).make_room()
    assert [journal.input(one) is not None for one in (failed, orphan, fresh)] == [False, True, True]
    forgotten(journal)
    Clearing(journal, 100_000).make_room()
    assert journal.files.size == 0


def test_a_picture_that_is_fetched_after_all_is_there_again(journal: Journal) -> None:
    one = journal.write(generation(1, state=State.UNCOLLECTED, request={"image": journal.keep_input("x" * 9000)}))
    forgotten(journal)
    Clearing(journal, 1).make_room()
    cleared = journal.get(one.id)
    assert cleared is not None
    assert cleared.cleared_at
    assert journal.store(cleared, jpeg()).cleared_at is None


def test_without_a_limit_nobody_looks_at_the_disk(journal: Journal) -> None:
    kept(journal, 1)
    Clearing(journal, math.inf).make_room()
    assert journal.files._size is None


def test_another_program_on_the_same_folder_removes_nothing(journal: Journal, tmp_path: Path) -> None:
    one = kept(journal, 1)
    second = Journal(tmp_path)
    Clearing(second, 1).make_room()
    second.close()
    assert there(journal, one) == [True]


def test_each_image_that_is_made_makes_room_for_itself(settings: Settings) -> None:
    with Playground(replace(settings, keep=60_000.0)) as playground:
        ends = [list(playground.generate({**VALUES, "seed": seed}))[-1] for seed in range(8)]
        until = time.monotonic() + 10
        while playground.journal.files.size > 60_000 and time.monotonic() < until:
            time.sleep(0.02)
        assert playground.journal.files.size <= 60_000
        found = there(playground.journal, *ends)
        assert found == sorted(found)
        assert not found[0]
        assert [playground.get(one.id).seed for one in ends] == list(range(8))


def test_a_draft_leaves_no_image_behind(playground: Playground) -> None:
    image = base64.b64encode(jpeg()).decode()
    drafted = playground.draft({**VALUES, "image_prompt": image})
    assert playground.journal.input(drafted["image_prompt"]) is None
    assert playground.already({**VALUES, "image_prompt": image, "seed": 1}) is None
    assert list(playground.journal.files.inputs.iterdir()) == []
    made = list(playground.generate({**VALUES, "image_prompt": image}))[-1]
    assert playground.journal.input(made.request["image_prompt"]) == image


def test_the_page_says_that_a_picture_is_gone_and_shows_none(playground: Playground) -> None:
    one, other = (list(playground.generate({**VALUES, "seed": seed}))[-1] for seed in (1, 2))
    Clearing(playground.journal, 1).make_room()
    gone = playground.get(one.id)
    stage = result_view.stage(result_view.View(gone, ahead=shown.prospect(playground, Visitor(), gone)))
    assert "removed to make room" in stage.frame
    assert 'data-act="again"' in stage.frame
    assert image_urls.recipe(gone) in stage.below
    assert 'data-act="recall"' in stage.below
    cards = history_view.strip([gone, playground.get(other.id)], gone.id)
    assert "Removed: a mill" in cards
    for said in (stage.frame, stage.line, stage.below, cards):
        assert "<img" not in said
        assert "picture/" not in said
    again = list(playground.generate({**VALUES, "seed": 1}))[-1]
    compared = shown.outcome(gone, again, reproduce.report(gone, again))
    assert "Not comparable" in compared
    assert image_urls.thumbnail(gone) not in compared
    assert image_urls.thumbnail(again) in compared


def test_a_file_that_somebody_deleted_is_called_gone_and_not_removed(playground: Playground) -> None:
    one = list(playground.generate(VALUES))[-1]
    assert one.image is not None
    one.image.unlink()
    stage = result_view.stage(result_view.View(playground.get(one.id)))
    assert "The file of this picture is gone" in stage.frame
    assert "<img" not in stage.frame + history_view.strip([playground.get(one.id)], "")
