"""A property of a schema as a form needs it: type, limits, allowed values and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import error_text
from .dereference import NEVER
from .image_places import ImageShape, holds_images, image_shape
from .known_fields import is_secret
from .simplify import enum_values, simplify, union_branches
from .validate import is_valid

JSON_TYPES = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}


@dataclass(frozen=True)
class Field:
    """One property of a schema; what the schema does not say is None, "" or empty.

    `type` is "string", "integer", "number", "boolean", "array", "object", or "any" for a union or an unknown type.
    `media` is "image" for a field that has a place for an image, in any shape. `nullable` fields accept null.
    `example` is only for a placeholder. `schema` is the JSON Schema of the property without references.
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
        """Whether the value must not be shown, stored or shared."""
        return self.format == "password" or is_secret(self.name)

    @cached_property
    def images(self) -> ImageShape | None:
        """How many images the field takes, and how, if it takes only images; None for other fields."""
        return image_shape(self.name, self.schema) if self.media else None

    @property
    def branches(self) -> tuple[Field, ...]:
        """The branches of a union as fields with this name and a title each; empty for other types."""
        schemas = union_branches(simplify(self.schema)) if self.type == "any" else []
        titles = [str(schema.get("title") or "") for schema in schemas]
        titles = ["" if one.lower() == self.title.lower() else one for one in titles]
        titles = [one or self._describe_branch(schema) for one, schema in zip(titles, schemas, strict=True)]
        titles = [
            f"{one} ({limits})" if titles.count(one) > 1 and (limits := error_text.describe_limits(schema)) else one
            for one, schema in zip(titles, schemas, strict=True)
        ]
        pairs = zip(schemas, titles, strict=True)
        return tuple(parse_field(self.name, {**self._about, **schema}, title=title) for schema, title in pairs)

    @property
    def _about(self) -> dict[str, str]:
        """The description, which also says what a branch without one is."""
        return {"description": self.description} if self.description else {}

    def _describe_branch(self, schema: Mapping[str, Any]) -> str:
        images = image_shape(self.name, {**self._about, **schema})
        if images is None:
            return error_text.describe_type(schema)
        return "an image" if images.most == 1 else "several images"

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of an object; empty for other types."""
        return parse_fields(simplify(self.schema))

    @property
    def item(self) -> Field | None:
        """The items of an array; None for other types and for unspecified items."""
        items = simplify(self.schema).get("items")
        return parse_field(self.name, items) if isinstance(items, dict) else None


def parse_fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    """Return the fields of an object in the order of the schema, without properties that accept no value."""
    required = schema.get("required", ())
    properties = schema.get("properties", {}).items()
    return tuple(parse_field(name, value, required=name in required) for name, value in properties if value != NEVER)


def parse_field(name: str, schema: Mapping[str, Any] | bool, *, required: bool = False, title: str = "") -> Field:
    """Return the field of one property. A default that breaks the schema is ignored."""
    whole: Mapping[str, Any] = {} if isinstance(schema, bool) else schema
    known = simplify(whole)
    field_type = _field_type(known)
    default = known.get("default")
    example = known.get("example", (known.get("examples") or [None])[0])
    if isinstance(example, str) and example.startswith("<") and example.endswith(">"):
        example = None  # documentation generators write "<string>"
    return Field(
        name=name,
        type=field_type,
        title=title or whole.get("title") or name.replace("_", " ").title(),
        description=known.get("description", ""),
        default=default if is_valid(whole, default) else None,
        example=example,
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
        media="image" if holds_images(name, whole) else "",
        schema=whole,
    )


def _field_type(known: Mapping[str, Any]) -> str:
    named = known.get("type")
    if isinstance(named, str):
        return named if named != "null" else "any"
    if known.get("properties"):
        return "object"
    types = {JSON_TYPES.get(type(value), "any") for value in enum_values(known)}
    types = types or {_field_type(simplify(branch)) for branch in union_branches(known)}
    if types == {"integer", "number"}:
        return "number"
    return types.pop() if len(types) == 1 and types <= {"string", "integer", "number", "boolean"} else "any"
