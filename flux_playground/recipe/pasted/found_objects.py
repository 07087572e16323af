"""Finds the objects inside of values, also in strings of JSON, and chooses the one that is a request."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ...bounded_json import InvalidJson
from .gaps import GAP, has_gap, parse_json_with_gaps

MAX_OBJECTS = 2_000
MAX_LEVELS_OF_TEXT = 3  # of JSON in a string of JSON
MAX_DEPTH = 20
SCHEMA_NAMES = frozenset({"type", "$ref", "anyOf", "allOf", "oneOf", "enum"})


@dataclass(frozen=True)
class FoundObject:
    """The names and values of an object; `is_partial` if it has more that is unknown.

    `is_result` marks what the API responds with, which has only a part of a request. `count` is the number of
    objects that say different values, and this is one of them.
    """

    values: Mapping[str, Any]
    is_partial: bool = False
    is_result: bool = False
    count: int = 1


def objects_in(value: Any, fields: Collection[str], *, is_partial: bool = False) -> Iterator[FoundObject]:
    """Yield a value and the objects in it, outer ones first. The value of a field of a request is not searched."""
    if isinstance(value, dict) and is_partial:
        yield FoundObject(value, is_partial=True)
    yield from islice(_walk(value, fields, "", 0, 0), 1 if is_partial else 0, MAX_OBJECTS)


def objects_in_text(text: str, fields: Collection[str], level: int = 0) -> Iterator[FoundObject]:
    """Yield the objects in a text that is JSON as a whole."""
    if level >= MAX_LEVELS_OF_TEXT or not text.lstrip().startswith(("{", "[")):
        return
    try:
        value = parse_json_with_gaps(text)
    except InvalidJson:
        return
    yield from islice(_walk(value, fields, "", 0, level + 1), MAX_OBJECTS)


def choose(objects: Iterable[FoundObject], fields: Collection[str]) -> FoundObject | None:
    """Return the first object with most of these fields; None if no object has one.

    An object of which nothing is readable is returned only if there is no other. Its fields are gaps in the other one.
    """
    scored = [(_score(found, fields), found) for found in islice(objects, MAX_OBJECTS)]
    scored = [(score, found) for score, found in scored if score[0]]
    if not scored:
        return None
    best_score, best = max(scored, key=lambda item: (item[0][1] > 0, item[0]))
    others = {
        repr(found.values)
        for score, found in scored
        if (score == best_score and found.values != best.values) or _says_otherwise(found, best, fields)
    }
    larger = [found for score, found in scored if score[0] > best_score[0]]
    gaps = {name: GAP for found in larger for name in found.values if name in fields and name not in best.values}
    return replace(best, values={**best.values, **gaps}, count=max(best.count, len(others) + 1))


def make_unclear(objects: Iterable[FoundObject]) -> Iterator[FoundObject]:
    """Yield each object with gaps for all values, where a program may have changed any of them."""
    return (FoundObject(dict.fromkeys(found.values, GAP), is_partial=True) for found in objects)


def agree(readings: Iterable[Iterable[FoundObject]], fields: Collection[str]) -> Iterator[FoundObject]:
    """Yield the object that is chosen in several readings of a text, with a gap for each value that differs."""
    chosen = [found for found in (choose(objects, fields) for objects in readings) if found is not None]
    if chosen:
        first = chosen[0].values
        names = {name: None for found in chosen for name in found.values}
        is_same = {
            name: all(name in one.values and one.values[name] == first.get(name) for one in chosen) for name in names
        }
        values = {name: first[name] if is_same[name] else GAP for name in names}
        is_partial, is_result = any(one.is_partial for one in chosen), any(one.is_result for one in chosen)
        yield FoundObject(values, is_partial, is_result, max(found.count for found in chosen))


def with_gaps(
    objects: Iterable[FoundObject], changed: Collection[str], fields: Collection[str]
) -> Iterator[FoundObject]:
    """Yield each object with a gap for each field that the program changes somewhere, maybe in it."""
    gaps = {name: GAP for name in sorted(fields) if name in changed}
    return (replace(found, values={**found.values, **gaps}) for found in objects)


def _walk(value: Any, fields: Collection[str], name: str, depth: int, level: int) -> Iterator[FoundObject]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        yield from objects_in_text(value, fields, level)
    elif isinstance(value, list):
        for item in value:
            yield from _walk(item, fields, name, depth + 1, level)
    elif isinstance(value, dict):
        if not any(name in fields and _is_schema(item) for name, item in value.items()):
            is_body = _is_body(value.get("raw"))
            known = {key: item for key, item in value.items() if key != "raw"} if is_body else value
            yield FoundObject(known, is_result=name == "result" or "sample" in value)
        for key, item in value.items():
            if key not in fields or (key == "raw" and _is_body(item)):
                yield from _walk(item, fields, key, depth + 1, level)


def _is_schema(value: Any) -> bool:
    """Return whether a value describes a field and is none, as in an OpenAPI document."""
    return isinstance(value, dict) and not SCHEMA_NAMES.isdisjoint(value)


def _is_body(value: Any) -> bool:
    """Return whether the value of `raw` is the text of a body, as in a collection of Postman."""
    return isinstance(value, str) and value.lstrip()[:1] in ("{", "[")


def _says_otherwise(found: FoundObject, best: FoundObject, fields: Collection[str]) -> bool:
    """Return whether an object has a value of a field that the chosen one lacks; a result says what became of it."""
    if found.is_result and not best.is_result:
        return False
    said = {name: value for name, value in found.values.items() if name in fields and not has_gap(value)}
    return any(name not in best.values or best.values[name] not in (value, GAP) for name, value in said.items())


def _score(found: FoundObject, fields: Collection[str]) -> tuple[int, int, int]:
    """Return the number of fields, of those that are readable, and, negative, of other names."""
    named = [name for name in found.values if name in fields]
    readable = sum(not has_gap(found.values[name]) for name in named)
    return len(named), readable, len(named) - len(found.values)
