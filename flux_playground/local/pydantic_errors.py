"""Finds the errors of a value as pydantic 2 does for a model with the same JSON Schema, in the order of its fields.

Every branch of a union has errors of its own, with the name of its type in their place. Differences: text is never
read as a number, a number never as true or false, and the objects of a list have the name "model" in a union.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..schema.simplify import enum_values, simplify, tag_properties, union_branches
from ..schema.validate import is_valid

Detail = dict[str, Any]
Loc = tuple[str | int, ...]

SENTENCES = {
    "missing": "Field required",
    "extra_forbidden": "Extra inputs are not permitted",
    "string_type": "Input should be a valid string",
    "int_type": "Input should be a valid integer",
    "int_parsing": "Input should be a valid integer, unable to parse string as an integer",
    "int_from_float": "Input should be a valid integer, got a number with a fractional part",
    "float_type": "Input should be a valid number",
    "float_parsing": "Input should be a valid number, unable to parse string as a number",
    "bool_type": "Input should be a valid boolean",
    "bool_parsing": "Input should be a valid boolean, unable to interpret input",
    "list_type": "Input should be a valid list",
    "tuple_type": "Input should be a valid tuple",
    "dict_type": "Input should be a valid dictionary",
    "model_attributes_type": "Input should be a valid dictionary or object to extract fields from",
    "none_required": "Input should be None",
    "url_type": "URL input should be a string or URL",
    "url_scheme": "URL scheme should be {expected_schemes}",
    "url_too_long": "URL should have at most {max_length} characters",
    "url_parsing": "Input should be a valid URL, {error}",
    "enum": "Input should be {expected}",
    "literal_error": "Input should be {expected}",
    "multiple_of": "Input should be a multiple of {multiple_of}",
    "less_than_equal": "Input should be less than or equal to {le}",
    "less_than": "Input should be less than {lt}",
    "greater_than_equal": "Input should be greater than or equal to {ge}",
    "greater_than": "Input should be greater than {gt}",
    "string_too_short": "String should have at least {min_length} character{s}",
    "string_too_long": "String should have at most {max_length} character{s}",
    "string_pattern_mismatch": "String should match pattern '{pattern}'",
    "too_short": "{field_type} should have at least {min_length} item{s} after validation, not {actual_length}",
    "too_long": "{field_type} should have at most {max_length} item{s} after validation, not {actual_length}",
    "union_tag_not_found": "Unable to extract tag using discriminator {discriminator}",
    "union_tag_invalid": "Input tag '{tag}' found using {discriminator} does not match any of the expected tags: "
    "{expected_tags}",
    "value_error": "Value error, {error}",
}
# In the order in which pydantic checks them: keyword → error type, name in `ctx`.
NUMBER_LIMITS = {
    "multipleOf": ("multiple_of", "multiple_of"),
    "maximum": ("less_than_equal", "le"),
    "exclusiveMaximum": ("less_than", "lt"),
    "minimum": ("greater_than_equal", "ge"),
    "exclusiveMinimum": ("greater_than", "gt"),
}
TEXT_LIMITS = {
    "minLength": ("string_too_short", "min_length"),
    "maxLength": ("string_too_long", "max_length"),
    "pattern": ("string_pattern_mismatch", "pattern"),
}
TYPE_NAMES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "none"}
MAX_LABEL_DEPTH = 8


def build_detail(kind: str, loc: Loc, value: Any, **context: Any) -> Detail:
    """Return an error as in the body of a 422; `context` is its `ctx`."""
    words = {
        name: int(part) if isinstance(part, float) and part.is_integer() else part for name, part in context.items()
    }
    bound = words.get("min_length", words.get("max_length"))
    sentence = SENTENCES[kind].format(**words, s="" if bound == 1 else "s")
    if kind == "value_error":
        context = {"error": {}}
    detail = {"type": kind, "loc": list(loc), "msg": sentence, "input": value}
    return {**detail, "ctx": context} if context else detail


def find_errors(schema: Any, value: Any, loc: Loc, name: str = "") -> list[Detail]:
    """Return the errors of a value at a place, in a property of a name or without one; [] for a valid value."""
    if is_valid(schema, value):
        return []
    known = simplify(schema) if isinstance(schema, Mapping) else {}
    found = list(_find_errors(known, value, loc, name))
    return found or [build_detail("value_error", loc, value, error="it is not allowed here")]


def _find_errors(known: Mapping[str, Any], value: Any, loc: Loc, name: str) -> Iterator[Detail]:
    kind, branches = known.get("type"), union_branches(known)
    if isinstance(known.get("discriminator"), Mapping) and branches:
        yield from _tagged_union_errors(known, branches, value, loc)
    elif not branches and (allowed := enum_values(known)):
        expected = _join_or([repr(one) for one in allowed])
        yield build_detail("enum" if _is_enum(known, name) else "literal_error", loc, value, expected=expected)
    elif branches:
        for branch in branches:
            yield from find_errors(branch, value, (*loc, _label(branch)))
    elif kind == "object" or "properties" in known:
        yield from _object_errors(known, value, loc)
    elif kind == "array":
        yield from _array_errors(known, value, loc)
    elif kind == "string":
        yield from _url_errors(known, value, loc) if known.get("format") == "uri" else _text_errors(known, value, loc)
    elif kind in ("integer", "number"):
        yield from _number_errors(known, value, loc)
    elif kind == "boolean":
        is_parsed = isinstance(value, str | int) or (isinstance(value, float) and value.is_integer())
        yield build_detail("bool_parsing" if is_parsed else "bool_type", loc, value)
    elif kind == "null":
        yield build_detail("none_required", loc, value)


def _tagged_union_errors(
    known: Mapping[str, Any], branches: list[dict[str, Any]], value: Any, loc: Loc
) -> Iterator[Detail]:
    name = str(known["discriminator"].get("propertyName"))
    tags = [str(constants.get(name, "")) for constants in tag_properties(branches)]
    quoted = {"discriminator": repr(name)}
    if not isinstance(value, dict):
        yield build_detail("model_attributes_type", loc, value)
    elif name not in value:
        yield build_detail("union_tag_not_found", loc, value, **quoted)
    elif (tag := str(value[name])) in tags:
        yield from find_errors(branches[tags.index(tag)], value, (*loc, tag))
    else:
        expected = ", ".join(map(repr, tags))
        yield build_detail("union_tag_invalid", loc, value, **quoted, tag=tag, expected_tags=expected)


def _object_errors(known: Mapping[str, Any], value: Any, loc: Loc) -> Iterator[Detail]:
    properties, others = known.get("properties", {}), known.get("additionalProperties", True)
    if not isinstance(value, dict):
        yield build_detail("model_attributes_type" if properties else "dict_type", loc, value)
        return
    for name, schema in properties.items():
        if name in value:
            yield from find_errors(schema, value[name], (*loc, name), name)
        elif name in known.get("required", ()):
            yield build_detail("missing", (*loc, name), value)
    for name in value:
        if name not in properties and isinstance(others, Mapping):
            yield from find_errors(others, value[name], (*loc, name))
        elif name not in properties and others is False and "patternProperties" not in known:
            yield build_detail("extra_forbidden", (*loc, name), value[name])
    yield from _count_errors("Dictionary", known, ("minProperties", "maxProperties"), value, loc)


def _array_errors(known: Mapping[str, Any], value: Any, loc: Loc) -> Iterator[Detail]:
    first = known.get("prefixItems", ())
    noun = "Tuple" if first else "List"
    if not isinstance(value, list):
        yield build_detail(f"{noun.lower()}_type", loc, value)
        return
    if too_long := list(_count_errors(noun, known, ("", "maxItems"), value, loc)):
        yield from too_long
        return
    schemas = [*first, *[known.get("items", True)] * (len(value) - len(first))]
    errors = [error for n, item in enumerate(value) for error in find_errors(schemas[n], item, (*loc, n))]
    errors += [build_detail("missing", (*loc, n), value) for n in range(len(value), len(first))]
    yield from errors or _count_errors(noun, known, ("minItems", ""), value, loc)


def _count_errors(
    noun: str, known: Mapping[str, Any], keywords: tuple[str, str], value: Any, loc: Loc
) -> Iterator[Detail]:
    """Yield the error of a list or dictionary with too few or too many items, by the keywords of both limits."""
    least, most = (known.get(keyword) for keyword in keywords)
    if least is not None and len(value) < least:
        context = {"field_type": noun, "min_length": int(least), "actual_length": len(value)}
        yield build_detail("too_short", loc, value, **context)
    elif most is not None and len(value) > most:
        context = {"field_type": noun, "max_length": int(most), "actual_length": len(value)}
        yield build_detail("too_long", loc, value, **context)


def _text_errors(known: Mapping[str, Any], value: Any, loc: Loc) -> Iterator[Detail]:
    if isinstance(value, str):
        yield from _first_limit(TEXT_LIMITS, known, value, loc)
    else:
        yield build_detail("string_type", loc, value)


def _url_errors(known: Mapping[str, Any], value: Any, loc: Loc) -> Iterator[Detail]:
    if not isinstance(value, str):
        yield build_detail("url_type", loc, value)
    elif (most := known.get("maxLength")) is not None and len(value) > most:
        yield build_detail("url_too_long", loc, value, max_length=int(most))
    else:
        scheme, colon, _ = value.strip().partition(":")
        if colon and scheme.isalpha() and scheme.lower() not in ("http", "https"):
            yield build_detail("url_scheme", loc, value, expected_schemes="'http' or 'https'")
        else:
            yield build_detail("url_parsing", loc, value, error=_url_fault(value.strip(), bool(colon)))


def _url_fault(url: str, has_scheme: bool) -> str:
    try:
        parts = urlsplit(url) if url else None
        _ = parts.port if parts else None
    except ValueError:
        return "invalid port number"
    if parts is None:
        return "input is empty"
    if not has_scheme:
        return "relative URL without a base"
    return "invalid international domain name" if parts.hostname and parts.hostname.strip() else "empty host"


def _number_errors(known: Mapping[str, Any], value: Any, loc: Loc) -> Iterator[Detail]:
    kind = TYPE_NAMES[known["type"]]
    if isinstance(value, str):
        yield build_detail(f"{kind}_parsing", loc, value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield build_detail(f"{kind}_type", loc, value)
    elif kind == "int" and isinstance(value, float) and not value.is_integer():
        yield build_detail("int_from_float", loc, value)
    else:
        yield from _first_limit(NUMBER_LIMITS, known, value, loc, int if kind == "int" else float)


def _first_limit(
    limits: Mapping[str, tuple[str, str]], known: Mapping[str, Any], value: Any, loc: Loc, as_type: Any = None
) -> Iterator[Detail]:
    """Yield the error of the first limit that a value breaks; numbers as limits are of the type of the field."""
    for keyword, (kind, name) in limits.items():
        if keyword in known and not is_valid({keyword: known[keyword]}, value):
            bound = known[keyword]
            bound = as_type(bound) if as_type else int(bound) if isinstance(bound, float) else bound
            yield build_detail(kind, loc, value, **{name: bound})
            return


def _is_enum(known: Mapping[str, Any], name: str) -> bool:
    """Whether allowed values are those of a class; a `Literal` has the title of its property, or none in a union."""
    title = known.get("title", "")
    return "enum" in known and title != name.replace("_", " ").title()


def _label(schema: Mapping[str, Any], depth: int = 0) -> str:
    """Return how pydantic names the type of a branch in the place of an error."""
    known, branches = simplify(schema), union_branches(schema)
    if depth > MAX_LABEL_DEPTH:
        return "any"
    if len(branches) > 1:
        return f"union[{','.join(_label(branch, depth + 1) for branch in branches)}]"
    if depth and any(one == {"type": "null"} for one in schema.get("anyOf", ())):
        return f"nullable[{_label(known, depth + 1)}]"
    kind = TYPE_NAMES.get(str(known.get("type")), "")
    if allowed := enum_values(known):
        values = ",".join(map(repr, allowed))
        return f"{kind}-enum[{known['title']}]" if _is_enum(known, "") else f"literal[{values}]"
    if "properties" in known:
        return str(known.get("title", "model"))
    if known.get("type") == "object":
        others = known.get("additionalProperties")
        return f"dict[str,{_label(others, depth + 1) if isinstance(others, Mapping) else 'any'}]"
    if first := known.get("prefixItems"):
        return f"tuple[{', '.join(_label(item, depth + 1) for item in first)}]"
    if known.get("type") == "array":
        items = known.get("items")
        return f"list[{_label(items, depth + 1) if isinstance(items, Mapping) else 'any'}]"
    if known.get("format") == "uri":
        return "function-wrap[wrap_val()]"
    is_limited = any(keyword in known for keyword in (*NUMBER_LIMITS, *TEXT_LIMITS))
    return f"constrained-{kind}" if is_limited and kind else kind or "any"


def _join_or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
