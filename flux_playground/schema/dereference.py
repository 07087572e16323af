"""Makes a schema stand alone: references are put in, older ways of writing are made new, nonsense is refused.

What comes out can be given to the validator as it is: every keyword has a value of its kind, nothing refers
elsewhere, and the size is bounded. Knows JSON Schema and the document's root; must not know endpoints or fields.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import InvalidDocument
from .cheap_patterns import max_text_length

Schema = dict[str, Any]

MAX_SCHEMA_NODES = 100_000
"""Schemas in a document, references put in: many times what the API has, and far from a bomb."""

MAX_NAMES = 2_000
"""Names in one `required` or `properties`."""

MAX_SCHEMA_DEPTH = 40
"""Schemas within schemas."""

TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")
SUBSCHEMA = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
)
SUBSCHEMA_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SUBSCHEMA_MAPS = ("properties", "patternProperties")
NEVER: Mapping[str, Any] = {"not": {}}
ANNOTATIONS = frozenset({"title", "description", "default", "example", "examples"})


def resolve_pointer(root: Mapping[str, Any], value: Any) -> Any:
    """The value itself or, where it is a `$ref` within the document, what it points to; raises `InvalidDocument`."""
    reference = value.get("$ref") if isinstance(value, Mapping) else None
    if reference is None:
        return value
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise InvalidDocument(f"The reference {_short(reference)} leads out of the document, and is not followed.")
    place: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, Mapping) or key not in place:
            raise InvalidDocument(f"The reference {_short(reference)} leads nowhere.")
        place = place[key]
    return place


class Resolver:
    """Resolves the schemas of one document, `root`, and keeps count of how much there is."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.nodes = 0
        self.depth = 0
        self.within: list[Any] = []

    def resolve(self, raw: Any) -> Schema:
        """A schema, standing alone.

        Raises `InvalidDocument` for a reference that leads out of the document, nowhere or in a circle, for a keyword
        with a value that it cannot have, and for what is enormous.
        """
        resolved = self._schema(raw)
        return resolved if isinstance(resolved, dict) else {}

    def _schema(self, raw: Any, *, titled: bool = False) -> Schema | bool:
        """One schema; a type that is referred to brings its title along only if `titled`."""
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, Mapping):
            raise InvalidDocument(f"A schema must be an object, not {_short(raw)}.")
        self.nodes += 1
        if self.nodes > MAX_SCHEMA_NODES or self.depth > MAX_SCHEMA_DEPTH:
            raise InvalidDocument("The document's schemas are too large or nested too deeply.")
        self.depth += 1
        out = _newer({key: self._keyword(key, value) for key, value in raw.items()})
        if "$ref" in raw:
            out = _joined(self._referred(raw, titled), out)
        if len(parts := out.get("allOf", ())) == 1:
            out = _joined(parts[0], {key: value for key, value in out.items() if key != "allOf"})
        self.depth -= 1
        return _or_null(out) if raw.get("nullable") is True else out

    def _referred(self, raw: Mapping[str, Any], titled: bool) -> Schema | bool:
        if raw["$ref"] in self.within:
            raise InvalidDocument(f"The reference {_short(raw['$ref'])} leads back to itself.")
        target = resolve_pointer(self.root, {"$ref": raw["$ref"]})
        self.within.append(raw["$ref"])
        found = self._schema(target, titled=titled)
        self.within.pop()
        # A type's title ("OutputFormat") is not the title of a property that has this type.
        return found if titled or isinstance(found, bool) else {k: v for k, v in found.items() if k != "title"}

    def _keyword(self, key: str, value: Any) -> Any:
        if key in SUBSCHEMA:
            return self._schema(value)
        if key in SUBSCHEMA_LISTS:
            return [_spelt(self._schema(one, titled=key in ("anyOf", "oneOf"))) for one in _list(key, value)]
        if key in SUBSCHEMA_MAPS:
            return {name: _spelt(self._schema(one)) for name, one in _table(key, value).items()}
        return KEYWORD_PARSERS[key](key, value) if key in KEYWORD_PARSERS else None


