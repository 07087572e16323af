"""Resolves the references of a schema, converts OpenAPI 3.0 to 3.1, and rejects invalid keywords.

A resolved schema has only keywords with valid values, no references, and a limited size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InvalidDocument
from .cheap_patterns import max_text_length

Schema = dict[str, Any]

MAX_SCHEMA_NODES = 100_000  # in a document, after references are resolved
MAX_SCHEMA_DEPTH = 40
MAX_NAMES = 2_000  # in one `required` or `properties`

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
SUBSCHEMA = frozenset(
    ["items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedProperties"]
)
SUBSCHEMA_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SUBSCHEMA_MAPS = ("properties", "patternProperties")
ANNOTATIONS = frozenset({"title", "description", "default", "example", "examples"})
NEVER: Mapping[str, Any] = {"not": {}}
"""The schema that accepts no value. The validator loses the location of an error of the schema `false`."""


def resolve_pointer(root: Mapping[str, Any], value: Any) -> Any:
    """Return the target of a `$ref` within the document, and any other value as it is; raises `InvalidDocument`."""
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    if reference is None:
        return value
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise InvalidDocument(f"The reference {_shorten(reference)} points outside of the document.")
    target: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or key not in target:
            raise InvalidDocument(f"The reference {_shorten(reference)} points to nothing.")
        target = target[key]
    return target


class Resolver:
    """Resolves the schemas of one document, `root`, within limits for all of them together."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.nodes = 0
        self.depth = 0
        self.open_references: list[Any] = []

    def resolve(self, raw: Any) -> Schema:
        """Return a schema without references.

        Raises `InvalidDocument` for a circular reference or one to another document, an invalid keyword, and a schema
        that is too large.
        """
        schema = self._resolve(raw)
        return schema if isinstance(schema, dict) else {}

    def _resolve(self, raw: Any, *, keep_title: bool = False) -> Schema | bool:
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, Mapping):
            raise InvalidDocument(f"A schema must be an object, not {_shorten(raw)}.")
        self.nodes += 1
        if self.nodes > MAX_SCHEMA_NODES or self.depth > MAX_SCHEMA_DEPTH:
            raise InvalidDocument("The schemas are too large or nested too deeply.")
        self.depth += 1
        out = _upgrade_3_0({key: self._keyword(key, value) for key, value in raw.items()})
        if "$ref" in raw:
            out = _merge(self._resolve_reference(raw["$ref"], keep_title), out)
        if len(parts := out.get("allOf", ())) == 1:
            out = _merge(parts[0], {key: value for key, value in out.items() if key != "allOf"})
        self.depth -= 1
        if raw.get("nullable") is True:
            annotations = {key: value for key, value in out.items() if key in ANNOTATIONS}
            rest = {key: value for key, value in out.items() if key not in ANNOTATIONS}
            return {**annotations, "anyOf": [rest, {"type": "null"}]}
        return out

    def _resolve_reference(self, reference: Any, keep_title: bool) -> Schema | bool:
        if reference in self.open_references:
            raise InvalidDocument(f"The reference {_shorten(reference)} is circular.")
        target = resolve_pointer(self.root, {"$ref": reference})
        self.open_references.append(reference)
        schema = self._resolve(target, keep_title=keep_title)
        self.open_references.pop()
        if keep_title or isinstance(schema, bool):
            return schema
        # The title of a type ("OutputFormat") is not the title of a property with this type.
        return {key: value for key, value in schema.items() if key != "title"}

    def _keyword(self, key: str, value: Any) -> Any:
        if key in SUBSCHEMA:
            return self._resolve(value)
        if key in SUBSCHEMA_LISTS:
            keep_title = key in ("anyOf", "oneOf")
            return [_to_object(self._resolve(item, keep_title=keep_title)) for item in _parse_list(key, value)]
        if key in SUBSCHEMA_MAPS:
            return {name: _to_object(self._resolve(item)) for name, item in _parse_map(key, value).items()}
        return KEYWORD_PARSERS[key](key, value) if key in KEYWORD_PARSERS else None


