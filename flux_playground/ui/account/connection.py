"""The badge of the page's header: who pays for images, the key in use, the balance. A key is never in the badge."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..events.context import Context, Payer
from ..text.templates import render

MALFORMED = "API keys have no spaces, quotes or line breaks."


def render_connection(context: Context, error: str = "") -> str:
    """Render the badge; `error` says what is wrong with a key that was entered."""
    settings, payer, balance = context.playground.settings, context.payer, context.session.balance
    owner_pays_here = payer is Payer.OWNER and settings.api_key and not settings.hosted
    return render(
        "connection.html",
        payer=str(payer),
        host=urlsplit(settings.base_url or context.operation.server).hostname or "",
        balance="" if balance is None else f" · {describe_balance(balance)}",
        has_key=bool(settings.api_key),
        hosted=settings.hosted,
        allowance=str(settings.allowance),
        takes_key=payer is not Payer.VISITOR and not owner_pays_here,
        error=error,
    )


def describe_balance(balance: float) -> str:
    """Return a balance in words."""
    return f"{balance:,.0f} credits left"
