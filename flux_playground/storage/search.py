"""Finds an owner's generations: page by page in any order, their number, neighbors, field values and prompts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..generation import Generation
from .annotations import Annotation, Annotations
from .database_connection import Reader, id_list
from .search_index import PROMPT
from .search_query import (
    FIELD,
    Key,
    Query,
    Sql,
    conditions,
    is_filtered,
    join,
    match,
    match_owner,
    ranges,
    read_cursor,
    write_cursor,
)

MAX_PAGE_SIZE = 500
MAX_COLLECTED = 20_000  # entries of a range
MAX_COUNTED = 10_000  # entries of a result with conditions


class Source(NamedTuple):
    """A table with the entries of a search, its column of their numbers, and the condition of owner and words."""

    table: str
    number: str
    condition: Sql


@dataclass(frozen=True)
class Entry:
    """A generation and what its owner says of it."""

    generation: Generation
    annotation: Annotation


@dataclass(frozen=True)
class Page:
    """A part of a result. `next` is the cursor of the following page, "" at the end.

    `unreadable` counts the rows in it that are damaged or of a newer version.
    """

    entries: tuple[Entry, ...]
    next: str = ""
    unreadable: int = 0


@dataclass(frozen=True)
class FieldValues:
    """The values of a request's field: the least and greatest number, and distinct values in their order."""

    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str | float, ...] = ()


@dataclass(frozen=True)
class PromptUse:
    """A prompt, the number of generations with it, the id of the best one, and when it was last used (Unix seconds).

    The best generation has an image, then the highest rating, then a star, and is the latest of those.
    """

    prompt: str
    count: int
    best_id: str
    last_used: float


