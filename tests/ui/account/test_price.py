"""The line beside Generate: what the next image will cost as far as that is known, against the local server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer
from flux_playground.playground import OWNER, Visitor
from flux_playground.ui.account import finetune_list, price
from flux_playground.ui.session.tab_session import Desk


@pytest.fixture
def paid(server: LocalServer, settings: Settings) -> Iterator[Playground]:
    """A playground of somebody who pays, at a server that says what it costs."""
    with Playground(settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key")) as opened:
        yield opened


def made(playground: Playground, visitor: Visitor = OWNER) -> float:
    """Have one image made; gives what it cost."""
    *_, last = playground.generate({"finetune_id": "my-finetune", "prompt": "a mill", "aspect_ratio": "1:1"}, visitor)
    assert last.cost is not None
    return last.cost


def test_what_is_drawn_here_is_said_to_be_free(playground: Playground) -> None:
    assert price.said(playground, OWNER) == "free, drawn here"


def test_before_anything_was_made_the_cost_is_said_to_be_unknown(paid: Playground) -> None:
    assert price.said(paid, OWNER) == "cost unknown"
    assert price.said(paid, OWNER, 93) == "cost unknown; 93 in the account"


def test_afterwards_the_last_cost_is_named_and_what_the_account_then_has(paid: Playground) -> None:
    cost = made(paid)
    assert price.said(paid, OWNER) == f"about {cost:.4g} credits, as last time"
    left = finetune_list.credits_left(paid, OWNER)
    assert left is not None
    assert price.said(paid, OWNER, left).endswith(f"{left:,.0f} in the account, then {left - cost:,.0f}")
    assert price.said(paid, OWNER, cost / 2).endswith(f"only {cost / 2:,.0f} in the account")


def test_a_visitor_is_told_who_pays_and_not_what_the_owner_has(paid: Playground) -> None:
    made(paid)
    hosted = replace(paid.settings, hosted=True, data=paid.settings.data / "hosted")
    with Playground(hosted) as page:
        assert price.said(page, Visitor(id="visitor-1"), 93) == "cost unknown; this page pays"
        assert "93" in price.said(page, Visitor(id="visitor-1", api_key="my-own"), 93)


def test_another_key_has_a_balance_that_is_not_known_yet() -> None:
    desk = Desk(OWNER, balance=93.0)
    desk.use_key("another")
    assert desk.balance is None
