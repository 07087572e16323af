"""Sessions of browser tabs: identity, keys, idle time and limits."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from flux_playground.identity import Identity
from flux_playground.playground import OWNER, Visitor
from flux_playground.ui.session import tab_session
from flux_playground.ui.session.tab_session import MAX_IDLE_SECONDS, TabSession, TabSessions

TOKEN, VISIT = "ab" * 16, "cd" * 16


def test_token_finds_the_same_visitor() -> None:
    """A reload with the tab's token is the same visitor; a shorter token is not a token."""
    sessions = TabSessions(hosted=True)
    assert sessions.identify("one", TOKEN).visitor.id == sessions.identify("two", TOKEN).visitor.id
    assert sessions.identify("three", "ab").visitor.id != sessions.identify("four", "ab").visitor.id
    assert TabSessions(hosted=False).identify("one", TOKEN).visitor == Visitor()


def test_idle_session_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle session ends, and its key with it."""
    sessions = TabSessions(hosted=False)
    sessions.get("tab").use_key("secret")
    later = time.monotonic() + MAX_IDLE_SECONDS + 1
    monkeypatch.setattr("flux_playground.ui.session.tab_session.time", SimpleNamespace(monotonic=lambda: later))
    assert sessions.get("tab").visitor.api_key == ""


def test_progress_never_decreases() -> None:
    """The progress of a generation never decreases."""
    session = TabSession(Visitor())
    assert [session.progress("a", value) for value in (None, 0.4, 0.2, 1.0, None)] == [None, 0.4, 0.4, 1.0, 1.0]


def test_new_key_has_no_known_balance() -> None:
    """The balance of one key is not shown for another."""
    session = TabSession(OWNER, balance=93.0)
    session.use_key("another")
    assert session.balance is None


def visitor(name: str, address: str = "1111") -> Visitor:
    return Visitor(name, identity=Identity(address, "aaaa"))


def test_press_counts_once() -> None:
    """A press number acts once for its visitor; another visitor's same number is another press."""
    sessions = TabSessions(hosted=True)
    assert sessions.claim_press(visitor("ann"), "1-2-3")
    assert not sessions.claim_press(visitor("ann", "2222"), "1-2-3")
    assert sessions.claim_press(visitor("bob"), "1-2-3")
    assert sessions.claim_press(visitor("ann"), "")
    assert sessions.claim_press(visitor("ann"), "")


def test_presses_of_others_push_out_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up visitors of one address make the program forget presses of that address only."""
    monkeypatch.setattr(tab_session, "MAX_REMEMBERED_PRESSES", 40)
    monkeypatch.setattr(tab_session, "MAX_REMEMBERED_PRESSES_PER_ADDRESS", 30)
    sessions = TabSessions(hosted=True)
    assert sessions.claim_press(visitor("ann"), "1")
    for number in range(100):
        assert sessions.claim_press(visitor(f"made-up-{number}", "2222"), "1")
    for number in range(20):
        assert sessions.claim_press(visitor(f"other-{number}", f"33{number}"), "1")
    assert not sessions.claim_press(visitor("ann"), "1")
    assert sessions.claim_press(visitor("made-up-0", "2222"), "1")


def test_values_of_one_address_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of one address that keep much lose the values of the longest idle ones, and no key."""
    monkeypatch.setattr(tab_session, "MAX_KEPT_BYTES_PER_ADDRESS", 1_000_000)
    sessions = TabSessions(hosted=True)

    def keep(name: str, address: str) -> TabSession:
        session = sessions.identify(name, "", Identity(address, "aaaa"))
        session.use_key(name)
        session.undo = {"prompt": "x" * 300_000}
        session.carried_values = {"images": [{"path": "y" * 100_000}]}
        sessions.limit_memory(session)
        return session

    ann = keep("ann", "1111")
    crowd = [keep(f"made-up-{number}", "2222") for number in range(5)]
    assert [bool(one.undo) for one in [ann, *crowd]] == [True, False, False, False, True, True]
    assert [bool(one.visitor.api_key) for one in crowd] == [True] * 5


def test_long_session_hash_is_not_kept() -> None:
    """A session hash that a client made long is the same session, and its text is not kept."""
    sessions = TabSessions(hosted=True)
    assert sessions.get("x" * 1_000_000) is sessions.get("x" * 1_000_000)
    assert sessions.get("x" * 1_000_000) is not sessions.get("y" * 1_000_000)
    sessions.get("\ud800" * 100)
    assert all(len(name) <= tab_session.MAX_SESSION_HASH_CHARS for name in sessions._sessions)


def test_lost_keys_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program remembers a limited number of sessions that lost a key."""
    monkeypatch.setattr(tab_session, "MAX_LOST_KEYS", 3)
    monkeypatch.setattr(tab_session, "MAX_IDLE_SECONDS", -1.0)
    sessions = TabSessions(hosted=True)
    for number in range(5):
        sessions.get(f"tab-{number}").use_key("secret")
    sessions.expire_idle()
    assert list(sessions._lost_keys) == ["tab-2", "tab-3", "tab-4"]


def test_sessions_are_limited_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up sessions of one address displace that address's sessions only."""
    monkeypatch.setattr(tab_session, "MAX_SESSIONS_PER_ADDRESS", 3)
    monkeypatch.setattr(tab_session, "MAX_SESSIONS", 6)
    sessions = TabSessions(hosted=True)
    sessions.use_key(sessions.identify("ann", f"{TOKEN}.{VISIT}", Identity("1111", "aaaa")), "anns-key")
    for number in range(20):
        sessions.identify(f"made-up-{number}", "", Identity("2222", "bbbb"))
    for number in range(4):
        sessions.identify(f"other-{number}", "", Identity(f"33{number}", "cccc"))
    assert len(sessions._sessions) <= 7  # the limit, and the session that came last
    assert sessions.get("ann").visitor.api_key == "anns-key"
