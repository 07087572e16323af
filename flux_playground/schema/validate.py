"""Says all that is wrong with a request, by field: jsonschema finds it, the words are ours.

The one module that knows jsonschema. Must not know what was typed into a form, or any field by its name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from ..errors import FieldError
from .cheap_patterns import max_text_length
from .error_text import describe, describe_type, join_or, plain_value, quote_value
from .simplify import const_properties, enum_values, pick_branch

Loc = tuple[str | int, ...]

MOST_BITS = 14_000
"""How long an integer may be: about the 4,300 digits that Python turns into text and back."""

MAX_NAME_CHARACTERS = 256
"""Of a name within a request: as long as any pattern for names can match at once."""

DEEPEST = 60
"""Lists and objects within each other in a request."""


def is_valid(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value (of JSON's kinds) passes a schema (that stands alone)."""
    return bool(_VALIDATOR(schema, format_checker=_FORMATS).is_valid(value))


def validate(schema: Mapping[str, Any], request: Any) -> tuple[FieldError, ...]:
    """All that is wrong with a JSON body, one error a place, in the API's form; nothing is coerced."""
    if not isinstance(request, dict):
        return (FieldError(("body",), f"must be an object with fields, not {quote_value(request)}", "dict_type"),)
    strange = {name: error for name, value in request.items() if (error := find_unserializable(value, ("body", name)))}
    found = {error.loc: error for error in strange.values()}
    fit = {name: value for name, value in request.items() if name not in strange}
    for wrong in _VALIDATOR(schema, format_checker=_FORMATS).iter_errors(fit):
        for error in _errors(wrong):
            if error.field not in strange:
                found.setdefault(error.loc, error)
    return tuple(found.values())


def find_unserializable(value: Any, loc: Loc) -> FieldError | None:
    """The first thing in a value that JSON cannot carry: NaN, half a character, endless depth, other things."""
    if isinstance(value, dict | list | tuple):
        if len(loc) > DEEPEST:
            return FieldError(loc[:2], "is nested too deeply", "recursion_loop")
        if isinstance(value, dict) and not all(isinstance(key, str) and _is_unicode(key) for key in value):
            return FieldError(loc, "must have texts as names", "json_type")
        if isinstance(value, dict) and any(len(key) > MAX_NAME_CHARACTERS for key in value):
            return FieldError(loc, f"has a name of more than {MAX_NAME_CHARACTERS} characters", "json_type")
        each = value.items() if isinstance(value, dict) else enumerate(value)
        return next((error for key, one in each if (error := find_unserializable(one, (*loc, key)))), None)
    if isinstance(value, float) and not math.isfinite(value):
        return FieldError(loc, f"must be a finite number, not {value}", "finite_number")
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return FieldError(loc, "has more digits than can be sent", "int_parsing_size")
    if isinstance(value, str) and not _is_unicode(value):
        return FieldError(loc, "holds half a character, which cannot be sent", "string_unicode")
    if not isinstance(value, str | int | float | None):
        return FieldError(loc, "must be text, a number, true or false, a list or an object", "json_type")
    return None


