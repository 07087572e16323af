"""What a search asks for, and the SQL that answers it."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from ..generation import UNFINISHED, State
from .search_index import RATING, UNDER_WAY, fit_number
from .search_terms import exact_term, match_any, match_text

NEWEST, OLDEST, BEST = "newest", "oldest", "rating"
MAX_VALUES = 100  # of one filter
FIELD = "field = (SELECT number FROM fields WHERE owner = ? AND name = ?)"


@dataclass(frozen=True)
class FieldRange:
    """Numbers of a request's field, bounds included; None is no bound."""

    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class FieldChoice:
    """Values of a request's field; 3 and "3" are equal, and a boolean is `true` or `false`."""

    values: tuple[str | float | bool, ...]


@dataclass(frozen=True)
class Query:
    """The conditions of a search, all of which must hold; a default is no condition. Times are Unix seconds.

    `text` is what a visitor typed: every word must be in the prompt, a tag, the note, an id, the seed or a file name,
    the last word as a prefix. `fields` has conditions for request fields by name; the seed is the one the API used.
    `sort` is "newest", "oldest", "rating" or the name of a request field; images without the field come last.
    `descending` is for a field and the rating; "rating" is descending unless it is False.
    """

    text: str = ""
    endpoints: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    starred: bool | None = None
    min_rating: int = 0
    tags: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    sweep: str = ""
    imported: bool | None = None
    fields: Mapping[str, FieldRange | FieldChoice] = field(default_factory=lambda: MappingProxyType({}))
    sort: str = NEWEST
    descending: bool | None = None

    @property
    def field_order(self) -> str:
        """The name of the field that the result is sorted by, or "" for an order of time."""
        return {NEWEST: "", OLDEST: "", BEST: RATING}.get(self.sort, self.sort)

    @property
    def is_descending(self) -> bool:
        """Whether the order begins with the latest time or the highest value."""
        if self.field_order and self.descending is not None:
            return self.descending
        return self.sort in (NEWEST, BEST)


def is_filtered(query: Query) -> bool:
    """Return whether a search has conditions."""
    return query != Query(sort=query.sort, descending=query.descending)


class Key(NamedTuple):
    """The place of an entry in the order of a search: `value` of the sorted field, None for an entry without it."""

    number: int
    value: Any = None


def write_cursor(query: Query, key: Key) -> str:
    """Return a key as the text of a cursor, which only fits a query of the same order."""
    text = json.dumps([query.field_order, query.is_descending, *key])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(query: Query, text: str) -> Key | None:
    """Return the key of a cursor; None for a text that is not a cursor of this order."""
    try:
        order, is_descending, number, value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError):
        return None
    if isinstance(value, str):
        value = value.encode("utf-8", "replace").decode()
    fits = (order, is_descending) == (query.field_order, query.is_descending)
    is_key = type(number) is int and abs(number) < 2**63 and isinstance(value, str | int | float | None)
    return Key(number, fit_number(value)) if fits and is_key else None


@dataclass(frozen=True)
class Sql:
    """A condition with its values."""

    text: str
    values: tuple[Any, ...] = ()


def match(owner: str, query: Query) -> str:
    """Return the FTS5 expression of all conditions except ranges."""
    required = [
        [exact_term("owner", owner)],
        [exact_term("endpoint", endpoint) for endpoint in query.endpoints],
        [exact_term("state", UNDER_WAY if state in UNFINISHED else state) for state in query.states],
        [exact_term("starred", query.starred)] if query.starred is not None else [],
        [exact_term("imported", query.imported)] if query.imported is not None else [],
        [exact_term("rating", min(query.min_rating, 6))] if query.min_rating > 0 else [],
        [exact_term("sweep", query.sweep)] if query.sweep else [],
        *([exact_term("tag", tag)] for tag in query.tags[:MAX_VALUES]),
        *(
            [exact_term(f"field {name}", value) for value in condition.values] or [exact_term("nothing")]
            for name, condition in query.fields.items()
            if isinstance(condition, FieldChoice)
        ),
    ]
    parts = [match_any(terms[:MAX_VALUES]) for terms in required if terms]
    text = match_text(query.text)
    return " AND ".join([*parts, text] if text else parts)


def match_owner(owner: str, text: str) -> str:
    """Return the FTS5 expression that finds a visitor's text in what an owner has."""
    return match(owner, Query(text=text))


def conditions(query: Query, number: str) -> list[Sql]:
    """Return the conditions on times and unfinished states; the column `number` has the order of time."""
    found = []
    if query.since is not None and not math.isnan(query.since):
        found.append(Sql(f"{number} >= ?", (_milliseconds(query.since),)))
    if query.until is not None and not math.isnan(query.until):
        found.append(Sql(f"{number} <= ?", (_milliseconds(query.until),)))
    if query.states and (others := [state for state in UNFINISHED if state not in query.states]):
        marks = ", ".join("?" * len(others))
        states = f"SELECT number FROM entries JOIN generations USING (id) WHERE state IN ({marks})"  # noqa: S608
        found.append(Sql(f"{number} NOT IN ({states})", tuple(others)))
    return found


def ranges(owner: str, query: Query, to_field: Callable[[Any], Any]) -> list[Sql]:
    """Return the conditions on `entry_fields`, each of which must hold for a row of an entry.

    `to_field` is that of the connection.
    """
    bounds = ((name, one) for name, one in query.fields.items() if isinstance(one, FieldRange))
    return [
        Sql(
            f"{FIELD} AND value BETWEEN ? AND ?",
            (
                owner,
                name,
                to_field(-math.inf if bound.minimum is None else fit_number(bound.minimum)),
                to_field(math.inf if bound.maximum is None else fit_number(bound.maximum)),
            ),
        )
        for name, bound in bounds
    ]


def join(conditions: Sequence[Sql]) -> Sql:
    """Return the condition that all conditions hold."""
    return Sql(" AND ".join(one.text for one in conditions), tuple(v for one in conditions for v in one.values))


def _milliseconds(seconds: float) -> int:
    return int(1000 * min(max(seconds, -1.0), 9e12))
