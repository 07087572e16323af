"""Amounts of money as text. The API counts in credits; a credit is 0.01 USD."""

from __future__ import annotations

CREDITS_PER_USD = 100


def format_credits(amount: float) -> str:
    """Return an amount in credits and in dollars, such as "7 credits ($0.07)"; `formatCredits` of the page's script."""
    number = _format(amount, 0, 4)
    return f"{number} credit{'' if number == '1' else 's'} (${_format(amount / CREDITS_PER_USD, 2, 6)})"


def _format(number: float, least: int, most: int) -> str:
    """Return a number with `least` to `most` decimals."""
    whole, _, decimals = f"{number:,.{most}f}".partition(".")
    kept = decimals[:least] + decimals[least:].rstrip("0")
    return f"{whole}.{kept}" if kept else whole
