"""Describes in short sentences what a newer document changes about an endpoint."""

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
    "pattern": "pattern",
    "format": "format",
}


def describe_changes(old: Operation, new: Operation) -> tuple[str, ...]:
    """Return the differences between two versions of an endpoint, such as "output_format: + webp"."""
    return tuple(_changes(old, new))


def _changes(old: Operation, new: Operation) -> Iterator[str]:
    old_fields, new_fields = ({field.name: field for field in version.fields} for version in (old, new))
    for name, field in new_fields.items():
        if name in old_fields:
            yield from (f"{name}: {change}" for change in _field_changes(old_fields[name], field))
        else:
            yield f"{name}: new{', required' if field.required else ''}"
    yield from (f"{name}: removed" for name in old_fields if name not in new_fields)
    yield from (f"{name} in the response" for name in new.response_names if name not in old.response_names)
    yield from (f"{name} no longer in the response" for name in old.response_names if name not in new.response_names)
    if old.path != new.path:
        yield f"path {old.path} → {new.path}"
    if old.server != new.server:
        yield f"server {_format(old.server)} → {_format(new.server)}"


def _field_changes(old: Field, new: Field) -> Iterator[str]:
    if old.type != new.type:
        yield f"{old.type} → {new.type}"
    yield from (f"+ {plain_value(value)}" for value in new.enum if value not in old.enum)
    yield from (f"− {plain_value(value)}" for value in old.enum if value not in new.enum)
    if old.required != new.required:
        yield "now required" if new.required else "no longer required"
    if old.nullable != new.nullable:
        yield "may now be null" if new.nullable else "may no longer be null"
    if old.default != new.default:
        yield f"default {_format(old.default)} → {_format(new.default)}"
    for attribute, label in BOUNDS.items():
        if getattr(old, attribute) != getattr(new, attribute):
            yield f"{label} {_format(getattr(old, attribute))} → {_format(getattr(new, attribute))}"


def _format(value: Any) -> str:
    return "none" if value is None or value == "" else plain_value(value)
