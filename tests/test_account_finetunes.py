"""The finetunes that an account lists."""

from __future__ import annotations

import pytest

from flux_playground import Playground, Settings
from flux_playground.access.visitor import Visitor
from flux_playground.account_finetunes import ask_unlisted, find_unlisted, finetune_id
from flux_playground.local import LocalServer


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
        ({"base_url": "http://127.0.0.1:9"}, Visitor("owner"), []),
    ],
    ids=["owner", "stranger", "own key", "unreachable"],
)
def test_account_is_asked(
    settings: Settings, server: LocalServer, changes: dict[str, object], visitor: Visitor, missing: list[str]
) -> None:
    """A name that the account lacks is found; a stranger causes no call with the page's key."""
    own = settings.replace(**{"demo_url": "", "base_url": server.url, "api_key": "key", **changes})
    with Playground(own) as playground:
        assert ask_unlisted(playground, ["my-finetune", "mine"], visitor) == missing
