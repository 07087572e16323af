"""Who pays for a press: identity comes from each request, and the owner never pays for a forgotten key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import Unauthorized
from flux_playground.generation import Generation, State
from flux_playground.identity import UNKNOWN
from flux_playground.local import LocalServer
from flux_playground.storage.database_connection import Connection
from flux_playground.ui.generate import generate_actions
from flux_playground.ui.press_dispatch import refuse_payer
from flux_playground.ui.programs.gradio_api import identify_caller
from flux_playground.ui.session import tab_session
from flux_playground.ui.session.tab_session import TabSessions
from flux_playground.ui.sweeps import sweep_actions

from ..page_parts import Page, request

TOKEN, VISIT = "ab" * 16, "cd" * 16


@pytest.fixture
def page(settings: Settings, server: LocalServer) -> Any:
    """The actions of a hosted page that pays with the owner's key."""
    hosted = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True)
    with Playground(hosted) as playground:
        yield Page(playground)


def test_token_identifies_after_the_session_is_forgotten(page: Page) -> None:
    """A tab whose session was forgotten is the same visitor at its next press."""
    data = {"token": f"{TOKEN}.{VISIT}"}
    before = page.binding.context(data, request("one"), {}).visitor
    page.state.sessions._sessions.clear()
    assert page.binding.context(data, request("one"), {}).visitor == before
    assert before.identity != UNKNOWN


def test_identity_without_a_load_event(page: Page) -> None:
    """A press without a load event is counted by its address, like every other press from there."""
    silent = page.binding.context({}, request("one"), {})
    loaded = page.binding.context({"token": f"{TOKEN}.{VISIT}"}, request("two"), {})
    assert silent.visitor.identity == loaded.visitor.identity != UNKNOWN


def test_forgotten_key_is_refused(page: Page) -> None:
    """A paid press is refused when the page shows a key that the program no longer has."""
    data = {"token": f"{TOKEN}.{VISIT}", "payer": "own"}
    context = page.binding.context(data, request("one"), {})
    page.state.sessions.use_key(context.session, "visitors-own-key")
    assert refuse_payer(page.binding.context(data, request("one"), {})) is None
    page.state.sessions._sessions.clear()

    async def press() -> list[Any]:
        stream = page.binding.stream({"act": "generate", **data}, request("one"), {"finetune_id": "my-finetune"})
        return [update async for update in stream]

    (refused,) = asyncio.run(press())
    assert "Enter your key again" in str(refused.notice)
    assert 'data-who="owner"' in str(refused.connection)
    assert not page.playground.recent(context.visitor)


def test_key_removed_after_the_press_still_pays(page: Page) -> None:
    """A key that is removed while its press waits pays for the image and the sweep, not the owner."""
    data = {"token": f"{TOKEN}.{VISIT}", "payer": "own"}
    session = page.binding.context(data, request("one"), {}).session
    page.state.sessions.use_key(session, "visitors-own-key")
    context = page.binding.context(data, request("one"), {})
    page.state.sessions.use_key(session, "")
    assert refuse_payer(context) is None

    async def press() -> None:
        async for _ in generate_actions.start(context, {"finetune_id": "my-finetune", "prompt": "a mill"}):
            pass

    asyncio.run(press())
    raw = page.binding.forms[0].fill({"finetune_id": "my-finetune", "prompt": "a sweep"})
    planned = replace(context.with_data(axes=[{"field": "seed", "text": "1-2", "kind": "values"}]), raw=raw)
    asyncio.run(sweep_actions.start_sweep(planned))
    (sweep,) = page.state.sweeps.recent(session.visitor)
    for _ in page.state.sweeps.watch(sweep.id, session.visitor):
        pass
    made = page.state.playground.recent(session.visitor)
    assert len(made) == 3
    assert {one.spender for one in made} == {None}


