"""Error messages for values that break a schema. A message continues the field's name: "must be at most 2, not 2.4"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from .cheap_patterns import listed_choices
from .simplify import enum_values, simplify, union_branches

TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing (null)",
}

# The error types are those of pydantic, which the API uses.
PARSING_ERROR_TYPES = {"integer": "int_parsing", "number": "float_parsing", "boolean": "bool_parsing"}
ERROR_TYPES = {
    "string": "string_type",
    "integer": "int_type",
    "number": "float_type",
    "boolean": "bool_type",
    "array": "list_type",
    "object": "dict_type",
}

ErrorText = tuple[str, str]
"""An error type and a message."""


def quote_value(value: Any) -> str:
    """Return a value as a message shows it: shortened, text in quotes, and only the type of a list or object."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:40]}…"
    return f"“{text}”" if isinstance(value, str) else text


def plain_value(value: Any) -> str:
    """Return a value as a message shows it, without quotes."""
    return quote_value(value).strip("“”")


def describe_type(schema: Mapping[str, Any]) -> str:
    """Return what a schema accepts, in a few words: "a whole number", "jpeg or png"."""
    known = simplify(schema)
    if values := enum_values(known):
        return join_or(plain_value(value) for value in values)
    if branches := union_branches(known):
        return join_or(describe_type(branch) for branch in branches)
    return TYPE_NAMES.get(str(known.get("type")), "an object" if "properties" in known else "a value")


def describe_limits(schema: Mapping[str, Any]) -> str:
    """Return how a schema differs from another of its type: "5 to 20", the items of a list; "" for nothing."""
    known = simplify(schema)
    if branches := union_branches(known):
        return join_or(limits for branch in branches if (limits := describe_limits(branch)))
    if known.get("type") == "array":
        first = known.get("prefixItems")
        items = first if isinstance(first, list) else [known.get("items")]
        return " and ".join(_describe_item(item) for item in items if isinstance(item, Mapping))
    least, most = known.get("minimum"), known.get("maximum")
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"at least {least}" if least is not None else f"at most {most}" if most is not None else ""


def _describe_item(schema: Mapping[str, Any]) -> str:
    limits = describe_limits(schema)
    return f"{describe_type(schema)} ({limits})" if limits else describe_type(schema)


def join_or(words: Iterable[str]) -> str:
    """Join words with commas and "or"; a list of more than a dozen is shortened."""
    distinct = list(dict.fromkeys(words))
    if len(distinct) > 12:
        distinct = [*distinct[:11], "another listed value"]
    return " or ".join([", ".join(distinct[:-1]), distinct[-1]]) if len(distinct) > 1 else "".join(distinct)


def describe(keyword: str, bound: Any, value: Any) -> ErrorText:
    """Return the error of a value that breaks a keyword; `bound` is the value of the keyword."""
    return KEYWORD_ERRORS.get(keyword, _fixed("value_error", "is not allowed by the schema"))(bound, value)


def _wrong_type(types: str | list[str], value: Any) -> ErrorText:
    wanted = [name for name in ([types] if isinstance(types, str) else types) if name != "null"] or ["null"]
    error_type = ERROR_TYPES.get(wanted[0], "none_required")
    if wanted[0] == "integer" and isinstance(value, float):
        error_type = "int_from_float"
    elif isinstance(value, str):
        error_type = PARSING_ERROR_TYPES.get(wanted[0], error_type)
    return error_type, f"must be {join_or(TYPE_NAMES[name] for name in wanted)}, not {quote_value(value)}"


def _enum(values: list[Any], value: Any) -> ErrorText:
    allowed = join_or(plain_value(item) for item in values if item is not None)
    return "enum", f"must be {allowed}, not {quote_value(value)}"


def _length(error_type: str, limit: str) -> Callable[[int, Any], ErrorText]:
    def describe_length(bound: int, value: Any) -> ErrorText:
        unit = "character" if isinstance(value, str) else "item"
        return error_type, f"must have {limit} {bound:,} {unit}{'' if bound == 1 else 's'}, not {len(value):,}"

    return describe_length


def _bound(error_type: str, limit: str) -> Callable[[Any, Any], ErrorText]:
    return lambda bound, value: (error_type, f"must be {limit} {bound}, not {quote_value(value)}")


def _fixed(error_type: str, message: str) -> Callable[[Any, Any], ErrorText]:
    return lambda bound, value: (error_type, message)


def _url(_: str, value: Any) -> ErrorText:
    message = "must be a URL, such as https://example.org/done"
    if isinstance(value, str) and not value.isascii() and (plain := _ascii_url(value)):
        message = f"must be a URL without special letters: {plain}"
    return "url_parsing", message


def _ascii_url(text: str) -> str:
    """Return a URL as browsers send it, with letters outside ASCII encoded; "" if that is not possible."""
    try:
        url = urlsplit(text)
        host = (url.hostname or "").encode("idna").decode()
    except ValueError:
        return ""
    rest = quote(url._replace(scheme="", netloc="").geturl(), safe="/?#[]@!$&'()*+,;=:%-._~")
    port = "" if url.port is None else f":{url.port}"
    return f"{url.scheme}://{host}{port}{rest}" if host else ""


KEYWORD_ERRORS: dict[str, Callable[[Any, Any], ErrorText]] = {
    "type": _wrong_type,
    "enum": _enum,
    "const": lambda constant, value: ("literal_error", f"must be {quote_value(constant)}"),
    "minimum": _bound("greater_than_equal", "at least"),
    "maximum": _bound("less_than_equal", "at most"),
    "exclusiveMinimum": _bound("greater_than", "more than"),
    "exclusiveMaximum": _bound("less_than", "less than"),
    "multipleOf": _bound("multiple_of", "a multiple of"),
    "minLength": _length("string_too_short", "at least"),
    "maxLength": _length("string_too_long", "at most"),
    "minItems": _length("too_short", "at least"),
    "maxItems": _length("too_long", "at most"),
    "minProperties": _length("too_short", "at least"),
    "maxProperties": _length("too_long", "at most"),
    "pattern": lambda pattern, value: (
        "string_pattern_mismatch",
        f"must be {join_or(choices)}" if (choices := listed_choices(pattern)) else f"must match {pattern}",
    ),
    "format": _url,
    "items": _fixed("too_long", "has too many items"),
    "uniqueItems": _fixed("unique", "must not have the same item twice"),
    "oneOf": _fixed("one_of", "must match exactly one of its schemas, but matches several"),
    "not": _fixed("not_allowed", "is not allowed here"),
}
