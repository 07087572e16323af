"""Simplifies a schema for display and coercion: drops null branches, merges `allOf`, collapses single-branch unions.

Validation uses the original schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def simplify(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema without null, with `allOf` merged, and with the branch in place of a union of one branch."""
    out = dict(schema)
    for part in out.pop("allOf", ()):
        if not isinstance(part, dict):
            continue
        above, below = out, simplify(part)
        out = {**below, **above}
        if "properties" in out:
            names = above.get("properties", {})
            others = {name: value for name, value in below.get("properties", {}).items() if name not in names}
            out["properties"] = {**names, **others}
        if "required" in out:
            out["required"] = [*above.get("required", ()), *below.get("required", ())]
    branches = union_branches(out)
    if len(branches) == 1:
        out = {**simplify(branches[0]), **_without_union(out)}
    types = out.get("type")
    if isinstance(types, list) and len(kept := [name for name in types if name != "null"]) == 1:
        out["type"] = kept[0]
    return out


def merge_object_union(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Simplify a schema; turn a union of objects into one object with the properties of all branches.

    A property is required if all branches require it. It has a default only if all branches have the same one.
    The result accepts more than the schema, which alone says which properties belong together.
    """
    known = simplify(schema)
    branches = [merge_object_union(branch) for branch in union_branches(known)]
    if not branches or not all(branch.get("properties") for branch in branches):
        return known
    tables = [part.get("properties", {}) for part in (known, *branches)]
    properties: dict[str, Any] = {}
    for name in dict.fromkeys(name for table in tables for name in table):
        merged = _merge_alternatives([table[name] for table in tables if name in table])
        defaults = [table.get(name, {}).get("default") for table in tables[1:] if isinstance(table.get(name, {}), dict)]
        is_shared = name in tables[0] or all(default == defaults[0] for default in defaults)
        if not is_shared and isinstance(merged, dict):
            merged = {key: value for key, value in merged.items() if key != "default"}
        properties[name] = merged
    required = [name for name in properties if all(name in branch.get("required", ()) for branch in branches)]
    return {
        **_without_union(known),
        "type": "object",
        "properties": properties,
        "required": [*known.get("required", ()), *required],
    }


def union_branches(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the branches of a union (`anyOf`, `oneOf` or a list of types) without null."""
    types = schema.get("type")
    if isinstance(types, list):
        others = [name for name in types if name != "null"]
        return [{**schema, "type": name} for name in others] if len(others) > 1 else []
    branches = schema.get("anyOf") or schema.get("oneOf") or ()
    return [branch for branch in branches if isinstance(branch, dict) and branch.get("type") != "null"]


def enum_values(schema: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the values of an enumeration without null; empty for a schema that is not one."""
    known = simplify(schema)
    if "const" in known:
        return (known["const"],) if known["const"] is not None else ()
    if "enum" in known:
        return tuple(value for value in known["enum"] if value is not None)
    values = [enum_values(branch) for branch in union_branches(known)]
    return tuple(value for branch in values for value in branch) if values and all(values) else ()


def const_properties(branch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an object that have one possible value, with this value."""
    properties = simplify(branch).get("properties", {})
    values = {name: enum_values(schema) for name, schema in properties.items() if isinstance(schema, dict)}
    return {name: allowed[0] for name, allowed in values.items() if len(allowed) == 1}


def tag_properties(branches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the constants of each branch of a union of objects that tell it from the others.

    These are the constants of all branches whose values differ; without such ones, the required constants of each.
    """
    constants = [const_properties(branch) for branch in branches]
    shared = [name for name in (constants[0] if constants else ()) if all(name in one for one in constants)]
    telling = [name for name in shared if any(one[name] != constants[0][name] for one in constants)]
    if telling:
        return [{name: one[name] for name in telling} for one in constants]
    required = [set(simplify(branch).get("required", ())) for branch in branches]
    return [{name: one[name] for name in one if name in names} for one, names in zip(constants, required, strict=True)]


def pick_branch(branches: list[dict[str, Any]], value: Any) -> dict[str, Any] | None:
    """Return the branch of a union of objects whose `tag_properties` a value has."""
    if isinstance(value, Mapping):
        for branch, tags in zip(branches, tag_properties(branches), strict=True):
            if tags and all(name in value and value[name] == tag for name, tag in tags.items()):
                return branch
    return None


def _without_union(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}


def _merge_alternatives(schemas: list[Any]) -> Any:
    """Return a schema that accepts what any of the schemas accepts: the same one, an enumeration, or a union."""
    distinct = [schema for index, schema in enumerate(schemas) if schema not in schemas[:index]]
    if len(distinct) == 1:
        return distinct[0]
    values = [enum_values(schema) if isinstance(schema, dict) else () for schema in distinct]
    if not all(values):
        return {"anyOf": distinct}
    first = {key: value for key, value in _without_union(distinct[0]).items() if key != "const"}
    return {**first, "enum": list(dict.fromkeys(value for allowed in values for value in allowed))}
