"""Who pays for a press: identity comes from each request, and the owner never pays for a forgotten key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer
from flux_playground.ui.binding import refuse_payer

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
    assert before.mark != "nobody."


def test_identity_without_a_load_event(page: Page) -> None:
    """A press without a load event is counted by its address, like every other press from there."""
    silent = page.binding.context({}, request("one"), {})
    loaded = page.binding.context({"token": f"{TOKEN}.{VISIT}"}, request("two"), {})
    assert silent.visitor.mark == loaded.visitor.mark != "nobody."


def test_forgotten_key_is_refused(page: Page) -> None:
    """A paid press is refused when the page shows a key that the program no longer has."""
    data = {"token": f"{TOKEN}.{VISIT}", "payer": "own"}
    context = page.binding.context(data, request("one"), {})
    page.state.sessions.use_key(context.session, "visitors-own-key")
    assert refuse_payer(context) is None
    page.state.sessions._sessions.clear()

    async def press() -> list[Any]:
        stream = page.binding.stream({"act": "generate", **data}, request("one"), {"finetune_id": "my-finetune"})
        return [update async for update in stream]

    (refused,) = asyncio.run(press())
    assert "Enter your key again" in str(refused.notice)
    assert 'data-who="owner"' in str(refused.connection)
    assert not page.playground.recent(context.visitor)


def test_replayed_press_acts_once(page: Page) -> None:
    """A press that arrives twice starts one generation."""
    raw = {"finetune_id": "my-finetune", "prompt": "a mill"}
    data = {"token": f"{TOKEN}.{VISIT}", "press": "1-2-3"}
    for _ in range(2):
        page.run("generate", raw=raw, **data)
    assert len(page.playground.recent(page.session().visitor)) == 1
