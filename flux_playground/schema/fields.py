"""What a form must know of one property of a schema: its kind, its bounds, its choices, its words.

Knows resolved schemas. Must not know documents, requests or what draws a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import error_text
from .dereference import NEVER
from .field_overrides import is_image, is_secret
from .simplify import enum_values, simplify, union_branches
from .validate import is_valid


@dataclass(frozen=True)
class Field:
    """One property of a schema, as a form asks for it; what is not said is None, "" or empty.

    `type` is "string", "integer", "number", "boolean", "array", "object", or "any" for a union and what is unknown;
    `media` is "image" where a text (or each text of an array) is an image as base64; `nullable` means that it may be
    really unset. `example` is for a placeholder only. `schema` is the property's own JSON Schema, standing alone.
    """

    name: str
    type: str
    title: str
    description: str
    default: Any
    example: Any
    enum: tuple[Any, ...]
    minimum: float | None
    maximum: float | None
    exclusive_minimum: float | None
    exclusive_maximum: float | None
    multiple_of: float | None
    min_length: int | None
    max_length: int | None
    pattern: str
    format: str
    nullable: bool
    required: bool
    media: str
    schema: Mapping[str, Any]

    @property
    def secret(self) -> bool:
        """Whether what is entered here must not be shown, kept or shared."""
        return self.format == "password" or is_secret(self.name)

    @property
    def branches(self) -> tuple[Field, ...]:
        """The branches of a union, each as a field of the same name with a title of its own; empty for others."""
        branches = union_branches(simplify(self.schema)) if self.type == "any" else []
        return tuple(
            parse_field(self.name, one, title=one.get("title") or error_text.describe_type(one)) for one in branches
        )

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of an object; empty for others."""
        return parse_fields(simplify(self.schema))

    @property
    def item(self) -> Field | None:
        """What each item of an array is; None for others, and where nothing is said."""
        items = simplify(self.schema).get("items")
        return parse_field(self.name, items) if isinstance(items, dict) else None


def parse_fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields of an object's schema, in its order; what may never be given is none."""
    required = schema.get("required", ())
    each = schema.get("properties", {}).items()
    return tuple(parse_field(name, one, required=name in required) for name, one in each if one != NEVER)


def parse_field(name: str, schema: Mapping[str, Any] | bool, *, required: bool = False, title: str = "") -> Field:
    """The field of one property."""
    whole: Mapping[str, Any] = {} if isinstance(schema, bool) else schema
    known = simplify(whole)
    description = known.get("description", "")
    kind = _type(known)
    return Field(
        name=name,
        type=kind,
        title=title or whole.get("title") or name.replace("_", " ").title(),
        description=description,
        default=_default(known, whole),
        example=_example(known),
        enum=enum_values(known),
        minimum=known.get("minimum"),
        maximum=known.get("maximum"),
        exclusive_minimum=known.get("exclusiveMinimum"),
        exclusive_maximum=known.get("exclusiveMaximum"),
        multiple_of=known.get("multipleOf"),
        min_length=known.get("minLength"),
        max_length=known.get("maxLength"),
        pattern=known.get("pattern", ""),
        format="password" if known.get("writeOnly") else known.get("format", ""),
        nullable=is_valid(whole, None),
        required=required,
        media="image" if _is_image(name, kind, known) else "",
        schema=whole,
    )


def _type(known: Mapping[str, Any]) -> str:
    named = known.get("type")
    if isinstance(named, str):
        return named if named != "null" else "any"
    if known.get("properties"):
        return "object"
    kinds = {_type_of(one) for one in enum_values(known)} or {_type(simplify(one)) for one in union_branches(known)}
    for one in ("string", "integer", "number", "boolean"):
        if kinds == {one} or (one == "number" and kinds == {"integer", "number"}):
            return one
    return "any"


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "any")


def _default(known: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    """The default; one that breaks its own bounds is none."""
    value = known.get("default")
    return value if is_valid(whole, value) else None


def _example(known: Mapping[str, Any]) -> Any:
    example = known.get("example", (known.get("examples") or [None])[0])
    return None if isinstance(example, str) and example.startswith("<") and example.endswith(">") else example


def _is_image(name: str, kind: str, known: Mapping[str, Any]) -> bool:
    if kind == "array":
        items = known.get("items")
        item = simplify(items) if isinstance(items, dict) else {}
        words = f"{known.get('description', '')} {item.get('description', '')}".strip()
        return _type(item) == "string" and not enum_values(item) and is_image(name, words)
    return kind == "string" and not enum_values(known) and is_image(name, known.get("description", ""))
