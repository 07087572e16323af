"""Who pays for a press: identity comes from each request, and a forgotten key is never replaced by the owner's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer
from flux_playground.ui.generate.actions import Acts
from flux_playground.ui.session import tab_session as sessions
from flux_playground.ui.session.tab_session import Desks

TOKEN, VISIT = "ab" * 16, "cd" * 16


def request(session: str, address: str = "192.0.2.7") -> Any:
    """A request of a browser in a session."""
    headers = {"user-agent": "browser", "accept-language": "en"}
    return SimpleNamespace(session_hash=session, headers=headers, client=SimpleNamespace(host=address))


@pytest.fixture
def acts(settings: Settings, server: LocalServer) -> Any:
    """The acts of a hosted page that pays with the owner's key."""
    hosted = settings.replace(demo_url="", base_url=server.url, api_key="owners-key", hosted=True)
    with Playground(hosted) as playground:
        yield Acts(playground, playground.operation.fields)


def test_token_identifies_after_the_session_is_forgotten(acts: Acts) -> None:
    """A tab whose session the program has forgotten is the same visitor again at its next press."""
    data = {"token": f"{TOKEN}.{VISIT}"}
    before = acts.identify(request("one"), data).visitor
    acts.desks._desks.clear()
    assert acts.identify(request("one"), data).visitor == before
    assert before.mark != "nobody."


def test_identity_without_a_greeting(acts: Acts) -> None:
    """A press that never greeted is counted by its address, like every other press from there."""
    silent, greeted = acts.identify(request("one"), {}), acts.identify(request("two"), {"token": f"{TOKEN}.{VISIT}"})
    assert silent.visitor.mark == greeted.visitor.mark != "nobody."


def test_forgotten_key_is_refused(acts: Acts) -> None:
    """A press of a page that shows a visitor's own key is refused when the program no longer has that key."""
    data = {"token": f"{TOKEN}.{VISIT}", "payer": "own", "act": "generate"}
    desk = acts.identify(request("one"), data)
    acts.desks.use_key(desk, "visitors-own-key")
    assert acts.refuse(desk, data) is None
    acts.desks._desks.clear()
    refused = acts.refuse(acts.identify(request("one"), data), data)
    assert refused is not None
    assert "Enter your key again" in str(refused.notice)
    assert 'data-who="owner"' in str(refused.connection)
    assert acts.refuse(desk, {**data, "act": "show"}) is None


def test_press_counts_once(acts: Acts) -> None:
    """A press number acts once for its owner; another owner's same number is another press."""
    assert acts.desks.claim_press("ann", "1-2-3")
    assert not acts.desks.claim_press("ann", "1-2-3")
    assert acts.desks.claim_press("bob", "1-2-3")
    assert acts.desks.claim_press("ann", "")
    assert acts.desks.claim_press("ann", "")


def test_sessions_are_bounded_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up sessions of one address displace its own sessions and nobody else's."""
    monkeypatch.setattr(sessions, "MAX_SESSIONS_PER_ADDRESS", 3)
    monkeypatch.setattr(sessions, "MOST", 6)
    desks = Desks(hosted=True)
    desks.use_key(desks.welcome("ann", f"{TOKEN}.{VISIT}", "1111.aaaa"), "anns-key")
    for number in range(20):
        desks.welcome(f"made-up-{number}", "", "2222.bbbb")
    for number in range(4):
        desks.welcome(f"other-{number}", "", f"33{number}.cccc")
    assert len(desks._desks) <= 7  # the bound, and the session that came last
    assert desks.of("ann").visitor.api_key == "anns-key"
