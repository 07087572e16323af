"""The price line beside Generate, against the local server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import Generation
from flux_playground.local import LocalServer
from flux_playground.playground import OWNER, Visitor
from flux_playground.ui.account import price
from flux_playground.ui.events.context import Context
from flux_playground.ui.session.tab_session import TabSession

from ...local.added_endpoint import with_endpoint
from ..page_parts import Page

FLAT, SIZED = "/v1/flux-pro-1.1-ultra-finetuned", "/v1/flux-2-klein-4b"
SIDE = {"type": "integer", "minimum": 64, "default": 0}


@pytest.fixture
def paid(server: LocalServer, settings: Settings) -> Iterator[Playground]:
    """A playground whose server says what an image costs."""
    with Playground(settings.replace(demo_url="", base_url=server.url, api_key="the-owners-key")) as playground:
        yield playground


def describe(playground: Playground, balance: float | None = None, visitor: Visitor = OWNER) -> str:
    page = Page(playground)
    return price.describe(Context(page.state, TabSession(visitor, balance=balance), page.form))


def test_demo_is_free(playground: Playground) -> None:
    """Images of the demo cost nothing."""
    assert describe(playground) == price.FREE


def test_listed_price_and_balance(paid: Playground) -> None:
    """The price is that of the list; the balance is that after the next image."""
    assert describe(paid) == "7 credits ($0.07), list price"
    assert describe(paid, 93) == "7 credits ($0.07), list price · 86 left afterwards"
    assert describe(paid, 3) == "7 credits ($0.07), list price · only 3 credits left"


def test_visitor_sees_who_pays(paid: Playground) -> None:
    """A visitor of a hosted page sees that the page pays, and not the owner's balance."""
    hosted = paid.settings.replace(hosted=True, data=paid.settings.data / "hosted")
    with Playground(hosted) as playground:
        shown = describe(playground, 93, Visitor(id="visitor-1"))
        assert shown == "7 credits ($0.07), list price · paid by this page"
        assert "86" in describe(playground, 93, Visitor(id="visitor-1", api_key="my-own"))


def test_balance_comes_while_the_price_is_drawn(paid: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    """A price line that was drawn without the balance does not replace one with it."""
    page, session, render = Page(paid), TabSession(OWNER), price.render_price

    def render_slowly(context: Context) -> str:
        line = render(context)
        session.balance = 93
        return line

    monkeypatch.setattr(price, "render_price", render_slowly)
    line = asyncio.run(price.render_latest(Context(page.state, session, page.form)))
    assert "86 left afterwards" in line


@pytest.fixture
def sized(paid: Playground) -> Page:
    """A page whose endpoint has a price by size."""
    document = with_endpoint(SIZED, width=SIDE, height=SIDE, seed={"type": "integer"})
    paid.adopt(document)
    paid.operation = document.operation(SIZED)
    return Page(paid)


def test_price_of_the_size_in_the_form(sized: Page) -> None:
    """The price line follows the size in the form, also where a later update comes without the form."""
    session = TabSession(OWNER)
    form = Context(sized.state, session, sized.form, {}, {"width": "2048", "height": "2048"})
    assert price.describe(Context(sized.state, session, sized.form)) == "≈ 1.4 credits ($0.014), estimated"
    rendered = price.render_price(form)
    assert "≈ 1.7 credits ($0.017), estimated" in rendered
    assert 'data-fields="height width"' in rendered
    assert "price list of 2026-11" in rendered
    assert price.describe_total(form, 4) == "≈ 6.8 credits ($0.068)"
    assert price.render_price(Context(sized.state, session, sized.form)) == rendered


def test_unknown_price_is_not_free(paid: Playground) -> None:
    """Where nothing is known of a price, the page says so."""
    document = with_endpoint("/v1/new")
    paid.adopt(document)
    paid.operation = document.operation("/v1/new")
    assert describe(paid) == price.UNKNOWN
    assert describe(paid, 93) == f"{price.UNKNOWN} · balance 93 credits"
    page = Page(paid)
    assert price.describe_total(page.context(), 2) == "price unknown"
    running = [generation("/v1/new"), generation(SIZED, cost=1.5), generation(FLAT)]
    assert price.describe_running(page.context(), running) == "≈ 8.5 credits ($0.085) + 1 of unknown price"
    assert price.describe_running(page.context(), running[:1]) == "1 of unknown price"
    assert price.describe_running(page.context(), []) == ""


def generation(endpoint: str, cost: float | None = None) -> Generation:
    return Generation("1" * 32, "owner", 1.0, endpoint, "https://api.bfl.ai", {}, cost=cost)
