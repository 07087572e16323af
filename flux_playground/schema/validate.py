"""Validates a request with jsonschema and returns every error by field, in the format of the API."""

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
from .cheap_patterns import listed_choices, max_text_length
from .error_text import describe, describe_type, join_or, plain_value, quote_value
from .simplify import const_properties, enum_values, pick_branch, tag_properties

Loc = tuple[str | int, ...]

MAX_INTEGER_BITS = 14_000  # about the 4,300 digits that Python converts between int and str
MAX_NAME_CHARACTERS = 256  # the length that every safe pattern for names can match
MAX_VALUE_DEPTH = 60


def is_valid(schema: Mapping[str, Any], value: Any) -> bool:
    """Return whether a JSON value passes a resolved schema."""
    return bool(_VALIDATOR(schema, format_checker=_FORMATS).is_valid(value))


def validate(schema: Mapping[str, Any], request: Any) -> tuple[FieldError, ...]:
    """Return every error of a JSON body, one for each location."""
    if not isinstance(request, dict):
        return (FieldError(("body",), f"must be an object with fields, not {quote_value(request)}", "dict_type"),)
    invalid = {name: error for name, value in request.items() if (error := find_unserializable(value, ("body", name)))}
    errors = {error.loc: error for error in invalid.values()}
    serializable = {name: value for name, value in request.items() if name not in invalid}
    for violation in _VALIDATOR(schema, format_checker=_FORMATS).iter_errors(serializable):
        for error in _field_errors(violation):
            if error.field not in invalid:
                errors.setdefault(error.loc, error)
    return tuple(errors.values())


def find_unserializable(value: Any, loc: Loc) -> FieldError | None:
    """Return the first part of a value that JSON cannot hold, such as NaN, a lone surrogate or endless nesting."""
    if isinstance(value, dict | list | tuple):
        if len(loc) > MAX_VALUE_DEPTH:
            return FieldError(loc[:2], "is nested too deeply", "recursion_loop")
        if isinstance(value, dict):
            if not all(isinstance(key, str) and _is_unicode(key) for key in value):
                return FieldError(loc, "must have text as names", "json_type")
            if any(len(key) > MAX_NAME_CHARACTERS for key in value):
                return FieldError(loc, f"has a name of more than {MAX_NAME_CHARACTERS} characters", "json_type")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return next((error for key, item in items if (error := find_unserializable(item, (*loc, key)))), None)
    if isinstance(value, float) and not math.isfinite(value):
        return FieldError(loc, f"must be a finite number, not {value}", "finite_number")
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        return FieldError(loc, "has too many digits", "int_parsing_size")
    if isinstance(value, str) and not _is_unicode(value):
        return FieldError(loc, "has half a character (a lone surrogate), which cannot be sent", "string_unicode")
    if not isinstance(value, str | int | float | None):
        return FieldError(loc, "must be text, a number, true or false, a list or an object", "json_type")
    return None


