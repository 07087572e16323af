"""The line beside Generate: what the next image will cost as far as that is known, and what the account then has.

From a visitor to HTML. Nothing is asked of the API here. Knows the playground, not gradio.
"""

from __future__ import annotations

from ...playground import Playground, Visitor
from ..text.html import escape

FREE = "free, drawn here"
UNKNOWN = "cost unknown"


def line(playground: Playground, visitor: Visitor, balance: float | None = None) -> str:
    """What stands beside Generate; `balance` is what the account still has, in credits, None where nobody knows."""
    return f'<p class="price">{escape(said(playground, visitor, balance))}</p>'


def said(playground: Playground, visitor: Visitor, balance: float | None = None) -> str:
    """The same in words: the last cost of this endpoint on this server, and the balance before and after."""
    if playground.uses_demo(visitor):
        return FREE
    price = playground.store.usage.price(playground.server(visitor), playground.operation.path)
    cost = UNKNOWN if price is None else f"about {amount(price)}, as last time"
    if playground.settings.hosted and not visitor.api_key:
        return f"{cost}; this page pays" if playground.settings.api_key else cost
    return cost if balance is None else f"{cost}; {_left(balance, price)}"


def amount(price: float) -> str:
    """So many credits, as a person reads it."""
    return f"{price:.4g} credit{'' if price == 1 else 's'}"


def _left(balance: float, price: float | None) -> str:
    if price is None:
        return f"{balance:,.0f} in the account"
    if price > balance:
        return f"only {balance:,.0f} in the account"
    return f"{balance:,.0f} in the account, then {balance - price:,.0f}"
