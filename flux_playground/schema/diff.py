"""What a newer document changes about an endpoint, in short sentences. Knows operations and fields only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .error_text import plain_value
from .fields import Field
from .operation import Operation

BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusive_minimum": "more than",
    "exclusive_maximum": "less than",
    "multiple_of": "a multiple of",
    "min_length": "shortest",
    "max_length": "longest",
    "pattern": "form",
    "format": "format",
}
"""The parts of a field that bound its values, and how they are called in a sentence."""


def describe_changes(old: Operation, new: Operation) -> tuple[str, ...]:
    """What the newer of two readings of an endpoint has different, such as "output_format: + webp"; may be empty."""
    return (*_of_fields(old, new), *_of_answer(old, new), *_of_place(old, new))


def _of_fields(old: Operation, new: Operation) -> Iterator[str]:
    before, after = ({one.name: one for one in each.fields} for each in (old, new))
    for name, one in after.items():
        if name in before:
            yield from (f"{name}: {change}" for change in _of_field(before[name], one))
        else:
            yield f"{name}: new{', required' if one.required else ''}"
    yield from (f"{name}: gone" for name in before if name not in after)


def _of_field(old: Field, new: Field) -> Iterator[str]:
    if old.type != new.type:
        yield f"{old.type} → {new.type}"
    yield from (f"+ {plain_value(one)}" for one in new.enum if one not in old.enum)
    yield from (f"− {plain_value(one)}" for one in old.enum if one not in new.enum)
    if old.required != new.required:
        yield "now required" if new.required else "no longer required"
    if old.nullable != new.nullable:
        yield "may now be null" if new.nullable else "may no longer be null"
    if old.default != new.default:
        yield f"default {_said(old.default)} → {_said(new.default)}"
    for part, words in BOUNDS.items():
        one, other = getattr(old, part), getattr(new, part)
        if one != other:
            yield f"{words} {_said(one)} → {_said(other)}"


def _of_answer(old: Operation, new: Operation) -> Iterator[str]:
    yield from (f"{name} in the answer" for name in new.response_names if name not in old.response_names)
    yield from (f"{name} no longer in the answer" for name in old.response_names if name not in new.response_names)


def _of_place(old: Operation, new: Operation) -> Iterator[str]:
    if old.path != new.path:
        yield f"path {old.path} → {new.path}"
    if old.server != new.server:
        yield f"server {_said(old.server)} → {_said(new.server)}"


def _said(value: Any) -> str:
    return "none" if value is None or value == "" else plain_value(value)