def _is_unicode(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _field_errors(violation: ValidationError) -> Iterator[FieldError]:
    loc = ("body", *violation.absolute_path)
    keyword = str(violation.validator)
    bound: Any = violation.validator_value
    value: Any = violation.instance
    schema: Any = violation.schema if isinstance(violation.schema, Mapping) else {}
    if keyword == "required":
        for name in bound:
            if name not in value:
                yield FieldError((*loc, name), "is required", "missing")
    elif keyword == "additionalProperties":
        patterns = schema.get("patternProperties", {})
        for name in value:
            if name not in schema.get("properties", {}) and not any(re.search(pattern, name) for pattern in patterns):
                yield FieldError((*loc, name), "is not a field here", "extra_forbidden")
    elif keyword in ("anyOf", "oneOf") and violation.context:
        yield from _union_errors(violation, loc)
    else:
        error_type, message = describe(keyword, bound, value)
        yield FieldError(loc, message, error_type)


def _union_errors(violation: ValidationError, loc: Loc) -> Iterator[FieldError]:
    """Yield the errors of the branch that the value is meant for, or one error for the union."""
    all_branches: Any = violation.validator_value
    value: Any = violation.instance
    branches = [branch for branch in all_branches if isinstance(branch, dict)]
    branches = [branch for branch in branches if branch.get("type") != "null"] or branches
    chosen = branches[0] if len(branches) == 1 else pick_branch(branches, value) or _nearest_branch(violation, branches)
    if chosen is not None:
        index = next(i for i, branch in enumerate(all_branches) if branch is chosen)
        for inner in violation.context or ():
            if inner.relative_schema_path[0] == index:
                yield from _field_errors(inner)
        return
    tags = tag_properties(branches)
    shared = [name for name in tags[0] if all(name in branch for branch in tags)] if tags else []
    if isinstance(value, dict) and shared:
        name = shared[0]
        error_type = "union_tag_invalid" if name in value else "union_tag_not_found"
        allowed = join_or(plain_value(branch[name]) for branch in tags)
        yield FieldError((*loc, name), f"must be {allowed}", error_type)
    else:
        error_type = "enum" if all(enum_values(branch) for branch in branches) else "union"
        allowed = join_or(map(describe_type, branches))
        yield FieldError(loc, f"must be {allowed}, not {quote_value(value)}", error_type)


def _nearest_branch(violation: ValidationError, branches: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the only branch that accepts the type of the value; None if constants would tell the branches apart."""
    if isinstance(violation.instance, dict) and any(const_properties(branch) for branch in branches):
        return None
    rejected = {
        error.relative_schema_path[0]
        for error in violation.context or ()
        if not error.relative_path and error.validator in ("type", "enum", "const")
    }
    all_branches: Any = violation.validator_value
    near = [
        branch
        for index, branch in enumerate(all_branches)
        if index not in rejected and any(branch is candidate for candidate in branches)
    ]
    return near[0] if len(near) == 1 else None


def _multiple_of(validator: Any, step: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Compare as decimal fractions: 0.3 is a multiple of 0.1, and a huge integer does not overflow."""
    if validator.is_type(value, "number") and _exact(value) % _exact(step) != 0:
        yield ValidationError(f"{value} is not a multiple of {step}")


def _pattern(validator: Any, pattern: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Match a text if the pattern is fast for its length, or a list of plain texts."""
    if not isinstance(value, str):
        return
    choices = listed_choices(pattern)
    is_wrong = len(value) <= max_text_length(pattern) and not re.search(pattern, value)
    if is_wrong if not choices else value not in choices:
        yield ValidationError(f"does not match {pattern}")


def _required(validator: Any, names: list[str], value: Any, schema: Any) -> Iterator[ValidationError]:
    """Yield one error for all missing names; `_field_errors` lists them."""
    if isinstance(value, dict) and not all(name in value for name in names):
        yield ValidationError("names are missing")


def _unique_items(validator: Any, wanted: bool, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Compare the items as JSON text, in linear time."""
    if wanted and isinstance(value, list):
        seen = {json.dumps(_canonical(item), sort_keys=True) for item in value}
        if len(seen) < len(value):
            yield ValidationError("has items that are equal")


def _canonical(value: Any) -> Any:
    """Replace 1.0 by 1, which is equal in JSON Schema."""
    if isinstance(value, dict):
        return {name: _canonical(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _exact(number: int | float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _is_url(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        url = urlsplit(value)
        named = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        return False
    return named and url.scheme in ("http", "https") and all("!" <= char <= "~" for char in value)


def _formats() -> FormatChecker:
    formats = FormatChecker(formats=())
    formats.checks("uri")(_is_url)
    return formats


_FORMATS = _formats()
_KEYWORDS = {"multipleOf": _multiple_of, "pattern": _pattern, "required": _required, "uniqueItems": _unique_items}
_VALIDATOR: Any = extend(Draft202012Validator, _KEYWORDS)  # type: ignore[no-untyped-call]
