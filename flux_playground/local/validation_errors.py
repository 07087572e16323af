"""Builds the 422 responses of the API, with the sentences and the `ctx` of pydantic.

Sentences: the message templates of pydantic 2. The API's recorded errors have the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ..errors import FieldError
from .http_responses import json_response

# type → schema keyword, name in `ctx`, sentence
BOUNDS = {
    "greater_than_equal": ("minimum", "ge", "Input should be greater than or equal to {}"),
    "less_than_equal": ("maximum", "le", "Input should be less than or equal to {}"),
    "greater_than": ("exclusiveMinimum", "gt", "Input should be greater than {}"),
    "less_than": ("exclusiveMaximum", "lt", "Input should be less than {}"),
    "multiple_of": ("multipleOf", "multiple_of", "Input should be a multiple of {}"),
    "string_too_short": ("minLength", "min_length", "String should have at least {} character{s}"),
    "string_too_long": ("maxLength", "max_length", "String should have at most {} character{s}"),
    "string_pattern_mismatch": ("pattern", "pattern", "String should match pattern '{}'"),
}
LENGTHS = {
    "too_short": (("minItems", "minProperties"), "min_length", "at least"),
    "too_long": (("maxItems", "maxProperties"), "max_length", "at most"),
}
SENTENCES = {
    "missing": "Field required",
    "extra_forbidden": "Extra inputs are not permitted",
    "string_type": "Input should be a valid string",
    "string_unicode": "Input should be a valid string, unable to parse raw data as a unicode string",
    "int_type": "Input should be a valid integer",
    "int_parsing": "Input should be a valid integer, unable to parse string as an integer",
    "int_parsing_size": "Unable to parse input string as an integer, exceeded maximum size",
    "int_from_float": "Input should be a valid integer, got a number with a fractional part",
    "float_type": "Input should be a valid number",
    "float_parsing": "Input should be a valid number, unable to parse string as a number",
    "finite_number": "Input should be a finite number",
    "bool_type": "Input should be a valid boolean",
    "bool_parsing": "Input should be a valid boolean, unable to interpret input",
    "list_type": "Input should be a valid list",
    "dict_type": "Input should be a valid dictionary",
    "none_required": "Input should be None",
    "recursion_loop": "Recursion error - cyclic reference detected",
}
BODY_TYPE = "Input should be a valid dictionary or object to extract fields from"
URL_ERROR = "relative URL without a base"


def invalid_request(errors: Sequence[FieldError], body: Any, schema: Mapping[str, Any]) -> Response:
    """Return the 422 for errors of a body that was checked against a schema."""
    return _response([_detail(error, body, schema) for error in errors])


def invalid_json(error: Exception) -> Response:
    """Return the 422 for a body that is not JSON."""
    detail = {"type": "json_invalid", "loc": ["body", getattr(error, "pos", 0)], "msg": "JSON decode error"}
    return _response([{**detail, "input": {}, "ctx": {"error": str(error)[:200]}}])


def missing_parameter(name: str) -> Response:
    """Return the 422 for a missing query parameter."""
    return _response([{"type": "missing", "loc": ["query", name], "msg": SENTENCES["missing"], "input": None}])


def _response(details: list[dict[str, Any]]) -> Response:
    return json_response({"detail": details}, 422)


def _detail(error: FieldError, body: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    value, kind = _value_at(body, error.loc), error.type
    message, context = _describe(error, value, list(_schemas_at(schema, error.loc[1:])))
    if error.loc == ("body",) and kind == "dict_type":
        kind, message = "model_attributes_type", BODY_TYPE
    detail = {"type": kind, "loc": list(error.loc), "msg": message, "input": value}
    return {**detail, "ctx": context} if context else detail


def _describe(error: FieldError, value: Any, schemas: list[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Return the sentence and the `ctx` of an error; without a keyword in the schema, our own sentence."""
    if error.type in SENTENCES:
        return SENTENCES[error.type], {}
    if error.type in BOUNDS:
        keyword, name, sentence = BOUNDS[error.type]
        bound = _first(schemas, keyword)
        if bound is not None:
            bound = float(bound) if _first(schemas, "type") == "number" else bound
            written = int(bound) if isinstance(bound, float) and bound.is_integer() else bound
            return sentence.format(written, s="" if bound == 1 else "s"), {name: bound}
    if error.type in LENGTHS and isinstance(value, list | dict):
        keywords, name, limit = LENGTHS[error.type]
        bound = _first(schemas, keywords[isinstance(value, dict)])
        if bound is not None:
            noun = "Dictionary" if isinstance(value, dict) else "List"
            items = f"{bound} item{'' if bound == 1 else 's'}"
            message = f"{noun} should have {limit} {items} after validation, not {len(value)}"
            return message, {"field_type": noun, name: bound, "actual_length": len(value)}
    if error.type in ("enum", "literal_error"):
        values = _first(schemas, "enum") or [_first(schemas, "const")]
        expected = _join_or([repr(allowed) for allowed in values if allowed is not None])
        return f"Input should be {expected}", {"expected": expected}
    if error.type == "url_parsing":
        return f"Input should be a valid URL, {URL_ERROR}", {"error": URL_ERROR}
    return f"Value error, {error.msg}", {"error": {}}


def _join_or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _first(schemas: list[Mapping[str, Any]], keyword: str) -> Any:
    return next((schema[keyword] for schema in schemas if keyword in schema), None)


def _schemas_at(schema: Any, loc: Sequence[str | int], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the subschemas of a standalone schema that apply at a place, those of unions included."""
    if not isinstance(schema, Mapping) or depth > 60:
        return
    if not loc:
        yield schema
    for keyword in ("anyOf", "oneOf", "allOf"):
        for branch in schema.get(keyword, ()):
            yield from _schemas_at(branch, loc, depth + 1)
    if loc and isinstance(loc[0], str):
        child = schema.get("properties", {}).get(loc[0], schema.get("additionalProperties"))
        yield from _schemas_at(child, loc[1:], depth + 1)
    elif loc and isinstance(loc[0], int):
        prefix = schema.get("prefixItems", ())
        child = prefix[loc[0]] if loc[0] < len(prefix) else schema.get("items")
        yield from _schemas_at(child, loc[1:], depth + 1)


def _value_at(body: Any, loc: Sequence[str | int]) -> Any:
    """Return the value at a place; for a missing one, the object it is missing from."""
    for part in loc[1:]:
        if isinstance(body, dict) and part in body:
            body = body[str(part)]
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            body = body[part]
        else:
            break
    return body