def _upgrade_3_0(schema: Schema) -> Schema:
    """Drop keywords without a value, and convert the boolean bounds of OpenAPI 3.0."""
    out = {key: value for key, value in schema.items() if value is not None or key == "const"}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(out.get(exclusive), bool) and out.pop(exclusive) and bound in out:
            out[exclusive] = out.pop(bound)
    return out


def _to_object(schema: Schema | bool) -> Schema:
    return schema if isinstance(schema, dict) else {} if schema else dict(NEVER)


def _merge(below: Schema | bool, above: Schema) -> Schema:
    """Return a schema that requires both; the annotations of `above` have priority."""
    if isinstance(below, bool):
        return above if below else {**above, **NEVER}
    if (below.keys() & above.keys()) - ANNOTATIONS:
        return {**above, "allOf": [below, *above.get("allOf", ())]}
    return {**below, **above}


def _parse_list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _keyword_error(key, value, "a list")
    return value


def _parse_map(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _keyword_error(key, value, "an object")
    _check_count(key, value)
    if key == "patternProperties":
        usable = {name: item for name, item in value.items() if _parse_pattern(key, name) is not None}
        return usable if len(usable) == len(value) else {**usable, "": {}}  # any name may match a skipped pattern
    return value


def _parse_number(key: str, value: Any) -> int | float:
    if not isinstance(value, int | float) or (isinstance(value, bool) and not key.startswith("exclusive")):
        raise _keyword_error(key, value, "a number")
    if key == "multipleOf" and value <= 0:
        raise _keyword_error(key, value, "more than 0")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _parse_count(key: str, value: Any) -> int:
    number = _parse_number(key, value)
    if not isinstance(number, int) or number < 0:
        raise _keyword_error(key, value, "a whole number that is not negative")
    return number


def _parse_text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _keyword_error(key, value, "text")
    return value.strip()


def _parse_pattern(key: str, value: Any) -> str | None:
    if not isinstance(value, str):
        raise _keyword_error(key, value, "text")
    try:
        return value if max_text_length(value) else None
    except (re.error, RecursionError, OverflowError):
        return None  # a JavaScript pattern that is not valid in Python: the API checks it


def _parse_types(key: str, value: Any) -> str | list[str] | None:
    """Return the type or types; documentation pages also write "enum<string>", and "any" for none."""
    texts = [_parse_text(key, item) for item in (value if isinstance(value, list) else [value])]
    names = {re.sub(r"^enum<(\w+)>$", r"\1", text) for text in texts}
    known = [name for name in TYPES if name in names]
    if not known or len(known) < len(names):
        return None
    return known[0] if len(known) == 1 else known


def _parse_required(key: str, value: Any) -> list[str] | None:
    if isinstance(value, bool):
        return None  # an old habit: `required` in the property, not in its object
    if not isinstance(value, list):
        raise _keyword_error(key, value, "a list")
    _check_count(key, value)
    if wrong := [item for item in value if not isinstance(item, str)]:
        raise _keyword_error(key, wrong[0], "a list of names")
    return value


def _parse_discriminator(key: str, value: Any) -> Schema | None:
    name = value.get("propertyName") if isinstance(value, Mapping) else None
    return {"propertyName": name} if isinstance(name, str) else None


def _check_count(key: str, value: Mapping[str, Any] | list[Any]) -> None:
    if len(value) > MAX_NAMES:
        raise InvalidDocument(f"In the document, {key} has more than {MAX_NAMES:,} names.")


def _keyword_error(key: str, value: Any, wanted: str) -> InvalidDocument:
    return InvalidDocument(f"In the document, {key} must be {wanted}, not {_shorten(value)}.")


def _shorten(value: Any) -> str:
    text = f"“{value}”" if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 80 else f"{text[:80]}…"


KEYWORD_PARSERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _parse_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _parse_count),
    **dict.fromkeys(("title", "description", "format"), _parse_text),
    **dict.fromkeys(("const", "default", "example"), lambda key, value: value),
    **dict.fromkeys(("enum", "examples"), _parse_list),
    **dict.fromkeys(("uniqueItems", "writeOnly"), lambda key, value: value is True or None),
    "pattern": _parse_pattern,
    "type": _parse_types,
    "required": _parse_required,
    "discriminator": _parse_discriminator,
}
"""Parsers by keyword; other keywords are ignored."""
