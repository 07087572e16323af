"""Numbers of an axis as text: `0.8, 1.2`, `0-2 [6]` for six evenly spread, `1-10 (+2)` with a step."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction

from ..errors import InvalidSweep

NUMBER = r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:e[+-]?\d{1,2})?"
RANGE = re.compile(
    rf"(?P<first>{NUMBER})\s*-\s*(?P<last>{NUMBER})\s*(?:\[\s*(?P<count>\d{{1,40}})\s*\]|\((?P<step>\s*{NUMBER}\s*)\))?",
    re.IGNORECASE | re.ASCII,
)
DASHES = str.maketrans("−–—", "---")
SPREAD_DIGITS = 6  # of the distance between spread values that have endless decimals
EXACT = Context(prec=400)


def is_range(text: str) -> bool:
    """Return whether a text is a range, not one number."""
    return RANGE.fullmatch(text.strip().translate(DASHES)) is not None


def expand_range(text: str, grid: Decimal | None, most: int) -> list[Decimal]:
    """Return the numbers of a range, in its direction; exact decimals, so that three steps of 0.1 are 0.3.

    Spread values are rounded to multiples of `grid`: 1 for a whole number. A range with neither count nor step has
    steps of `grid`. Raises `InvalidSweep`, also for more than `most` values.
    """
    match = RANGE.fullmatch(text.strip().translate(DASHES))
    if match is None:
        raise InvalidSweep(f"“{text}” is not a range.")
    first, last = _exact(match["first"]), _exact(match["last"])
    if match["count"]:
        return _spread(text, first, last, int(match["count"]), grid, most)
    step = _exact(match["step"].strip()) if match["step"] else grid
    if step is None:
        raise InvalidSweep(f"“{text}” needs a number of values, such as {text} [5], or a step, such as {text} (+0.1).")
    if not step:
        raise InvalidSweep(f"“{text}” has a step of 0.")
    if match["step"] is None and last < first:
        step = -step
    if last != first and (step > 0) != (last > first):
        raise InvalidSweep(f"“{text}” never reaches {plain(last)}: its step has the wrong sign.")
    count = math.floor((Fraction(last) - Fraction(first)) / Fraction(step)) + 1
    _check_count(text, count, most)
    return [EXACT.add(first, EXACT.multiply(step, Decimal(index))) for index in range(count)]


def to_number(value: Decimal) -> int | float:
    """Return an integer for a whole number, else the nearest float."""
    return int(value) if value == value.to_integral_value() else float(value)


def plain(value: Decimal) -> str:
    """Return a number without exponent and trailing zeros."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("", "-0") else text


def _spread(text: str, first: Decimal, last: Decimal, count: int, grid: Decimal | None, most: int) -> list[Decimal]:
    _check_count(text, count, most)
    if count == 0:
        raise InvalidSweep(f"“{text}” has 0 values.")
    if count == 1:
        return [first]
    if first == last:
        raise InvalidSweep(f"“{text}” has {count} values, but its ends are equal.")
    low, distance = Fraction(first), (Fraction(last) - Fraction(first)) / (count - 1)
    if grid is not None and abs(distance) < Fraction(grid):
        raise InvalidSweep(f"“{text}” has {count} values, but only steps of {plain(grid)} are possible.")
    inner = [_decimal(low + distance * index, distance, grid) for index in range(1, count - 1)]
    return [first, *inner, last]


def _decimal(value: Fraction, distance: Fraction, grid: Decimal | None) -> Decimal:
    """Return a fraction as decimal: on the grid, else exact, else with six digits of the distance between values."""
    if grid is not None:
        multiple = EXACT.divide(Decimal(value.numerator), EXACT.multiply(Decimal(value.denominator), grid))
        return EXACT.multiply(multiple.to_integral_value(ROUND_HALF_UP), grid)
    divisor = value.denominator
    for prime in (2, 5):
        while divisor % prime == 0:
            divisor //= prime
    quotient = EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))
    if divisor == 1:
        return quotient
    size = EXACT.divide(Decimal(distance.numerator), Decimal(distance.denominator)).adjusted()
    return quotient.quantize(Decimal(1).scaleb(size - SPREAD_DIGITS + 1), ROUND_HALF_UP, EXACT)


def _check_count(text: str, count: int, most: int) -> None:
    if count > most:
        raise InvalidSweep(f"“{text}” has {count:,} values; at most {most:,} are possible.")


def _exact(text: str) -> Decimal:
    try:
        return EXACT.create_decimal(text)
    except InvalidOperation:
        raise InvalidSweep(f"“{text}” is not a number.") from None