def _is_unicode(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _errors(wrong: ValidationError) -> Iterator[FieldError]:
    loc = ("body", *wrong.absolute_path)
    keyword = str(wrong.validator)
    bound: Any = wrong.validator_value
    value: Any = wrong.instance
    if keyword == "required":
        for name in bound:
            if name not in value:
                yield FieldError((*loc, name), "is required", "missing")
    elif keyword == "additionalProperties":
        known = wrong.schema.get("properties", {}) if isinstance(wrong.schema, Mapping) else {}
        patterns = wrong.schema.get("patternProperties", {}) if isinstance(wrong.schema, Mapping) else {}
        for name in value:
            if name not in known and not any(re.search(one, name) for one in patterns):
                yield FieldError((*loc, name), "is not a field here", "extra_forbidden")
    elif keyword in ("anyOf", "oneOf") and wrong.context:
        yield from _of_union(wrong, loc)
    else:
        word, sentence = describe(keyword, bound, value)
        yield FieldError(loc, sentence, word)


def _of_union(wrong: ValidationError, loc: Loc) -> Iterator[FieldError]:
    """What is wrong with the branch that was meant, or that none was."""
    every: Any = wrong.validator_value
    branches = [one for one in every if isinstance(one, dict)]
    real = [one for one in branches if one.get("type") != "null"] or branches
    chosen = real[0] if len(real) == 1 else pick_branch(real, wrong.instance) or _nearest(wrong, real)
    if chosen is not None:
        index = next(i for i, one in enumerate(every) if one is chosen)
        for one in wrong.context or ():
            if one.relative_schema_path[0] == index:
                yield from _errors(one)
    else:
        yield _no_branch(wrong, real, loc)


def _nearest(wrong: ValidationError, branches: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The only branch that takes values of this kind at all, if there is one, and no tags tell which was meant."""
    if isinstance(wrong.instance, dict) and any(const_properties(one) for one in branches):
        return None
    near = []
    every: Any = wrong.validator_value
    for index, branch in enumerate(every):
        own = [one for one in wrong.context or () if one.relative_schema_path[0] == index]
        if any(one is branch for one in branches) and not any(_at_once(one) for one in own):
            near.append(branch)
    return near[0] if len(near) == 1 else None


def _at_once(error: ValidationError) -> bool:
    return not error.relative_path and error.validator in ("type", "enum", "const")


def _no_branch(wrong: ValidationError, branches: list[dict[str, Any]], loc: Loc) -> FieldError:
    fixed = [const_properties(one) for one in branches]
    shared = [name for name in fixed[0] if all(name in one for one in fixed)] if fixed else []
    if isinstance(wrong.instance, dict) and shared:
        name = shared[0]
        known = join_or(plain_value(one[name]) for one in fixed)
        word = "union_tag_invalid" if name in wrong.instance else "union_tag_not_found"
        return FieldError((*loc, name), f"must be {known}", word)
    word = "enum" if all(enum_values(one) for one in branches) else "union"
    return FieldError(loc, f"must be {join_or(map(describe_type, branches))}, not {quote_value(wrong.instance)}", word)


def _multiple_of(validator: Any, step: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Exactly, as decimal numbers: 0.3 is a multiple of 0.1, and a huge integer does not overflow."""
    if validator.is_type(value, "number") and _exact(value) % _exact(step) != 0:
        yield ValidationError(f"{value} is not a multiple of {step}")


def _match(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """As the standard says, for texts of a length that can be matched quickly."""
    if isinstance(value, str) and len(value) <= max_text_length(pattern) and not re.search(pattern, value):
        yield ValidationError(f"does not match {pattern}")


def _require(validator: Any, names: list[str], value: Any, schema: Any) -> Iterator[ValidationError]:
    """One error for all missing names; `_errors` lists them."""
    if isinstance(value, dict) and not all(name in value for name in names):
        yield ValidationError("names are missing")


def _be_unique(validator: Any, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    """By comparing each item's JSON text: linear in the size of the list."""
    if wanted and isinstance(value, list):
        seen = {json.dumps(_canonical(item), sort_keys=True) for item in value}
        if len(seen) < len(value):
            yield ValidationError("has items that are equal")


def _canonical(value: Any) -> Any:
    """The value with 1.0 written as 1, which JSON Schema calls equal."""
    if isinstance(value, dict):
        return {name: _canonical(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _exact(number: int | float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _is_web_address(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        url = urlsplit(value)
        named = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        return False
    return named and url.scheme in ("http", "https") and not any(c.isspace() or c < "!" for c in value)


def _formats() -> FormatChecker:
    formats = FormatChecker(formats=())
    formats.checks("uri")(_is_web_address)
    return formats


_FORMATS = _formats()
_KEYWORDS = {"multipleOf": _multiple_of, "pattern": _match, "required": _require, "uniqueItems": _be_unique}
_VALIDATOR: Any = extend(Draft202012Validator, _KEYWORDS)  # type: ignore[no-untyped-call]