def _newer(schema: Schema) -> Schema:
    """The keywords that have a value, with OpenAPI 3.0's booleans written as 3.1 does."""
    out = {key: value for key, value in schema.items() if value is not None or key == "const"}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(out.get(exclusive), bool) and out.pop(exclusive) and bound in out:
            out[exclusive] = out.pop(bound)
    return out


def _spelt(schema: Schema | bool) -> Schema:
    """A schema that is only true or false, spelt out: the validator forgets the place of what `false` refuses."""
    return schema if isinstance(schema, dict) else {} if schema else dict(NEVER)


def _or_null(schema: Schema) -> Schema:
    words = {key: value for key, value in schema.items() if key in ANNOTATIONS}
    rest = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    return {**words, "anyOf": [rest, {"type": "null"}]}


def _joined(below: Schema | bool, above: Schema) -> Schema:
    """Two schemas that hold together, as one; what `above` says of title, text and default comes first."""
    if isinstance(below, bool):
        return above if below else {**above, **NEVER}
    if (below.keys() & above.keys()) - ANNOTATIONS:
        return {**above, "allOf": [below, *above.get("allOf", ())]}
    return {**below, **above}


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _wrong(key, value, "a list")
    return value


def _table(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(key, value, "an object")
    if len(value) > MAX_NAMES:
        raise InvalidDocument(f"In the document, {key} has more than {MAX_NAMES:,} names.")
    if key == "patternProperties":
        used = {name: one for name, one in value.items() if _pattern(key, name) is not None}
        return used if len(used) == len(value) else {**used, "": {}}  # any name may match one that is not used
    return value


def _number(key: str, value: Any) -> int | float:
    if not isinstance(value, int | float) or (isinstance(value, bool) and not key.startswith("exclusive")):
        raise _wrong(key, value, "a number")
    if key == "multipleOf" and value <= 0:
        raise _wrong(key, value, "more than 0")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _count(key: str, value: Any) -> int:
    number = _number(key, value)
    if not isinstance(number, int) or number < 0:
        raise _wrong(key, value, "a whole number that is not negative")
    return number


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong(key, value, "a text")
    return value


def _words(key: str, value: Any) -> str:
    return _text(key, value).strip()


def _pattern(key: str, value: Any) -> str | None:
    try:
        return str(value) if max_text_length(_text(key, value)) else None
    except (re.error, RecursionError, OverflowError):
        return None  # JavaScript's patterns are not all Python's: the API will check it


def _types(key: str, value: Any) -> str | list[str] | None:
    """The type or types; a page of documentation writes "enum<string>" too, and "any" for none."""
    named = [
        re.sub(r"^enum<(\w+)>$", r"\1", _text(key, one)) for one in (value if isinstance(value, list) else [value])
    ]
    known = [one for one in TYPES if one in named]
    return (known[0] if len(known) == 1 else known) if len(known) == len(set(named)) and known else None


def _required(key: str, value: Any) -> list[str] | None:
    if isinstance(value, bool):
        return None  # an old habit: said of the property, not of its object
    if not isinstance(value, list):
        raise _wrong(key, value, "a list")
    if len(value) > MAX_NAMES:
        raise InvalidDocument(f"In the document, {key} has more than {MAX_NAMES:,} names.")
    return [_text(key, one) for one in value]


def _discriminator(key: str, value: Any) -> Schema | None:
    name = value.get("propertyName") if isinstance(value, Mapping) else None
    return {"propertyName": name} if isinstance(name, str) else None


def _as_is(key: str, value: Any) -> Any:
    return value


def _wrong(key: str, value: Any, wanted: str) -> InvalidDocument:
    return InvalidDocument(f"In the document, {key} must be {wanted}, not {_short(value)}.")


def _short(value: Any) -> str:
    text = f"“{value}”" if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 80 else f"{text[:80]}…"


KEYWORD_PARSERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("title", "description", "format"), _words),
    **dict.fromkeys(("const", "default", "example"), _as_is),
    **dict.fromkeys(("enum", "examples"), _list),
    **dict.fromkeys(("uniqueItems", "writeOnly"), lambda key, value: value is True or None),
    "pattern": _pattern,
    "type": _types,
    "required": _required,
    "discriminator": _discriminator,
}
"""What a keyword's value must be. What is not listed says nothing that we could show or check, and is left out."""