def forget_sessions(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all sessions expire."""
    with monkeypatch.context() as patch:
        patch.setattr(tab_session, "MAX_IDLE_SECONDS", -1.0)
        page.state.sessions.expire_idle()


def test_program_whose_key_was_forgotten_is_refused(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller of the page's API whose key was forgotten must send a key, also after the session expired again."""
    session = page.state.sessions.get("api")
    page.state.sessions.use_key(session, "visitors-own-key")
    assert identify_caller(page.state, request("api")).api_key == "visitors-own-key"
    for _ in range(2):
        forget_sessions(page, monkeypatch)
        with pytest.raises(Unauthorized, match="Enter your key again"):
            identify_caller(page.state, request("api"))
    assert identify_caller(page.state, request("api", key="another")).api_key == "another"
    assert identify_caller(page.state, request("other")).api_key == ""
    page.state.sessions.use_key(page.state.sessions.get("api"), "")
    assert identify_caller(page.state, request("api")).api_key == ""
    forget_sessions(page, monkeypatch)
    assert identify_caller(page.state, request("api")).api_key == ""


@pytest.mark.parametrize("blank", ["", " ", "\t "])
def test_blank_key_header_is_refused(page: Page, blank: str) -> None:
    """A program that sends a blank key does not spend the owner's money."""
    with pytest.raises(Unauthorized, match="Enter your key again"):
        identify_caller(page.state, request("api", key=blank))


def test_press_without_payer_after_a_lost_key(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press that does not say what the page shows is refused after the key was forgotten."""
    context = page.binding.context({}, request("one"), {})
    page.state.sessions.use_key(context.session, "visitors-own-key")
    forget_sessions(page, monkeypatch)
    context = page.binding.context({}, request("one"), {})
    assert refuse_payer(context) is not None
    assert refuse_payer(context.with_data(payer="owner")) is None
    assert refuse_payer(context.with_data(payer="own")) is not None


def test_replayed_press_acts_once(page: Page) -> None:
    """A press that arrives twice starts one generation of each of its images, also after a restart."""
    raw = {"finetune_id": "my-finetune", "prompt": "a mill"}
    data: dict[str, Any] = {"token": f"{TOKEN}.{VISIT}", "press": "1-2-3", "count": 2}
    for number in range(3):
        page.run("generate", raw=raw, **data)
        if number == 1:
            page.state.sessions._presses = TabSessions(hosted=True)._presses  # as a restart would
    (first, second) = page.playground.recent(page.session().visitor)
    assert first.id != second.id
    page.run("generate", raw=raw, **{**data, "press": "4-5-6"})
    assert len(page.playground.recent(page.session().visitor)) == 4


def test_press_cut_off_by_a_crash(page: Page) -> None:
    """A press for four images that was cut off after two makes the others at its replay, and no unknown one again."""
    raw = {"finetune_id": "my-finetune", "prompt": "a mill"}
    data: dict[str, Any] = {"token": f"{TOKEN}.{VISIT}", "press": "1-2-3"}
    page.run("generate", raw=raw, count=2, **data)
    visitor = page.session().visitor
    before = page.playground.recent(visitor)
    page.playground.store.save(replace(before[0], state=State.SUBMIT_UNKNOWN, image=None, task_id=""))
    page.playground.store.deletions.delete(visitor.id, [before[1].id], time.time())
    page.state.sessions._presses = TabSessions(hosted=True)._presses  # as a restart would
    updates = page.run("generate", raw=raw, count=4, **data)
    assert any("deleted" in str(update.notice) for update in updates)
    after = {one.id: one.state for one in page.playground.recent(visitor)}
    assert after.pop(before[0].id) is State.SUBMIT_UNKNOWN
    assert before[1].id not in after
    assert list(after.values()) == [State.SUCCEEDED] * 2


def test_press_of_a_session_without_token(page: Page) -> None:
    """A press of a session that has no token counts once too, also after a restart."""
    for _ in range(2):
        page.run("generate", tab="script", raw={"finetune_id": "my-finetune", "prompt": "a mill"}, press="1")
        page.state.sessions._presses = TabSessions(hosted=True)._presses
        page.state.sessions._sessions.clear()
    visitor = page.session("script").visitor
    assert len(page.playground.recent(visitor)) == 1
    assert visitor.id != page.session("another").visitor.id


def test_press_at_two_replicas(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press that another process stores at the same moment is returned, and not sent here."""
    store = page.playground.store
    save_new = store.save_new

    def save_after_another(generation: Generation, check: Callable[[Connection], object]) -> bool:
        store.save(replace(generation, state=State.SUBMIT_UNKNOWN))
        return save_new(generation, check)

    monkeypatch.setattr(store, "save_new", save_after_another)
    started = page.playground.start({"finetune_id": "my-finetune", "prompt": "a mill"}, new_id="ab" * 16)
    assert started.state is State.SUBMIT_UNKNOWN
    assert page.playground.run(started.id) is None


def test_replayed_sweep_starts_once(page: Page) -> None:
    """A press that starts a sweep starts it once, also after a restart."""
    data = {
        "token": f"{TOKEN}.{VISIT}",
        "press": "7",
        "axes": [{"field": "seed", "text": "2 random", "kind": "values"}],
    }
    raw = page.binding.forms[0].fill({"finetune_id": "my-finetune", "prompt": "a sweep"})
    context = replace(page.binding.context(data, request("one"), {}), raw=raw)
    for _ in range(2):
        asyncio.run(sweep_actions.start_sweep(context))
    (sweep,) = page.state.sweeps.recent(context.visitor)
    for _ in page.state.sweeps.watch(sweep.id, context.visitor):
        pass
    assert len(page.playground.recent(context.visitor)) == 2
