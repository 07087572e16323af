"""The price of the next image, as far as the last cost shows it."""

from __future__ import annotations

from ..events.context import Context, Payer
from ..text.templates import render

FREE = "Free (demo)"
UNKNOWN = "Cost unknown"


def render_price(context: Context) -> str:
    """Render the price line beside Generate; nothing is asked of the API."""
    return render("price.html", text=describe(context), credits=_known_price(context))


def describe(context: Context) -> str:
    """Return the last cost of this endpoint on this server, and the balance after the next image."""
    if context.payer is Payer.DEMO:
        return FREE
    settings, balance = context.playground.settings, context.session.balance
    price = _known_price(context)
    cost = UNKNOWN if price is None else f"≈ {format_credits(price)}"
    if settings.hosted and context.payer is not Payer.VISITOR:
        return f"{cost} · paid by this page" if settings.api_key else cost
    return cost if balance is None else f"{cost} · {_describe_balance(balance, price)}"


def describe_each(context: Context) -> str:
    """Return the last cost of this endpoint on this server, for a button."""
    if context.payer is Payer.DEMO:
        return "free"
    price = _known_price(context)
    return "cost unknown" if price is None else f"≈ {format_credits(price)}"


def describe_total(context: Context, count: int) -> str:
    """Return the last cost of this endpoint on this server for a number of images, for a button."""
    price = _known_price(context)
    return describe_each(context) if price is None else f"≈ {format_credits(price * count)}"


def format_credits(price: float) -> str:
    """Return an amount of credits in words."""
    return f"{price:.4g} credit{'' if price == 1 else 's'}"


def _known_price(context: Context) -> float | None:
    """Return the last cost of this endpoint on this server; None where images are free, or nothing is known."""
    if context.payer is Payer.DEMO:
        return None
    return context.playground.store.usage.price(context.server, context.operation.path)


def _describe_balance(balance: float, price: float | None) -> str:
    if price is None:
        return f"balance {balance:,.0f} credits"
    if price > balance:
        return f"only {balance:,.0f} credits left"
    return f"{balance - price:,.0f} left afterwards"
