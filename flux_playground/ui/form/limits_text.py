"""Describes the limits of a field in a few words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ...schema import Field

MAX_SHOWN_LENGTH = 100_000
"""A longer length limit is not shown."""


def describe_limits(field: Field) -> str:
    """Return the limits of a field, such as "0 to 2 · default 1.2"."""
    parts = [*(["required"] if field.required else []), *_numbers(field), *_lengths(field)]
    if field.default not in (None, ""):
        parts.append(f"default {_short(json.dumps(field.default, ensure_ascii=False).strip(chr(34)))}")
    elif not field.required:
        parts.append("optional")
    return " · ".join(parts)


def _numbers(field: Field) -> Iterator[str]:
    low, high = _low(field), _high(field)
    if field.enum:
        return
    if field.minimum is not None and field.maximum is not None:
        yield f"{_number(field.minimum)} to {_number(field.maximum)}"
    elif low or high:
        yield " and ".join(part for part in (low, high) if part)
    elif field.type == "integer":
        yield "any whole number"
    if field.multiple_of and field.multiple_of != 1:
        yield f"in steps of {_number(field.multiple_of)}"


def _low(field: Field) -> str:
    if field.exclusive_minimum is not None:
        return f"more than {_number(field.exclusive_minimum)}"
    return "" if field.minimum is None else f"at least {_number(field.minimum)}"


def _high(field: Field) -> str:
    if field.exclusive_maximum is not None:
        return f"less than {_number(field.exclusive_maximum)}"
    return "" if field.maximum is None else f"at most {_number(field.maximum)}"


def _lengths(field: Field) -> Iterator[str]:
    if field.min_length is not None and field.min_length > 1:
        yield f"at least {field.min_length:,} characters"
    if field.max_length is not None and field.max_length < MAX_SHOWN_LENGTH:
        yield f"up to {field.max_length} characters"
    few, most = field.schema.get("minItems"), field.schema.get("maxItems")
    if isinstance(few, int) and few > 1:
        yield f"at least {few} items"
    if isinstance(most, int):
        yield f"up to {most} items"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
