"""Axes of a sweep: what a person writes about a field, as the values that the sweep goes through."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from ..bounded_json import dump_json
from ..build_request import SEED, SEED_COUNT, build_value
from ..errors import InvalidRequest, InvalidSweep
from ..recipe import drop_private_fields, fingerprint
from ..schema import Field, Operation
from ..schema.known_fields import VALUE_LABELS, is_prose
from . import alternatives
from .number_ranges import expand_range, is_range, plain, to_number
from .table_file import parse_table

MAX_POINTS = 1_000
MAX_TEXT_CHARACTERS = 200_000
LABEL_COLUMN = "label"
ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[,;\n]|$)|([^,;\n]*))(?:[,;\n]|$)')
RANDOM = re.compile(r"(\d{1,9})\s*random", re.IGNORECASE | re.ASCII)


class AxisKind(StrEnum):
    """How the text of an axis is read."""

    VALUES = "values"  # of one field
    REPLACE = "replace"  # `old -> new, newer` in the text of one field
    TABLE = "table"  # CSV with a header: each row sets several fields


@dataclass(frozen=True)
class AxisText:
    """An axis as a person writes it. `field` is the name of a field, "" for a table."""

    field: str
    text: str
    kind: AxisKind = AxisKind.VALUES


@dataclass(frozen=True)
class Point:
    """One place on an axis: the values that it sets, or the words that it replaces in the text of a field."""

    label: str
    values: Mapping[str, Any] = field(default_factory=dict)
    replacement: tuple[str, str] | None = None


@dataclass(frozen=True)
class Axis:
    """An axis with at least one point; no two of them are equal."""

    source: AxisText
    points: tuple[Point, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields that the points set."""
        return frozenset(name for point in self.points for name in point.values)


def parse_axis(operation: Operation, source: AxisText, seed: int | None = None) -> Axis:
    """Return the axis of a text; each value has passed the schema of its field.

    Numbers are a list with ranges: `0.8, 1.2`, `0-2 [6]`, `1-10 (+2)`. Other values are separated by commas,
    semicolons or line breaks; quotes keep a comma, and `""` leaves the field out. Prompts are lines with alternatives
    (`alternatives.expand`). Of seeds, `4 random` means the `seed` of the sweep and three that are computed from it, so
    that more of them keep the earlier ones. Raises `InvalidSweep`, whose message names the value, line or column.
    """
    if source.kind is AxisKind.TABLE:
        points = _table_points(operation, source.text)
    else:
        known = find_field(operation, source.field)
        if len(source.text) > MAX_TEXT_CHARACTERS:
            raise InvalidSweep(f"The text is too long: {len(source.text):,} of {MAX_TEXT_CHARACTERS:,} characters.")
        is_replacement = source.kind is AxisKind.REPLACE
        points = _replacements(source) if is_replacement else _value_points(operation, known, source.text, seed)
    if not points:
        raise InvalidSweep("The axis has no values.")
    _check_unique(points)
    return Axis(source, tuple(points))


def find_field(operation: Operation, name: str) -> Field:
    """Return a field that an axis may vary; raises `InvalidSweep` for others."""
    known = next((one for one in operation.fields if one.name == name), None)
    if known is None:
        raise InvalidSweep(f"This endpoint has no field “{name[:60]}”.")
    if known.secret or not drop_private_fields({name: 0}):
        raise InvalidSweep(f"“{name}” cannot be an axis: it does not change the image.")
    return known


def axis_of_values(operation: Operation, name: str, values: Sequence[Any]) -> AxisText:
    """Return the text from which `parse_axis` makes these values again: a table where a prompt has line breaks."""
    prose = is_prose(name) and all(isinstance(value, str) for value in values)
    if prose and any("\n" in value or "\r" in value or value != value.strip() for value in values):
        return AxisText(
            "", "\n".join(['"' + text.replace('"', '""') + '"' for text in (name, *values)]), AxisKind.TABLE
        )
    if prose:
        return AxisText(name, "\n".join(map(alternatives.escape, values)))
    is_compound = operation.field(name).type in ("array", "object")
    return AxisText(name, ("\n" if is_compound else ", ").join(map(dump_json if is_compound else _quote, values)))


def _value_points(operation: Operation, known: Field, text: str, seed: int | None) -> list[Point]:
    if is_prose(known.name) and known.type == "string":
        found = [(f"Line {number}", one) for number, line in _lines(text) for one in _expand(number, line)]
    elif known.type in ("array", "object"):
        found = [(f"Line {number}", line) for number, line in _lines(text)]
    else:
        found = list(_items(known, text, seed))
    _check_count(len(found))
    return [_point(operation, known, value, place) for place, value in found]


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers."""
    lines = re.split(r"\r\n?|\n", text)
    return [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]


def _items(known: Field, text: str, seed: int | None) -> Iterator[tuple[str, Any]]:
    """Yield the place and value of each item of a list; "" leaves the field out."""
    is_number = known.type in ("integer", "number") and not known.enum
    step = Decimal(str(known.multiple_of)) if known.multiple_of else Decimal(1) if known.type == "integer" else None
    count = 0
    for number, (item, is_quoted) in enumerate(_split(text), start=1):
        place, left = f"Value {number}", max(0, MAX_POINTS - count)
        drawn = RANDOM.fullmatch(item) if known.name == SEED else None
        if drawn:
            values: list[Any] = _seeds(known, int(drawn[1]), seed, left)
        elif is_number and is_range(item):
            values = [to_number(one) for one in expand_range(item, step, left)]
        else:
            values = [item if item or not is_quoted else None]
        count += len(values)
        yield from ((place, value) for value in values)


def _split(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each item between commas, semicolons and line breaks, and whether it was in quotes; blanks are left out."""
    for match in ITEM.finditer(text):
        if match[1] is not None:
            yield match[1].replace('""', '"'), True
        elif match[2].strip():
            yield match[2].strip(), False


