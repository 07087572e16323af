"""Checks who pays before money is spent: the owner must not pay for a visitor whose key was lost."""

from __future__ import annotations

from ...errors import Unauthorized
from ..events.context import Context, Payer


def check_payer(context: Context) -> None:
    """Raise `Unauthorized` when the page shows a visitor's key that the program no longer has.

    The program forgets a key with its session; the owner must not pay then.
    """
    payer = context.data.get("payer")
    lost = payer == Payer.VISITOR or (context.session.lost_key and payer not in (Payer.OWNER, Payer.DEMO))
    if lost and not context.paying_visitor.api_key:
        raise Unauthorized("The program no longer has your API key. Enter your key again.")
