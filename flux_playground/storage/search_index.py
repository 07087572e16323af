"""Writes the search index: for each generation that is not deleted its terms, its field values and its prompt.

The index has only what `generations` and `annotations` have; it is written in the same transaction as they are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from ..bounded_json import LARGE, InvalidJson, parse_json
from ..generation import UNFINISHED
from ..image_ref import is_image_ref
from .database_connection import Connection
from .search_terms import MARK, exact_term, joined, text_terms

Row = Mapping[str, Any]
"""A row of `generations`, by names of columns."""

PROMPT, SEED = "prompt", "seed"
UNDER_WAY = "under way"  # the term of all unfinished states, so that a run writes its terms only twice
RATING = ":rating"  # among the names of fields; no field begins with a colon
MAX_FIELDS, MAX_FIELDS_OF_OWNER, MAX_VALUE_CHARACTERS = 64, 200, 200
MAX_TIME = 9e12

log = logging.getLogger(__name__)


def index_generation(database: Connection, row: Row) -> None:
    """Write the index of a row, or remove it where the generation is deleted. The caller has a transaction."""
    note = database.execute(
        "SELECT starred, rating, tags, note, deleted_at IS NOT NULL FROM annotations WHERE id = ?", [row["id"]]
    ).fetchone()
    starred, rating, tags, text, is_deleted = note or (0, 0, "[]", "", 0)
    if is_deleted:
        remove_generation(database, row["id"])
        return
    request = _read_request(row["request"])
    prompt = _index_prompt(database, row, request)
    found = database.execute("SELECT number, prompt FROM entries WHERE id = ?", [row["id"]]).fetchone()
    number, earlier_prompt = found or (_free_number(database, row["created_at"]), None)
    rank = 100 * (row["image"] is not None) + 10 * rating + starred
    database.execute(
        """
        INSERT INTO entries (number, id, owner, prompt, rank) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (number) DO UPDATE SET prompt = excluded.prompt, rank = excluded.rank
        """,
        [number, row["id"], row["owner"], prompt, rank],
    )
    for changed in {prompt, earlier_prompt}:
        if changed is not None:
            _update_prompt(database, changed)
    values = dict(_field_values(row, request))
    _write_fields(database, row["owner"], number, {**values, **({RATING: rating} if rating else {})})
    exact = [
        exact_term("owner", row["owner"]),
        exact_term("endpoint", row["endpoint"]),
        exact_term("state", UNDER_WAY if row["state"] in UNFINISHED else row["state"]),
        exact_term("starred", bool(starred)),
        exact_term("imported", bool(row["imported"])),
        *([exact_term("sweep", row["sweep"])] if row["sweep"] else []),
        *(exact_term("rating", level) for level in range(1, rating + 1)),
        *(exact_term("tag", tag) for tag in json.loads(tags)),
        *(exact_term(f"field {name}", value) for name, value in values.items()),
    ]
    names = [name for name in (row["image"], row["file_name"]) if name]
    texts = [row["id"], row["seed"] or "", row["file_name"], *json.loads(tags), text, row["prompt"] or ""]
    words = [*exact, *text_terms([*texts, *_texts(request)]), *map(joined, names)]
    _write_words(database, "entry_words", number, " ".join(words))


def indexed_values(row: Row) -> tuple[Any, ...]:
    """Return what the index of a row is made of, besides its annotation."""
    names = "owner", "created_at", "endpoint", "image", "file_name", "imported", "sweep", "seed", "prompt", "request"
    return (*(row[name] for name in names), UNDER_WAY if row["state"] in UNFINISHED else row["state"])


def remove_generation(database: Connection, generation_id: str) -> None:
    """Remove a generation from the index. The caller has a transaction."""
    found = database.execute("SELECT number, owner, prompt FROM entries WHERE id = ?", [generation_id]).fetchone()
    if found is None:
        return
    number, owner, prompt = found
    database.execute("DELETE FROM entries WHERE number = ?", [number])
    database.execute("DELETE FROM entry_words WHERE rowid = ?", [number])
    _write_fields(database, owner, number, {})
    if prompt is not None:
        _update_prompt(database, prompt)


def _read_request(text: str) -> dict[str, Any]:
    try:
        request = parse_json(text, LARGE)
    except InvalidJson:
        return {}
    return request if isinstance(request, dict) else {}


def _free_number(database: Connection, created_at: float) -> int:
    """Return an unused number near the milliseconds of a time: numbers have the order of the times."""
    number, width = int(1000 * min(max(created_at, 0.0), MAX_TIME)), 1
    while database.execute("SELECT 1 FROM entries WHERE number = ?", [number]).fetchone():
        number, width = number + random.randint(1, width), width * 2  # noqa: S311
    return number


def _field_values(row: Row, request: Mapping[str, Any]) -> Iterator[tuple[str, int | float | str]]:
    """Yield the values of a request that can be filtered and sorted, by field; the seed is that of the record."""
    seed = None if row["seed"] is None else int(row["seed"])
    for name, value in [*list(request.items())[:MAX_FIELDS], *([(SEED, seed)] if seed is not None else [])]:
        if isinstance(value, bool):
            yield name, "true" if value else "false"
        elif (
            isinstance(value, int)
            or (isinstance(value, float) and math.isfinite(value))
            or (isinstance(value, str) and 0 < len(value) <= MAX_VALUE_CHARACTERS)
        ):
            yield name, value


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value, without references to images."""
    if isinstance(value, str):
        if not is_image_ref(value):
            yield value.replace(MARK, "")
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def fit_number(value: Any) -> Any:
    """Return an integer that the database cannot store as a float, any other value unchanged."""
    return float(min(max(value, -(10**300)), 10**300)) if isinstance(value, int) and abs(value) >= 2**63 else value


