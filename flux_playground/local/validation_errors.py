"""Builds the 422 responses of the API, with the errors that pydantic 2 has for the same value and schema.

`pydantic_errors.py` finds them. The sentences here are those of FastAPI, and of values that pydantic never gets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ..errors import FieldError
from .http_responses import json_response
from .pydantic_errors import Detail, build_detail, find_errors

UNSERIALIZABLE = {
    "string_unicode": "Input should be a valid string, unable to parse raw data as a unicode string",
    "int_parsing_size": "Unable to parse input string as an integer, exceeded maximum size",
    "finite_number": "Input should be a finite number",
    "recursion_loop": "Recursion error - cyclic reference detected",
    "json_type": "JSON input should be string, bytes or bytearray",
}


def invalid_request(errors: Sequence[FieldError], body: Any, schema: Mapping[str, Any]) -> Response:
    """Return the 422 for a body that was checked against a schema, with these errors."""
    unserializable = {error.field: error for error in errors if error.type in UNSERIALIZABLE}
    checked = body
    if isinstance(body, dict):
        checked = {name: value for name, value in body.items() if name not in unserializable}
    found = find_errors(schema, checked, ("body",))
    details = [one for one in found if not {*one["loc"][1:2]} & unserializable.keys()]
    known = {name for detail in details for name in detail["loc"][1:2]}
    own = [error for error in errors if error.type in ("value_error", *UNSERIALIZABLE) and error.field not in known]
    return _response([*details, *(_own_detail(error, body) for error in own)])


def invalid_json(error: Exception) -> Response:
    """Return the 422 for a body that is not JSON."""
    detail = {"type": "json_invalid", "loc": ["body", getattr(error, "pos", 0)], "msg": "JSON decode error"}
    return _response([{**detail, "input": {}, "ctx": {"error": str(error)[:200]}}])


def missing_parameter(name: str) -> Response:
    """Return the 422 for a missing query parameter."""
    return _response([build_detail("missing", ("query", name), None)])


def _own_detail(error: FieldError, body: Any) -> Detail:
    """Return an error that the schema does not show: a value that JSON cannot hold, or a check beyond the schema."""
    value = body.get(error.field, body) if isinstance(body, dict) else body
    if error.type in UNSERIALIZABLE:
        return {"type": error.type, "loc": list(error.loc), "msg": UNSERIALIZABLE[error.type], "input": value}
    return build_detail("value_error", error.loc, value, error=error.msg)


def _response(details: list[Detail]) -> Response:
    return json_response({"detail": details}, 422)
