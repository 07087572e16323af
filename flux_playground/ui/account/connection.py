"""The badge of the page's header: who pays for images, the key in use, the balance. A key is never in the badge."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...errors import APIUnreachable, Intercepted, OutOfCredits, PlaygroundError, Unauthorized
from ..events.context import Context, Payer
from ..text.templates import render

KEYS_ADDRESS = "https://dashboard.bfl.ai"
"""Where BFL's customers make their keys."""

MALFORMED = "API keys have no spaces, quotes or line breaks."


def render_connection(context: Context, error: str = "", problem: str = "", *, checking: bool = False) -> str:
    """Render the badge; `error` is why an entered key is malformed, `problem` why the account cannot be read.

    `checking` says that the API is being asked whether it accepts the key.
    """
    settings, payer, balance = context.playground.settings, context.payer, context.session.balance
    servers = () if payer is Payer.DEMO else context.page.servers
    owner_pays_here = payer is Payer.OWNER and settings.api_key and not settings.hosted
    return render(
        "connection.html",
        payer=str(payer),
        host=host_of(context.server),
        servers=[(server, host_of(server), server == context.server) for server in servers],
        problem=problem,
        checking=checking,
        keys_address=KEYS_ADDRESS,
        balance="" if balance is None else describe_balance(balance),
        has_key=bool(settings.api_key),
        hosted=settings.hosted,
        allowance=str(settings.allowance),
        takes_key=payer is not Payer.VISITOR and not owner_pays_here,
        error=error,
    )


def describe_balance(balance: float) -> str:
    """Return a balance in words."""
    return f"{balance:,.0f} credits left"


def host_of(server: str) -> str:
    """Return the host of a base URL, with its port if it has one."""
    return urlsplit(server).netloc


def describe_problem(error: PlaygroundError) -> str:
    """Return in a few words why a call of the account has failed; "" for an error that does not stop an image."""
    if isinstance(error, Unauthorized):
        return "key not accepted"
    if isinstance(error, Intercepted):
        return "blocked on the way"
    if isinstance(error, OutOfCredits):
        return "no credits left"
    return "not reachable" if isinstance(error, APIUnreachable) else ""
