"""What can be done on the page, without a page: acts against a playground, a real server behind it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.ui.form import reuse
from flux_playground.ui.generate import live_updates
from flux_playground.ui.generate.actions import Acts
from flux_playground.ui.generate.live_updates import Update
from flux_playground.ui.session.tab_session import IDLE, Desk, Desks

FORM = {"finetune_id": "my-finetune", "prompt": "a mill", "aspect_ratio": "1:1"}


@pytest.fixture
def acts(playground: Playground) -> Acts:
    """The acts of a page over a playground."""
    return Acts(playground, playground.operation.fields)


async def _all(updates: AsyncIterator[Update]) -> list[Update]:
    return [update async for update in updates]


def done(updates: AsyncIterator[Update]) -> list[Update]:
    return asyncio.run(_all(updates))


def shown(acts: Acts, session: str = "tab") -> str:
    return acts.desks.of(session).shown


def test_generate_tells_every_step_until_the_picture_is_there(acts: Acts) -> None:
    updates = done(acts.generate("tab", FORM))
    assert updates[0].faults == ()
    assert acts.playground.get(shown(acts)).state is State.SUCCEEDED
    assert updates[-1].stage is not None
    assert f"picture/{shown(acts)}" in updates[-1].stage.frame


def test_the_picture_is_shown_when_it_is_there_and_not_at_the_next_look(
    acts: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_updates, "PAUSE", 120.0)
    updates = asyncio.run(asyncio.wait_for(_all(acts.generate("tab", FORM)), 60))
    assert updates[-1].stage is not None
    assert f"picture/{shown(acts)}" in updates[-1].stage.frame


def test_what_is_looked_at_anyway_is_told_again_without_anything_being_done(acts: Acts) -> None:
    done(acts.generate("tab", FORM))
    (update,) = done(acts.show("tab", ""))
    assert update.stage is not None
    assert f"picture/{shown(acts)}" in update.stage.frame
    assert len(acts.playground.recent()) == 1


def test_whoever_looks_for_what_is_not_there_is_told_nothing(acts: Acts) -> None:
    done(acts.generate("tab", FORM))
    assert done(acts.show("tab", "f" * 32)) == []


def test_a_fault_starts_nothing_and_is_given_by_field(acts: Acts) -> None:
    (update,) = done(acts.generate("tab", {**FORM, "seed": "abc", "finetune_id": ""}))
    assert sorted(fault.field for fault in update.faults or ()) == ["finetune_id", "seed"]
    assert acts.playground.recent() == []


def test_a_fault_that_only_the_api_finds_is_given_by_field_as_well(acts: Acts) -> None:
    updates = done(acts.generate("tab", {**FORM, "prompt": "a mill #invalid"}))
    assert [fault.field for update in updates for fault in update.faults or ()] == ["prompt"]


def test_a_later_act_ends_the_watching_of_an_earlier_one(acts: Acts) -> None:
    async def both() -> list[Update]:
        first = acts.generate("tab", {**FORM, "prompt": "#stuck"})
        await anext(first)
        await anext(first)
        slow = shown(acts)
        async for _ in acts.stop("tab", slow):
            pass
        return [update async for update in first]

    assert asyncio.run(both()) == []


def test_a_stopped_generation_can_be_collected(acts: Acts) -> None:
    async def stopped() -> str:
        watching = acts.generate("tab", {**FORM, "prompt": "#slow a mill"})
        await anext(watching)
        while acts.playground.get(shown(acts)).state is not State.RUNNING:
            await asyncio.sleep(0.01)
        async for _ in acts.stop("tab", shown(acts)):
            pass
        return shown(acts)

    one = asyncio.run(stopped())
    assert acts.playground.get(one).state is State.DETACHED
    done(acts.collect("tab", one))
    assert acts.playground.get(one).state is State.SUCCEEDED


def test_vary_keeps_everything_but_the_seed_and_again_keeps_that_too(acts: Acts) -> None:
    done(acts.generate("tab", {**FORM, "seed": "5"}))
    first = acts.playground.get(shown(acts))
    done(acts.again("tab", first.id, fresh_seed=True))
    varied = acts.playground.get(shown(acts))
    done(acts.again("tab", first.id, fresh_seed=False))
    again = acts.playground.get(shown(acts))
    assert varied.seed != 5
    assert {**varied.request, "seed": 5} == first.request == again.request
    assert again.sha256 == first.sha256


def test_nobody_can_act_on_what_is_somebody_elses(server: LocalServer, settings: Settings) -> None:
    with Playground(settings.replace(hosted=True)) as playground:
        acts = Acts(playground, playground.operation.fields)
        done(acts.generate("mine", FORM))
        for act in (acts.show, acts.stop, acts.collect):
            assert done(act("theirs", shown(acts, "mine"))) == []
        assert done(acts.again("theirs", shown(acts, "mine"), fresh_seed=True)) == []
        assert len(playground.recent(acts.desks.of("theirs").visitor)) == 0


def test_a_reload_finds_the_same_visitor_by_the_token_of_the_browser_and_nothing_shorter_does() -> None:
    desks = Desks(hosted=True)
    token = "ab" * 16
    assert desks.welcome("one", token).visitor.id == desks.welcome("two", token).visitor.id
    assert desks.welcome("three", "ab").visitor.id != desks.welcome("four", "ab").visitor.id
    assert Desks(hosted=False).welcome("one", token).visitor == Visitor()


def test_a_key_is_used_until_it_is_forgotten_and_is_nowhere_on_the_page(acts: Acts) -> None:
    (update,) = done(acts.key("tab", " a-key-of-mine "))
    assert acts.desks.of("tab").visitor.api_key == "a-key-of-mine"
    assert "a-key-of-mine" not in (update.connection or "") + repr(acts.desks.of("tab"))
    done(acts.key("tab", ""))
    assert acts.desks.of("tab").visitor.api_key == ""


def test_what_is_no_key_is_refused(acts: Acts) -> None:
    (update,) = done(acts.key("tab", "two words"))
    assert "does not look like a key" in (update.connection or "")
    assert acts.desks.of("tab").visitor.api_key == ""


def test_a_tab_that_is_idle_for_long_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    desks = Desks(hosted=False)
    desks.of("tab").use_key("secret")
    later = time.monotonic() + IDLE + 1
    monkeypatch.setattr("flux_playground.ui.session.tab_session.time", SimpleNamespace(monotonic=lambda: later))
    assert desks.of("tab").visitor.api_key == ""


def test_progress_never_runs_backwards() -> None:
    desk = Desk(Visitor())
    assert [desk.progress("a", value) for value in (None, 0.4, 0.2, 1.0, None)] == [None, 0.4, 0.4, 1.0, 1.0]


def test_a_recall_gives_exactly_what_was_asked_for(acts: Acts) -> None:
    values = {**FORM, "seed": "0", "output_format": "", "prompt_upsampling": True}
    done(acts.generate("tab", values))
    one = acts.playground.get(shown(acts))
    inputs = reuse.recalled(acts.playground, one, acts.fields, "all")
    assert inputs["seed"] == "0"
    assert inputs["output_format"] == ""
    assert inputs["prompt_upsampling"] is True
    assert set(reuse.recalled(acts.playground, one, acts.fields, "prompt")) == {"prompt"}
    assert "seed" not in reuse.recalled(acts.playground, one, acts.fields, "but-seed")


def test_a_recall_into_another_endpoints_form_names_what_has_no_place_there(acts: Acts) -> None:
    done(acts.generate("tab", {**FORM, "seed": "3"}))
    one = acts.playground.get(shown(acts))
    fewer = tuple(field for field in acts.fields if field.name not in ("aspect_ratio", "finetune_id"))
    assert reuse.said(one, fewer, "all").endswith("no field here: aspect_ratio, finetune_id.")
    assert reuse.said(one, acts.fields, "all") == reuse.WHAT["all"]
