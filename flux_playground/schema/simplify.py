"""What a schema comes to: the null left aside, parts laid together, a single branch taken as the whole.

Only for showing and for understanding what was typed; checking goes by the whole schema. Knows resolved schemas only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def simplify(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without its null, its `allOf` laid together, and a sole branch of a union in place of the union."""
    out = dict(schema)
    for part in out.pop("allOf", ()):
        out = _laid_together(out, simplify(part)) if isinstance(part, dict) else out
    branches = union_branches(out)
    if len(branches) == 1:
        without = {key: value for key, value in out.items() if key not in ("anyOf", "oneOf")}
        out = {**simplify(branches[0]), **without}
    named = out.get("type")
    if isinstance(named, list) and len(rest := [one for one in named if one != "null"]) == 1:
        out["type"] = rest[0]
    return out


def merge_object_union(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The essence; of a choice between objects, one object with the properties of all, required if all require them.

    It takes more than the schema does: which properties go together only the whole schema says. What not all of them
    have is without its default, which would be sent where it has no place.
    """
    known = simplify(schema)
    branches = [merge_object_union(one) for one in union_branches(known)]
    if not branches or not all(one.get("properties") for one in branches):
        return known
    rest = {key: value for key, value in known.items() if key not in ("anyOf", "oneOf")}
    parts = [one.get("properties", {}) for one in (known, *branches)]
    names = dict.fromkeys(name for part in parts for name in part)
    required = [name for name in names if all(name in one.get("required", ()) for one in branches)]
    properties = {name: _either([part[name] for part in parts if name in part]) for name in names}
    for name in names:
        if name not in parts[0] and not all(name in part for part in parts[1:]) and isinstance(properties[name], dict):
            properties[name] = {key: value for key, value in properties[name].items() if key != "default"}
    return {**rest, "type": "object", "properties": properties, "required": [*known.get("required", ()), *required]}


def union_branches(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The branches of a union, in its order, without the null; a list of types is a union as well."""
    named = schema.get("type")
    if isinstance(named, list):
        rest = [one for one in named if one != "null"]
        return [{**schema, "type": one} for one in rest] if len(rest) > 1 else []
    branches = schema.get("anyOf") or schema.get("oneOf") or ()
    return [one for one in branches if isinstance(one, dict) and one.get("type") != "null"]


def enum_values(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values that can be chosen from, null left aside; empty where values are free."""
    known = simplify(schema)
    if "const" in known:
        return (known["const"],) if known["const"] is not None else ()
    if "enum" in known:
        return tuple(value for value in known["enum"] if value is not None)
    each = [enum_values(one) for one in union_branches(known)]
    return tuple(value for some in each for value in some) if each and all(each) else ()


def pick_branch(branches: list[dict[str, Any]], value: Any) -> dict[str, Any] | None:
    """The branch of a union of objects that a value's tags (properties with one possible value) say it is."""
    for branch in branches if isinstance(value, Mapping) else ():
        fixed = const_properties(branch)
        if fixed and all(name in value and value[name] == tag for name, tag in fixed.items()):
            return branch
    return None


def const_properties(branch: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of an object that can have one value only, and these values."""
    properties = simplify(branch).get("properties", {})
    fixed = {name: enum_values(one) for name, one in properties.items() if isinstance(one, dict)}
    return {name: values[0] for name, values in fixed.items() if len(values) == 1}


def _either(schemas: list[Any]) -> Any:
    """What takes whatever one of these takes: one and the same, a choice of values, or a union."""
    different = [one for at, one in enumerate(schemas) if one not in schemas[:at]]
    if len(different) == 1:
        return different[0]
    each = [enum_values(one) if isinstance(one, dict) else () for one in different]
    if not all(each):
        return {"anyOf": different}
    values = [value for some in each for value in some]
    kept = {key: value for key, value in different[0].items() if key not in ("const", "anyOf", "oneOf")}
    return {**kept, "enum": list(dict.fromkeys(values))}


def _laid_together(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    out = {**other, **one}
    if "properties" in out:
        mine = one.get("properties", {})
        out["properties"] = {**mine, **{k: v for k, v in other.get("properties", {}).items() if k not in mine}}
    if "required" in out:
        out["required"] = [*one.get("required", ()), *other.get("required", ())]
    return out
