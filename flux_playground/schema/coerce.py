"""What was typed into a form, as the values that are meant: "42" is 42 where a whole number is wanted.

Never refuses: what cannot be understood stays as it is, and the check says what is wrong with it.
Knows resolved schemas; must not know what draws the form.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from .simplify import const_properties, enum_values, pick_branch, simplify, union_branches
from .validate import is_valid

INTEGER = re.compile(r"[+-]?\d{1,4000}(\.0{0,20})?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})(e[+-]?\d{1,4})?", re.ASCII | re.IGNORECASE)
WORDS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


def is_blank(value: Any) -> bool:
    """Whether nothing was given: None and the empty text. 0 and False are something."""
    return value is None or (isinstance(value, str) and not value)


def coerce(value: Any, schema: Mapping[str, Any] | bool) -> Any:
    """The value that a form's value stands for, by a schema that stands alone."""
    known = simplify(schema) if isinstance(schema, Mapping) else {}
    if branches := union_branches(known):
        return _of_union(value, branches)
    if isinstance(value, str):
        value = _of_text(value, known)
    if isinstance(value, float) and known.get("type") == "integer" and value.is_integer():
        return int(value)
    if isinstance(value, Mapping) and ("properties" in known or known.get("type") == "object"):
        return _of_object(value, known)
    if isinstance(value, list | tuple) and known.get("type") == "array":
        return _of_list(value, known)
    return value


def _of_union(value: Any, branches: list[dict[str, Any]]) -> Any:
    """As the branch that its tags name; else one that takes it as it is; else one that takes what it means."""
    if isinstance(value, Mapping) and any(map(const_properties, branches)):
        named = pick_branch(branches, value)
        return _given(value) if named is None else coerce(value, named)
    for branch in branches:
        if is_valid(branch, value):
            return coerce(value, branch)
    for branch in branches:
        if is_valid(branch, understood := coerce(value, branch)):
            return understood
    return _given(value) if isinstance(value, Mapping) else value


def _given(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one for name, one in value.items() if not is_blank(one)}


def _of_text(text: str, known: Mapping[str, Any]) -> Any:
    for choice in enum_values(known):
        if not isinstance(choice, str) and json.dumps(choice) == text.strip():
            return choice
    wanted = known.get("type")
    if wanted == "integer" and INTEGER.fullmatch(text.strip()):
        return int(text.strip().partition(".")[0])
    if wanted == "number" and NUMBER.fullmatch(text.strip()):
        return _number(text.strip(), text)
    if wanted == "boolean":
        return WORDS.get(text.strip().lower(), text)
    if wanted in ("array", "object") and text.lstrip()[:1] in ("[", "{"):
        return _json(text)
    return text


def _number(text: str, otherwise: str) -> Any:
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else otherwise


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _of_object(value: Mapping[Any, Any], known: Mapping[str, Any]) -> dict[Any, Any]:
    """The fields in the schema's order, blanks left out; a required one that has one choice only has that."""
    properties = known.get("properties", {})
    out: dict[Any, Any] = {}
    for name, schema in properties.items():
        if not is_blank(value.get(name)):
            out[name] = coerce(value[name], schema)
        elif name in known.get("required", ()) and isinstance(schema, dict):
            only = enum_values(schema)
            if len(only) == 1:
                out[name] = only[0]
            elif name in value and is_valid(schema, None):
                out[name] = None
    others = {name: each for name, each in value.items() if name not in properties and not is_blank(each)}
    return {**out, **others}


def _of_list(value: list[Any] | tuple[Any, ...], known: Mapping[str, Any]) -> list[Any]:
    first = known.get("prefixItems", [])
    head = [coerce(each, schema) for each, schema in zip(value, first, strict=False)]
    rest = [coerce(each, known.get("items", True)) for each in value[len(first) :] if not is_blank(each)]
    return head + rest
