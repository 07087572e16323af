"""The finetunes that an account lists."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.access.visitor import Visitor
from flux_playground.account_finetunes import ask_unlisted, find_unlisted, finetune_id
from flux_playground.client import Client
from flux_playground.errors import APIUnreachable, InvalidSweep
from flux_playground.local import LocalServer
from flux_playground.sweeps.sheet import CellState

VALUES, AXES = {"finetune_id": "gone", "prompt": "a mill"}, {"finetune_strength": [0.5, 1]}


@pytest.mark.parametrize("listed", ["mine", {"finetune_id": "mine"}, {"id": "mine", "comment": "a dog"}])
def test_id_of_a_listed_finetune(listed: object) -> None:
    """An item of the list is an id, or an object with one."""
    assert finetune_id(listed) == "mine"


def test_empty_list_says_nothing() -> None:
    """Where the account lists no finetune, none is missing."""
    assert find_unlisted(["mine"], []) == []


@pytest.mark.parametrize(
    ("changes", "visitor", "missing"),
    [
        ({}, Visitor("owner"), ["mine"]),
        ({"hosted": True}, Visitor("stranger"), []),
        ({"hosted": True}, Visitor("stranger", api_key="own-key"), ["mine"]),
        ({"base_url": "http://127.0.0.1:9"}, Visitor("owner"), None),
    ],
    ids=["owner", "stranger", "own key", "unreachable"],
)
def test_account_is_asked(
    settings: Settings, server: LocalServer, changes: dict[str, object], visitor: Visitor, missing: list[str] | None
) -> None:
    """A name that the account lacks is found; a stranger causes no call with the page's key."""
    own = settings.replace(**{"demo_url": "", "base_url": server.url, "api_key": "key", **changes})
    with Playground(own) as playground:
        assert ask_unlisted(playground, ["my-finetune", "mine"], visitor) == missing


@pytest.fixture
def paying(tmp_path: Path, server: LocalServer) -> Settings:
    """Settings of somebody with a key, whose account has the finetunes of the local server."""
    return Settings(data=tmp_path, base_url=server.url, api_key="owners-key")


def test_unlisted_finetune(paying: Settings) -> None:
    """A finetune that the account does not have is named, and nothing is stored; an argument allows it."""
    with Playground(paying) as playground:
        with pytest.raises(InvalidSweep, match=r"finetunes: gone\. .*pass `allow_unlisted=True`"):
            next(playground.sweep(VALUES, AXES))
        assert playground.sweeps.recent() == []
        *_, cells = playground.sweep(VALUES, AXES, allow_unlisted=True)
        assert {one.state for one in cells} == {CellState.SUCCEEDED}


def test_account_without_a_list(
    paying: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An account that cannot be asked stops nothing; the log says so."""

    def fail(_: Client) -> None:
        raise APIUnreachable("No.")

    monkeypatch.setattr(Client, "finetunes", fail)
    with Playground(paying) as playground, caplog.at_level(logging.WARNING):
        *_, cells = playground.sweep(VALUES, AXES)
        assert {one.state for one in cells} == {CellState.SUCCEEDED}
    assert "could not be read" in caplog.text
