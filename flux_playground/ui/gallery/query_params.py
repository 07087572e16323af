"""Reads the gallery's filters from the parameters of an address.

`q` is the text; `endpoint`, `state` and `tag` may be repeated; `star` is 1; `rating` is the lowest one; `from` and `to`
are dates; `sort` is a name, with "-" before it for descending order. `min.<field>` and `max.<field>` bound a field of
the request, `is.<field>` is one of its values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone

from starlette.datastructures import QueryParams

from ...generation import UNFINISHED, State
from ...schema import Field
from ...storage.search_query import FieldChoice, FieldRange, Query
from ...storage.search_terms import MAX_SEARCH_CHARACTERS, MAX_SEARCH_TERMS, is_cut
from ..events.visit_requests import InvalidParameter

MAX_TEXT_CHARS = 400
MAX_WHOLE_NUMBER = 2**63 - 1
"""Of a column; a larger number is compared as a float."""

MAX_CHOICES = 60
MAX_OFFSET_MINUTES = 16 * 60

STATES: Mapping[str, tuple[str, tuple[State, ...]]] = {
    "image": ("Images", (State.SUCCEEDED,)),
    "running": ("Running", UNFINISHED),
    "uncollected": ("Not downloaded", (State.DETACHED,)),
    "failed": ("Failed", (State.FAILED,)),
    "unknown": ("Not confirmed", (State.SUBMIT_UNKNOWN,)),
    "unsent": ("Canceled", (State.CANCELLED,)),
}
"""The groups of states that can be chosen, with their labels."""

SORTS: Mapping[str, str] = {"newest": "Newest first", "oldest": "Oldest first", "rating": "Best rating first"}
"""The orders that do not depend on the schema, with their labels."""


class InvalidFilter(InvalidParameter):
    """A parameter that is no filter."""


def parse_query(params: QueryParams, fields: Mapping[str, Field]) -> Query:
    """Return the query of an address; `fields` are those that can be filtered, by name. Raises `InvalidFilter`."""
    text = params.get("q", "").strip()
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidFilter(f"A search has at most {MAX_TEXT_CHARS} characters.")
    if len(params.multi_items()) > MAX_CHOICES:
        raise InvalidFilter(f"At most {MAX_CHOICES} filters can be set.")
    sort, descending = _sort(params.get("sort", "newest"), fields)
    since, until = _dates(params)
    return Query(
        text=text,
        endpoints=tuple(path for path in params.getlist("endpoint") if path),
        states=tuple(state for name in params.getlist("state") for state in _states(name)),
        starred=True if params.get("star") else None,
        min_rating=_rating(params.get("rating", "")),
        tags=tuple(tag for tag in params.getlist("tag") if tag),
        since=since,
        until=until,
        sweep=params.get("sweep", ""),
        imported=True if params.get("imported") else None,
        fields=_fields(params, fields),
        sort=sort,
        descending=descending,
    )


def search_note(text: str) -> str:
    """Return what a visitor has to know of a search text: that its end is ignored, or nothing."""
    if not is_cut(text):
        return ""
    return f"Only the first {MAX_SEARCH_TERMS} words, at most {MAX_SEARCH_CHARACTERS} characters, are searched."


def _states(name: str) -> Sequence[State]:
    if name not in STATES:
        raise InvalidFilter(f"There is no state {name[:40]!r}.")
    return STATES[name][1]


def _rating(text: str) -> int:
    if not text:
        return 0
    if text not in ("1", "2", "3", "4", "5"):
        raise InvalidFilter("A rating is a number from 1 to 5.")
    return int(text)


def _sort(text: str, fields: Mapping[str, Field]) -> tuple[str, bool | None]:
    name = text.removeprefix("-")
    if name not in SORTS and name not in fields:
        raise InvalidFilter(f"Images cannot be sorted by {name[:40]!r}.")
    return name, True if text.startswith("-") else None


def _dates(params: QueryParams) -> tuple[float | None, float | None]:
    """Return the first and the last moment of two dates, in the time zone of the browser (`tz`, minutes to UTC)."""
    try:
        minutes = int(params.get("tz", "0"))
        zone = timezone(timedelta(minutes=-minutes)) if abs(minutes) <= MAX_OFFSET_MINUTES else UTC
        since, until = (date.fromisoformat(params[name]) if params.get(name) else None for name in ("from", "to"))
        first = None if since is None else datetime(since.year, since.month, since.day, tzinfo=zone).timestamp()
        last = None if until is None else datetime(until.year, until.month, until.day, tzinfo=zone).timestamp() + 86_400
    except (ValueError, OverflowError, OSError):
        raise InvalidFilter("A date is written as year-month-day, such as 2026-11-26.") from None
    return first, last


def _fields(params: QueryParams, fields: Mapping[str, Field]) -> dict[str, FieldRange | FieldChoice]:
    found: dict[str, FieldRange | FieldChoice] = {}
    for key in params:
        kind, _, name = key.partition(".")
        if kind not in ("min", "max", "is") or not name:
            continue
        if name not in fields:
            raise InvalidFilter(f"No endpoint has a field {name[:40]!r}.")
        if kind == "is":
            found[name] = FieldChoice(tuple(_typed(fields[name], text) for text in params.getlist(key)))
        else:
            found[name] = FieldRange(
                read_number(params.get(f"min.{name}", "")), read_number(params.get(f"max.{name}", ""))
            )
    return {name: one for name, one in found.items() if one != FieldRange(None, None)}


def _typed(field: Field, text: str) -> str | float | bool:
    if field.type == "boolean":
        return text == "true"
    if field.type in ("integer", "number"):
        number = read_number(text)
        return text if number is None else number
    return text


def read_number(text: str) -> float | None:
    """Return the number of a parameter, None for a blank one; raises `InvalidFilter`."""
    if not text.strip():
        return None
    try:
        number = int(text) if text.strip().lstrip("-").isdecimal() else float(text)
        number = number if abs(number) <= MAX_WHOLE_NUMBER else float(number)
        is_finite = math.isfinite(number)
    except (ValueError, OverflowError):
        is_finite = False
    if not is_finite:
        raise InvalidFilter(f"{text[:40]!r} is not a number.")
    return number
