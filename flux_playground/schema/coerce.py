"""Converts form values to the types of a schema: the text "42" becomes 42 for an integer field.

A value that cannot be converted stays as it is, and validation reports it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ..bounded_json import LARGE, InvalidJson, parse_json
from .simplify import const_properties, enum_values, pick_branch, simplify, union_branches
from .validate import is_valid

INTEGER = re.compile(r"[+-]?\d{1,4000}(\.0{0,20})?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,4})?", re.ASCII | re.IGNORECASE)
BOOLEAN_WORDS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


def is_blank(value: Any) -> bool:
    """Return whether a form value is empty: None or ""; 0 and False are values."""
    return value is None or (isinstance(value, str) and not value)


def coerce(value: Any, schema: Mapping[str, Any] | bool) -> Any:
    """Convert a form value to the type of a resolved schema, with blank values removed from objects and lists."""
    known = simplify(schema) if isinstance(schema, Mapping) else {}
    if branches := union_branches(known):
        return _coerce_union(value, branches)
    if isinstance(value, str):
        value = _coerce_text(value, known)
    if isinstance(value, float) and known.get("type") == "integer" and value.is_integer():
        return int(value)
    if isinstance(value, Mapping) and ("properties" in known or known.get("type") == "object"):
        return _coerce_object(value, known)
    if isinstance(value, list | tuple) and known.get("type") == "array":
        first = known.get("prefixItems", [])
        head = [coerce(item, item_schema) for item, item_schema in zip(value, first, strict=False)]
        return head + [coerce(item, known.get("items", True)) for item in value[len(first) :] if not is_blank(item)]
    return value


def _coerce_union(value: Any, branches: list[dict[str, Any]]) -> Any:
    """Use the branch that the constants name, else the first that accepts the value, else one after conversion."""
    if not (isinstance(value, Mapping) and any(map(const_properties, branches))):
        for branch in branches:
            if is_valid(branch, value):
                return coerce(value, branch)
        for branch in branches:
            if is_valid(branch, converted := coerce(value, branch)):
                return converted
    elif named := pick_branch(branches, value):
        return coerce(value, named)
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if not is_blank(item)}
    return value


def _coerce_text(text: str, known: Mapping[str, Any]) -> Any:
    plain = text.strip()
    for value in enum_values(known):
        if not isinstance(value, str) and json.dumps(value) == plain:
            return value
    wanted = known.get("type")
    if wanted == "integer" and INTEGER.fullmatch(plain):
        return int(plain.partition(".")[0])
    if wanted == "number" and NUMBER.fullmatch(plain):
        number = int(plain) if re.fullmatch(r"[+-]?\d+", plain) else float(plain)
        return number if isinstance(number, int) or math.isfinite(number) else text
    if wanted == "boolean":
        return BOOLEAN_WORDS.get(plain.lower(), text)
    if wanted in ("array", "object") and plain.startswith(("[", "{")):
        try:
            return parse_json(text, LARGE)
        except InvalidJson:
            return text
    return text


def _coerce_object(value: Mapping[Any, Any], known: Mapping[str, Any]) -> dict[Any, Any]:
    """Order the properties as in the schema, drop blanks, and fill in a required property with one possible value."""
    properties = known.get("properties", {})
    out: dict[Any, Any] = {}
    for name, schema in properties.items():
        if not is_blank(value.get(name)):
            out[name] = coerce(value[name], schema)
        elif name in known.get("required", ()) and isinstance(schema, dict):
            allowed = enum_values(schema)
            if len(allowed) == 1:
                out[name] = allowed[0]
            elif name in value and is_valid(schema, None):
                out[name] = None
    others = {name: item for name, item in value.items() if name not in properties and not is_blank(item)}
    return {**out, **others}