def _seeds(known: Field, count: int, seed: int | None, most: int) -> list[Any]:
    """Return distinct seeds, the first of which is that of the sweep."""
    if count > most:
        raise InvalidSweep(f"“{count} random” has {count:,} values; at most {most:,} are possible.")
    lowest = int(known.minimum or 0)
    highest = SEED_COUNT - 1 if known.maximum is None else int(known.maximum)
    if count > highest - lowest + 1:
        raise InvalidSweep(f"“{count} random”: there are only {highest - lowest + 1} seeds.")
    seeds = [] if seed is None else [seed]
    for index in range(100 * count):
        if len(seeds) >= count:
            break
        digest = hashlib.sha256(f"{seed}/{index}".encode()).digest()
        drawn = lowest + int.from_bytes(digest[:16]) % (highest - lowest + 1)
        if drawn not in seeds:
            seeds.append(drawn)
    return seeds[:count]


def _expand(number: int, line: str) -> list[str]:
    try:
        return alternatives.expand(line, MAX_POINTS)
    except InvalidSweep as error:
        raise InvalidSweep(f"Line {number}: {error.message}") from None


def _replacements(source: AxisText) -> list[Point]:
    old, arrow, new = _partition(source.text)
    if not arrow:
        raise InvalidSweep("Write what is replaced by what, such as: red -> blue, green.")
    if not old:
        raise InvalidSweep("Nothing is written before the arrow.")
    words = [item for item, _ in _split(new)]
    _check_count(len(words))
    return [Point(word or f"without “{old}”", {}, (old, word)) for word in words]


def _partition(text: str) -> tuple[str, str, str]:
    """Return the word before the first arrow, the arrow or "", and the text after it."""
    old, arrow, new = text.replace("→", "->").partition("->")
    quoted = next(_split(old), ("", False))
    return quoted[0] if quoted[1] else old.strip(), arrow, new


def _table_points(operation: Operation, text: str) -> list[Point]:
    titles = {name: one.name for one in operation.fields for name in (_simplify(one.name), _simplify(one.title))}

    def find_column(title: str) -> str:
        return titles.get(_simplify(title)) or (LABEL_COLUMN if _simplify(title) == LABEL_COLUMN else "")

    points = []
    for number, row in enumerate(parse_table(text, find_column, MAX_POINTS), start=1):
        cells = dict(row.cells)
        names = {one.name for one in operation.fields}
        label = cells.pop(LABEL_COLUMN, "") if LABEL_COLUMN not in names else ""
        values: dict[str, Any] = {}
        for name, cell in cells.items():
            values |= _point(operation, find_field(operation, name), cell, f"Line {row.line}, {name}:").values
        shown = [str(value) for value in values.values()]
        points.append(Point(label.strip() or " · ".join(shown) or f"row {number}", values))
    return points


def _simplify(title: str) -> str:
    return re.sub(r"[\s_-]+", "_", title.strip().casefold())


def _point(operation: Operation, known: Field, value: Any, place: str) -> Point:
    if value is None:
        return Point("not set", {known.name: None})
    if isinstance(value, str) and known.enum:
        same = [one for one in known.enum if isinstance(one, str) and one.casefold() == value.strip().casefold()]
        value = same[0] if len(same) == 1 and value not in known.enum else value
    try:
        built = build_value(operation, known.name, value)
    except InvalidRequest as error:
        raise InvalidSweep(f"{place} {error.details[0].msg}.") from None
    return Point(_label(known.name, built), {known.name: built})


def _label(name: str, value: Any) -> str:
    if not isinstance(value, bool) and isinstance(value, int | float) and (name, value) in VALUE_LABELS:
        return VALUE_LABELS[name, value]
    if isinstance(value, float):
        return plain(Decimal(repr(value)))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quote(value: Any) -> str:
    """Return one value as an item of a list."""
    if value is None:
        return '""'
    text = value if isinstance(value, str) else _label("", value)
    needs_quotes = isinstance(value, str) and (not text or re.search(r'[,;\n"]', text) or text != text.strip())
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text


def _check_count(count: int) -> None:
    if count > MAX_POINTS:
        raise InvalidSweep(f"The axis has {count:,} values; at most {MAX_POINTS:,} are possible.")


def _check_unique(points: Sequence[Point]) -> None:
    seen: set[tuple[str, tuple[str, str] | None]] = set()
    for point in points:
        key = fingerprint("", "", point.values), point.replacement
        if key in seen:
            raise InvalidSweep(f"“{point.label[:60]}” is there twice.")
        seen.add(key)
