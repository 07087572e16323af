"""The price line beside Generate, against the local server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer
from flux_playground.playground import OWNER, Visitor
from flux_playground.ui.account import price
from flux_playground.ui.events.context import Context
from flux_playground.ui.session.tab_session import TabSession

from ..page_parts import Page


@pytest.fixture
def paid(server: LocalServer, settings: Settings) -> Iterator[Playground]:
    """A playground whose server says what an image costs."""
    with Playground(settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key")) as playground:
        yield playground


def generate(playground: Playground) -> float:
    """Generate one image; return its cost."""
    *_, last = playground.generate({"finetune_id": "my-finetune", "prompt": "a mill", "aspect_ratio": "1:1"})
    assert last.cost is not None
    return last.cost


def describe(playground: Playground, balance: float | None = None, visitor: Visitor = OWNER) -> str:
    page = Page(playground)
    return price.describe(Context(page.state, TabSession(visitor, balance=balance), page.form))


def test_demo_is_free(playground: Playground) -> None:
    """Images of the demo cost nothing."""
    assert describe(playground) == price.FREE


def test_cost_is_unknown_at_first(paid: Playground) -> None:
    """Before the first image the cost is unknown."""
    assert describe(paid) == price.UNKNOWN
    assert describe(paid, 93) == f"{price.UNKNOWN} · balance 93 credits"


def test_last_cost_and_balance(paid: Playground) -> None:
    """The price is the last cost of the endpoint; the balance is that after the next image."""
    cost = generate(paid)
    assert describe(paid) == f"≈ {cost:.4g} credits"
    assert describe(paid, 93).endswith(f"{93 - cost:,.0f} left afterwards")
    assert describe(paid, cost / 2).endswith(f"only {cost / 2:,.0f} credits left")


def test_visitor_sees_who_pays(paid: Playground) -> None:
    """A visitor of a hosted page sees that the page pays, and not the owner's balance."""
    generate(paid)
    hosted = paid.settings.replace(hosted=True, data=paid.settings.data / "hosted")
    with Playground(hosted) as playground:
        assert describe(playground, 93, Visitor(id="visitor-1")) == f"{price.UNKNOWN} · paid by this page"
        assert "93" in describe(playground, 93, Visitor(id="visitor-1", api_key="my-own"))
