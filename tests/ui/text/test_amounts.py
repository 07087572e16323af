"""Amounts in credits and dollars."""

from __future__ import annotations

import pytest

from flux_playground.ui.text.amounts import format_credits


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (7.000000000000001, "7 credits ($0.07)"),
        (1, "1 credit ($0.01)"),
        (0, "0 credits ($0.00)"),
        (1.45, "1.45 credits ($0.0145)"),
        (1.4 + 0.1 * 3, "1.7 credits ($0.017)"),
        (0.0004, "0.0004 credits ($0.000004)"),
        (123456, "123,456 credits ($1,234.56)"),
    ],
)
def test_credits_and_dollars(amount: float, text: str) -> None:
    """An amount has both units, without the noise of binary fractions."""
    assert format_credits(amount) == text
