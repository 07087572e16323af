"""What is wrong with a value, as a sentence that goes on from the field's name: "must be at most 2, not 2.4".

The words for programs are pydantic's, as the API's own are. Knows JSON Schema's keywords; must not know fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .simplify import enum_values, simplify, union_branches

KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "nothing (null)",
}
"""What a type is called."""

PARSING = {"integer": "int_parsing", "number": "float_parsing", "boolean": "bool_parsing"}
WRONG = {
    "string": "string_type",
    "integer": "int_type",
    "number": "float_type",
    "boolean": "bool_type",
    "array": "list_type",
    "object": "dict_type",
}
"""Pydantic's words for a value of the wrong type: for a text that does not read as one, and for anything else."""

ErrorText = tuple[str, str]
"""A word for programs and a sentence for people."""


def quote_value(value: Any) -> str:
    """A value as it is shown in a sentence: short, and an object not at all."""
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:40]}…"
    return f"“{text}”" if isinstance(value, str) else text


def plain_value(value: Any) -> str:
    """A value as it is shown where it stands for itself: without quotes."""
    return quote_value(value).strip("“”")


def describe_type(schema: Mapping[str, Any]) -> str:
    """What a schema takes, in few words: "a whole number", "jpeg or png"."""
    known = simplify(schema)
    if values := enum_values(known):
        return join_or(plain_value(value) for value in values)
    if branches := union_branches(known):
        return join_or(describe_type(one) for one in branches)
    return KINDS.get(str(known.get("type")), "an object" if "properties" in known else "a value")


def join_or(words: Iterable[str]) -> str:
    """One word, or several with commas and an "or"; more than a dozen are cut."""
    some = list(dict.fromkeys(words))
    if len(some) > 12:
        some = [*some[:11], "one of the others"]
    return " or ".join([", ".join(some[:-1]), some[-1]]) if len(some) > 1 else "".join(some)


def wrong_type(named: str | list[str], value: Any) -> ErrorText:
    """For a value that is not of the one type, or of one of the types."""
    wanted = [one for one in ([named] if isinstance(named, str) else named) if one != "null"] or ["null"]
    first = wanted[0]
    if first == "integer" and isinstance(value, float):
        word = "int_from_float"
    else:
        word = PARSING.get(first, "") if isinstance(value, str) else ""
    return word or WRONG.get(
        first, "none_required"
    ), f"must be {join_or(KINDS[one] for one in wanted)}, not {quote_value(value)}"


def _enum(values: list[Any], value: Any) -> ErrorText:
    known = join_or(plain_value(one) for one in values if one is not None)
    return "enum", f"must be {known}, not {quote_value(value)}"


def _length(word: str, limit: str) -> Callable[[int, Any], ErrorText]:
    def told(bound: int, value: Any) -> ErrorText:
        unit = "character" if isinstance(value, str) else "item"
        return word, f"must have {limit} {bound:,} {unit}{'' if bound == 1 else 's'}, not {len(value):,}"

    return told


def _bound(word: str, limit: str) -> Callable[[Any, Any], ErrorText]:
    return lambda bound, value: (word, f"must be {limit} {bound}, not {quote_value(value)}")


def _fixed(word: str, sentence: str) -> Callable[[Any, Any], ErrorText]:
    return lambda bound, value: (word, sentence)


SENTENCES: dict[str, Callable[[Any, Any], ErrorText]] = {
    "type": wrong_type,
    "enum": _enum,
    "const": lambda only, value: ("literal_error", f"must be {quote_value(only)}"),
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
    "pattern": lambda pattern, value: ("string_pattern_mismatch", f"must have the form {pattern}"),
    "format": _fixed("url_parsing", "must be a web address, such as https://example.org/done"),
    "items": _fixed("too_long", "has more items than it can have"),
    "uniqueItems": _fixed("unique", "must not hold the same item twice"),
    "oneOf": _fixed("one_of", "fits more than one of the forms that it can have; it must fit exactly one"),
    "not": _fixed("not_allowed", "is not allowed here"),
}
"""By keyword: what to say, given the keyword's value and the value that breaks it."""


def describe(keyword: str, bound: Any, value: Any) -> ErrorText:
    """What to say of a value that breaks a keyword."""
    return SENTENCES.get(keyword, _fixed("value_error", "is not what the schema allows here"))(bound, value)