class Search:
    """The search of a store, on a connection of its own. Safe to use from many threads.

    `load` returns generations by id. Every call raises `StorageError` and sees only what the owner has not deleted.
    """

    def __init__(
        self, reader: Reader, annotations: Annotations, load: Callable[[Sequence[str]], dict[str, Generation]]
    ) -> None:
        self._reader, self._annotations, self._load = reader, annotations, load

    def page(self, owner: str, query: Query, after: str = "", limit: int = 60) -> Page:
        """Return the next entries of a result. `after` is the cursor of the page before; with another text nothing."""
        limit = min(max(limit, 1), MAX_PAGE_SIZE)
        start = read_cursor(query, after)
        if after and start is None:
            return Page(())
        keys = self._keys(owner, query, start, limit + 1)
        ids = self._ids(keys[:limit])
        found = self.entries(owner, ids)
        following = write_cursor(query, keys[limit - 1]) if len(keys) > limit else ""
        return Page(tuple(found), following, len(ids) - len(found))

    def entries(self, owner: str, ids: Iterable[str]) -> list[Entry]:
        """Return the owner's generations with these ids, in this order, without unknown and deleted ones."""
        ids = list(ids)
        generations, annotations = self._load(ids), self._annotations.get(owner, ids)
        found = (generations[one] for one in ids if one in generations and generations[one].owner == owner)
        return [Entry(generation, annotations.get(generation.id, Annotation())) for generation in found]

    def count(self, owner: str, query: Query) -> int:
        """Return the number of entries of a result; with conditions, `MAX_COUNTED` + 1 is any larger number."""
        limit = f"LIMIT {MAX_COUNTED + 1}" if is_filtered(query) else ""
        if match(owner, query) == match_owner(owner, "") and len(only := self._ranges(owner, query)) == 1:
            where = [*only, *conditions(query, "number")]
            return self._count("entry_fields", where, limit)
        source = self._source(owner, query)
        where = [source.condition, *self._conditions(owner, query, source.number)]
        return self._count(source.table, where, limit)

    def neighbors(self, owner: str, query: Query, generation_id: str) -> tuple[str, str]:
        """Return the ids before and after a generation in a result, "" at an end; the generation need not be in it."""
        value = f"SELECT value FROM entry_fields WHERE {FIELD} AND number = entries.number"  # noqa: S608
        text = f"SELECT number, ({value}) FROM entries WHERE id = ? AND owner = ?"  # noqa: S608
        found = self._rows(text, [owner, query.field_order, generation_id, owner])
        if not found:
            return "", ""
        key = self._key(*found[0])
        before, after = (self._ids(self._keys(owner, query, key, 1, backward=backward)) for backward in (True, False))
        return "".join(before), "".join(after)

    def values(self, owner: str, field: str, limit: int = 100) -> FieldValues:
        """Return the values that the owner's requests have for a field, at most `limit` distinct ones."""
        of_field, to_field = f"FROM entry_fields WHERE {FIELD}", self._reader.connection.to_field
        numbers = f"SELECT min(value) {of_field} AND value < ?", f"SELECT max(value) {of_field} AND value < ?"
        low, high = (self._rows(text, [owner, field, to_field("")])[0][0] for text in numbers)
        # Each step seeks the next value in the index, so that the time depends on distinct values only.
        text = f"""
            WITH RECURSIVE found (value) AS (
                SELECT min(value) {of_field} UNION ALL
                SELECT (SELECT min(value) {of_field} AND value > found.value) FROM found WHERE value IS NOT NULL
            ) SELECT value FROM found WHERE value IS NOT NULL LIMIT ?
        """  # noqa: S608
        rows, from_field = self._rows(text, [owner, field, owner, field, limit]), self._reader.connection.from_field
        return FieldValues(from_field(low), from_field(high), tuple(from_field(value) for (value,) in rows))

    def prompts(self, owner: str, text: str = "", limit: int = 60, after: float | None = None) -> list[PromptUse]:
        """Return the owner's prompts that a text finds, last used first; `after` is `last_used` of an earlier one."""
        limit = min(max(limit, 1), MAX_PAGE_SIZE)
        best = "SELECT id FROM entries WHERE prompt = prompts.number ORDER BY rank DESC, number DESC LIMIT 1"
        count = "SELECT count(*) FROM entries WHERE prompt = prompts.number"
        last = "SELECT id FROM entries WHERE number = latest"
        start = None if after is None else round(1000 * after)
        uses: list[PromptUse] = []
        while wanted := limit - len(uses):
            where = [Sql("owner = ?", (owner,))]
            if text.strip():
                words = "SELECT rowid FROM prompt_words WHERE prompt_words MATCH ?"
                where.append(Sql(f"number IN ({words})", (match_owner(owner, text),)))
            if start is not None:
                where.append(Sql("latest < ?", (start,)))
            order = f"ORDER BY latest DESC LIMIT {wanted}"
            rows = self._select(f"SELECT ({count}), ({best}), latest, ({last}) FROM prompts", where, order)  # noqa: S608
            generations = self._load([last_id for *_, last_id in rows])
            uses += [
                PromptUse(str(generations[last_id].request.get(PROMPT, "")), number, best_id, latest / 1000)
                for number, best_id, latest, last_id in rows
                if last_id in generations  # a damaged row hides only its own prompt
            ]
            if len(rows) < wanted:
                break
            start = rows[-1][2]
        return uses

    def _keys(self, owner: str, query: Query, start: Key | None, limit: int, *, backward: bool = False) -> list[Key]:
        """The keys that follow a key in the order of a query, or that precede it, nearest first."""
        if not query.field_order:
            return self._in_time(owner, query, start, limit, is_descending=query.is_descending != backward)
        parts = [self._with_field, self._without_field]
        if backward:
            parts.reverse()
        if start is not None and (start.value is None) != backward:
            del parts[0]
        found: list[Key] = []
        for part in parts:
            if len(found) < limit:
                found += part(owner, query, start, limit - len(found), backward=backward)
        return found

    def _in_time(
        self,
        owner: str,
        query: Query,
        start: Key | None,
        limit: int,
        *,
        is_descending: bool,
        absent: bool = False,
    ) -> list[Key]:
        table, number, condition = self._source(owner, query)
        where = [condition, *self._conditions(owner, query, number)]
        if absent:
            with_value = f"SELECT 1 FROM entry_fields WHERE {FIELD} AND entry_fields.number = {number}"  # noqa: S608
            where.append(Sql(f"NOT EXISTS ({with_value})", (owner, query.field_order)))
        if start is not None:
            where.append(Sql(f"{number} {'<' if is_descending else '>'} ?", (start.number,)))
        order = f"ORDER BY {number} {'DESC' if is_descending else 'ASC'} LIMIT {limit}"
        return [Key(row[0]) for row in self._select(f"SELECT {number} FROM {table}", where, order)]  # noqa: S608

    def _with_field(self, owner: str, query: Query, start: Key | None, limit: int, *, backward: bool) -> list[Key]:
        """The keys of entries with a value of the sorted field."""
        is_descending = query.is_descending != backward
        where = [Sql(FIELD, (owner, query.field_order)), *self._conditions(owner, query, "entry_fields.number")]
        if is_filtered(query):
            table, number, words = self._source(owner, query)
            where.append(Sql(f"number IN (SELECT {number} FROM {table} WHERE {words.text})", words.values))  # noqa: S608
        if start is not None and start.value is not None:
            last = self._reader.connection.to_field(start.value), start.number
            where.append(Sql(f"(value, number) {'<' if is_descending else '>'} (?, ?)", last))
        direction = "DESC" if is_descending else "ASC"
        order = f"ORDER BY value {direction}, number {direction} LIMIT {limit}"
        return [self._key(*row) for row in self._select("SELECT number, value FROM entry_fields", where, order)]

    def _without_field(self, owner: str, query: Query, start: Key | None, limit: int, *, backward: bool) -> list[Key]:
        """The keys of entries without a value of the sorted field, newest first."""
        start = start if start is not None and start.value is None else None
        return self._in_time(owner, query, start, limit, is_descending=not backward, absent=True)

    def _source(self, owner: str, query: Query) -> Source:
        words = match(owner, query)
        if self._reader.connection.lists_owners and words == match_owner(owner, ""):
            return Source("entries", "entries.number", Sql("owner = ?", (owner,)))
        return Source("entry_words", "entry_words.rowid", Sql("entry_words MATCH ?", (words,)))

    def _conditions(self, owner: str, query: Query, number: str) -> list[Sql]:
        """The conditions that are not words. Few entries of a range are collected, many are looked up one by one."""
        found = conditions(query, number)
        for one in self._ranges(owner, query):
            rows = f"SELECT number FROM entry_fields AS of_range WHERE {one.text}"  # noqa: S608
            counted = f"SELECT count(*) FROM ({rows} LIMIT {MAX_COLLECTED}) AS found"  # noqa: S608
            is_small = self._rows(counted, one.values)[0][0] < MAX_COLLECTED
            # With the plus sign, the collected numbers are compared, instead of a search of the words for each number.
            text = f"+{number} IN ({rows})" if is_small else f"EXISTS ({rows} AND of_range.number = {number})"
            found.append(Sql(text, one.values))
        return found

    def _ids(self, keys: Sequence[Key]) -> list[str]:
        text = "SELECT number, id FROM entries WHERE number IN (SELECT CAST(value AS BIGINT) FROM json_each(?))"
        ids = dict(self._rows(text, [id_list(key.number for key in keys)]))
        return [ids[key.number] for key in keys if key.number in ids]

    def _key(self, number: int, stored: Any) -> Key:
        return Key(number, self._reader.connection.from_field(stored))

    def _ranges(self, owner: str, query: Query) -> list[Sql]:
        return ranges(owner, query, self._reader.connection.to_field)

    def _count(self, table: str, where: Sequence[Sql], limit: str) -> int:
        condition = join(where)
        found = f"SELECT 1 FROM {table} WHERE {condition.text} {limit}"  # noqa: S608
        return int(self._rows(f"SELECT count(*) FROM ({found}) AS found", condition.values)[0][0])  # noqa: S608

    def _select(self, text: str, where: Sequence[Sql], order: str = "") -> list[tuple[Any, ...]]:
        condition = join(where)
        return self._rows(f"{text} WHERE {condition.text} {order}", condition.values)

    def _rows(self, text: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
        with self._reader.lock:
            return self._reader.select(text, values)[1]