def _write_fields(database: Connection, owner: str, number: int, values: Mapping[str, Any]) -> None:
    query = """
        SELECT fields.name, fields.number, entry_fields.value FROM fields
        LEFT JOIN entry_fields ON entry_fields.field = fields.number AND entry_fields.number = ? WHERE fields.owner = ?
    """
    known = {name: (field, value) for name, field, value in database.execute(query, [number, owner])}
    for name, (field, value) in known.items():
        if value is not None and name not in values:
            database.execute("DELETE FROM entry_fields WHERE field = ? AND number = ?", [field, number])
    for name, exact in values.items():
        value = database.to_field(fit_number(exact))
        field, earlier = known.get(name, (None, None))
        if earlier == value and type(earlier) is type(value):
            continue
        if field is None:
            if len(known) >= MAX_FIELDS_OF_OWNER:
                continue
            query = "INSERT INTO fields (owner, name) VALUES (?, ?) RETURNING number"
            (field,) = database.execute(query, [owner, name]).fetchone()
            known[name] = field, None
        database.execute(
            """
            INSERT INTO entry_fields (field, number, value) VALUES (?, ?, ?)
            ON CONFLICT (field, number) DO UPDATE SET value = excluded.value
            """,
            [field, number, value],
        )


def _write_words(database: Connection, table: str, number: int, words: str) -> None:
    # `table` is one of two literals of this module; every value is bound.
    found = database.execute(f"SELECT words FROM {table} WHERE rowid = ?", [number]).fetchone()  # noqa: S608
    if found is None:
        database.execute(f"INSERT INTO {table} (rowid, words) VALUES (?, ?)", [number, words])  # noqa: S608
    elif found[0] != words:
        database.execute(f"UPDATE {table} SET words = ? WHERE rowid = ?", [words, number])  # noqa: S608


def _index_prompt(database: Connection, row: Row, request: Mapping[str, Any]) -> int | None:
    """Return the number of a row's prompt, which is the same for all uses of a prompt by its owner."""
    prompt = request.get(PROMPT)
    if not isinstance(prompt, str) or not prompt.strip():
        return None
    digest = hashlib.blake2b(prompt.encode("utf-8", "replace"), digest_size=16).digest()
    values = [row["owner"], digest]
    found = database.execute("SELECT number FROM prompts WHERE owner = ? AND digest = ?", values).fetchone()
    if found is not None:
        return int(found[0])
    query = "INSERT INTO prompts (owner, digest) VALUES (?, ?) RETURNING number"
    (number,) = database.execute(query, values).fetchone()
    words = " ".join([exact_term("owner", row["owner"]), *text_terms([prompt])])
    _write_words(database, "prompt_words", number, words)
    return int(number)


def _update_prompt(database: Connection, prompt: int) -> None:
    """Record the latest use of a prompt, or remove a prompt that no entry has."""
    (latest,) = database.execute("SELECT max(number) FROM entries WHERE prompt = ?", [prompt]).fetchone()
    if latest is None:
        database.execute("DELETE FROM prompts WHERE number = ?", [prompt])
        database.execute("DELETE FROM prompt_words WHERE rowid = ?", [prompt])
    else:
        query = "UPDATE prompts SET latest = ? WHERE number = ? AND (latest IS NULL OR latest != ?)"
        database.execute(query, [latest, prompt, latest])
