"""What visitors say of their images.

It is stored apart from the record, which is written again while a generation runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import FieldError, InvalidRequest
from .database_connection import Connection, Reader, id_list
from .row_writer import RowWriter
from .search_backlog import index_row

MAX_RATING, MAX_TAGS, MAX_TAG_CHARACTERS, MAX_NOTE_CHARACTERS = 5, 30, 60, 10_000
BATCH_SIZE = 20  # generations in one transaction, for which other writers wait


@dataclass(frozen=True)
class Annotation:
    """A visitor's judgment of an image. `rating` is 1 to 5, 0 for none."""

    starred: bool = False
    rating: int = 0
    tags: tuple[str, ...] = ()
    note: str = ""


class Annotations:
    """The annotations of a store. Safe to use from many threads. Every call touches only the owner's generations."""

    def __init__(self, reader: Reader, writer: RowWriter) -> None:
        self._reader, self._writer = reader, writer

    def get(self, owner: str, ids: Iterable[str]) -> dict[str, Annotation]:
        """Return the annotations of generations by id; a generation without one is left out."""
        query = """
            SELECT id, starred, rating, tags, note FROM annotations
            WHERE owner = ? AND deleted_at IS NULL AND id IN (SELECT value FROM json_each(?))
        """
        with self._reader.lock:
            _, rows = self._reader.select(query, [owner, id_list(ids)])
        return {row[0]: _from_row(row[1:]) for row in rows}

    def update(
        self,
        owner: str,
        ids: Iterable[str],
        *,
        starred: bool | None = None,
        rating: int | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
        note: str | None = None,
    ) -> dict[str, Annotation]:
        """Change annotations and return them by id; None leaves a value as it is.

        Ids that are unknown or not the owner's are ignored. Raises `InvalidRequest` for values out of bounds, and
        `StorageError`.
        """
        added, removed = _clean_tags(add_tags), set(_clean_tags(remove_tags))
        _check(rating, added, note)
        note = None if note is None else note.encode("utf-8", "replace").decode()

        def change(earlier: Annotation) -> Annotation:
            tags = tuple(dict.fromkeys(tag for tag in (*earlier.tags, *added) if tag not in removed))
            if len(tags) > max(MAX_TAGS, len(earlier.tags)):
                raise _invalid("tags", f"at most {MAX_TAGS} tags per image")
            return Annotation(
                earlier.starred if starred is None else starred,
                earlier.rating if rating is None else rating,
                tags,
                earlier.note if note is None else note,
            )

        ids = list(ids)
        for earlier in (Annotation(), *self.get(owner, ids).values()):
            change(earlier)  # raises before anything is written
        changed: dict[str, Annotation] = {}
        for batch in batches(ids):

            def write(database: Connection, batch: Sequence[str] = batch) -> None:
                for row in owned_rows(database, owner, batch):
                    changed[row["id"]] = annotation = change(_read(database, row["id"]))
                    _write(database, owner, row["id"], annotation)
                    index_row(database, row)

            self._writer.run(write)
        return changed

    def tags(self, owner: str) -> list[tuple[str, int]]:
        """Return an owner's tags and the number of images of each, most used first."""
        query = """
            SELECT value, count(*) FROM annotations, json_each(tags)
            WHERE owner = ? AND tags != '[]' AND deleted_at IS NULL GROUP BY value ORDER BY count(*) DESC, value
        """
        with self._reader.lock:
            return [(tag, number) for tag, number in self._reader.select(query, [owner])[1]]


def _from_row(row: Sequence[object]) -> Annotation:
    starred, rating, tags, note = row
    return Annotation(bool(starred), int(str(rating)), tuple(json.loads(str(tags))), str(note))


def _read(database: Connection, generation_id: str) -> Annotation:
    query = "SELECT starred, rating, tags, note FROM annotations WHERE id = ?"
    row = database.execute(query, [generation_id]).fetchone()
    return Annotation() if row is None else _from_row(row)


def _write(database: Connection, owner: str, generation_id: str, annotation: Annotation) -> None:
    tags = json.dumps(annotation.tags, ensure_ascii=False)
    database.execute(
        """
        INSERT INTO annotations (id, owner, starred, rating, tags, note) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET starred = excluded.starred, rating = excluded.rating, tags = excluded.tags,
            note = excluded.note
        """,
        [generation_id, owner, annotation.starred, annotation.rating, tags, annotation.note],
    )


def owned_rows(
    database: Connection, owner: str, ids: Sequence[str], *, deleted: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `generations` with these ids that the owner has, either those deleted or those not.

    The plus sign keeps SQLite from reading all rows of the owner.
    """
    query = """
        SELECT * FROM generations WHERE +owner = ? AND id IN (SELECT value FROM json_each(?))
            AND ? = EXISTS (SELECT 1 FROM annotations WHERE id = generations.id AND deleted_at IS NOT NULL)
    """
    cursor = database.execute(query, [owner, id_list(ids), deleted])
    names = [column[0] for column in cursor.description]
    yield from [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def batches(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield distinct ids, a few for each transaction."""
    distinct = list(dict.fromkeys(ids))
    for start in range(0, len(distinct), BATCH_SIZE):
        yield distinct[start : start + BATCH_SIZE]


def _clean_tags(tags: Iterable[str]) -> list[str]:
    """Tags with single spaces and without control characters; empty ones are left out."""
    plain = ("".join(char for char in tag if char.isprintable() or char.isspace() or char == "\u200d") for tag in tags)
    return [tag for tag in dict.fromkeys(" ".join(tag.split()) for tag in plain) if tag]


def _check(rating: int | None, tags: Sequence[str], note: str | None) -> None:
    if rating is not None and not 0 <= rating <= MAX_RATING:
        raise _invalid("rating", f"must be from 0 to {MAX_RATING}")
    if any(len(tag) > MAX_TAG_CHARACTERS for tag in tags):
        raise _invalid("tags", f"at most {MAX_TAG_CHARACTERS} characters per tag")
    if note is not None and len(note) > MAX_NOTE_CHARACTERS:
        raise _invalid("note", f"at most {MAX_NOTE_CHARACTERS:,} characters")


def _invalid(field: str, message: str) -> InvalidRequest:
    return InvalidRequest([FieldError(("body", field), message, "value_error")])
