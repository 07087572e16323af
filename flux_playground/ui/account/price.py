"""The price of the next image, and what it is based on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import InvalidDocument
from ...generation import Generation
from ...price_estimate import Basis, PriceEstimate, estimate_price, price_fields
from ..events.context import Context, Payer
from ..text.amounts import format_credits
from ..text.templates import render

FREE = "Free (demo)"
UNKNOWN = "Price unknown"

BASES: dict[Basis, tuple[str, str]] = {
    Basis.KNOWN: ("list price", "From the price list of {date}."),
    Basis.LEARNED: ("as last time", "The latest image of this endpoint cost this much."),
    Basis.ESTIMATED: ("estimated", "By size, from the price list of {date}. The API sets the price."),
    Basis.UNKNOWN: ("", "It is shown after the first image."),
}
"""What the page says about the basis of a price: beside it, and in its title."""


def render_price(context: Context) -> str:
    """Render the price line beside Generate; nothing is asked of the API."""
    if context.payer is Payer.DEMO:
        return render("price.html", text=FREE, amount=None, label="", title="", fields=())
    price = _estimate_form(context)
    label, title = BASES[price.basis]
    return render(
        "price.html",
        text=describe(context),
        amount=price.credits,
        label=label,
        title=title.format(date=price.date),
        fields=sorted(price_fields(context.operation)),
    )


async def render_latest(context: Context) -> str:
    """Render the price line off the event loop, again if the balance has changed meanwhile."""
    while True:
        balance = context.session.balance
        line = await context.run(render_price, context)
        if context.session.balance == balance:
            return line


def describe(context: Context) -> str:
    """Return the price of the form's image with its basis, and the balance after it."""
    if context.payer is Payer.DEMO:
        return FREE
    settings, balance, price = context.playground.settings, context.session.balance, _estimate_form(context)
    cost = f"{describe_estimate(price)}, {BASES[price.basis][0]}" if price.credits is not None else UNKNOWN
    if settings.hosted and context.payer is not Payer.VISITOR:
        return f"{cost} · paid by this page" if settings.api_key else cost
    return cost if balance is None else f"{cost} · {_describe_balance(balance, price.credits)}"


def describe_total(context: Context, count: int) -> str:
    """Return the price of a number of images of the form, for a button."""
    return "free" if context.payer is Payer.DEMO else describe_estimate(_estimate_form(context), count)


def describe_again(context: Context, endpoint: str, request: Mapping[str, Any]) -> str:
    """Return the price of an image of a stored request, for a button."""
    return "free" if context.payer is Payer.DEMO else describe_estimate(_estimate_request(context, endpoint, request))


def describe_running(context: Context, running: Iterable[Generation]) -> str:
    """Return what running generations cost together: as the API has reported, else as estimated; "" for none."""
    prices = [
        generation.cost
        if generation.cost is not None
        else _estimate_request(context, generation.endpoint, generation.request).credits
        for generation in running
    ]
    known = [price for price in prices if price is not None]
    parts = [f"≈ {format_credits(sum(known))}"] if known else []
    unknown = len(prices) - len(known)
    return " + ".join([*parts, *([f"{unknown} of unknown price"] if unknown else [])])


def _estimate_form(context: Context) -> PriceEstimate:
    """Return the expected price of the form's image; a press without the form uses the size of the last one with it."""
    operation, kept = context.operation, context.session.sized_prices
    if not context.raw and operation.path in kept:
        return kept[operation.path]
    values = context.form.read(context.raw)
    price = estimate_price(context.playground.store.usage, context.server, operation, values)
    if context.raw and price_fields(operation):
        kept[operation.path] = price
    return price


def _estimate_request(context: Context, endpoint: str, request: Mapping[str, Any]) -> PriceEstimate:
    playground = context.playground
    try:
        server = playground.server(context.visitor, endpoint=endpoint)
        return estimate_price(playground.store.usage, server, playground.document.operation(endpoint), request)
    except InvalidDocument:
        return PriceEstimate()


def describe_estimate(price: PriceEstimate, count: int = 1) -> str:
    """Return the price of a number of images, "≈" before one that is not certain."""
    if price.credits is None:
        return "price unknown"
    return f"{'' if price.basis is Basis.KNOWN else '≈ '}{format_credits(price.credits * count)}"


def _describe_balance(balance: float, price: float | None) -> str:
    if price is None:
        return f"balance {balance:,.0f} credits"
    if price > balance:
        return f"only {balance:,.0f} credits left"
    return f"{balance - price:,.0f} left afterwards"
