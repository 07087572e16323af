"""Moves all records from one database to another: from the data folder to PostgreSQL, and back.

The search index is not moved; the next start writes it again.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ..errors import StorageError
from .database_connection import Connection, Database
from .postgres_sql import plain_value
from .purge import NOBODY

KEYS = {
    "generations": ("id",),
    "annotations": ("id",),
    "sweeps": ("id",),
    "sweep_votes": ("number",),
    "sweep_scores": ("sweep", "generation"),
    "saved_plans": ("owner", "kind", "name"),
}
"""The tables that are moved, and the columns of their primary keys."""

BOOLEAN = 16  # the code of the type in PostgreSQL; SQLite has numbers instead
BATCH_SIZE = 500  # rows in one transaction
TO_INDEX = f"""
    INSERT INTO unindexed (id) SELECT id FROM generations WHERE owner != '{NOBODY}' ORDER BY created_at
    ON CONFLICT DO NOTHING
"""  # noqa: S608
NOT_TO_INDEX = f"DELETE FROM unindexed WHERE id IN (SELECT id FROM generations WHERE owner = '{NOBODY}')"  # noqa: S608

Row = dict[str, Any]
Key = tuple[Any, ...]


@dataclass(frozen=True)
class MovedTable:
    """A table after the move: its number of rows, how many of them this run wrote, and the SHA-256 of the rows."""

    name: str
    rows: int
    written: int
    sha256: str


def move_records(source: Database, target: Database, progress: Callable[[int], None]) -> list[MovedTable]:
    """Move all records and the secret, compare them, and remove them from `source`; return nothing if there are none.

    Rows that an interrupted move has written are not written again. Until the move has ended, programs refuse the
    target. `progress` gets the number of rows of each batch. Raises `StorageError`, also where the target has others.
    """
    old, new = source.connect(), target.connect()
    try:
        with closing(old), old.transaction():  # nothing is written meanwhile
            moved = _copy(source, old, target, new, progress)
        if moved is None:
            return []
        source.remove_records()
        with new.transaction():
            new.execute("DELETE FROM unfinished_move")
    except (old.errors, new.errors, OSError) as error:
        place = old if isinstance(error, old.errors) else new
        raise StorageError(
            f"The records could not be moved: {place.describe(error)}. Start again to continue."
        ) from None
    finally:
        new.close()
    return moved


def check_whole(database: Database) -> None:
    """Raise `StorageError` for a database that has only a part of the records: a move was interrupted."""
    with closing(database.connect()) as connection:
        try:
            is_part = connection.execute("SELECT source FROM unfinished_move").fetchone()
        except connection.errors as error:
            raise StorageError(f"The records cannot be read: {connection.describe(error)}.") from None
    if is_part:
        raise StorageError(
            "The database has a part of the records of another one. Finish the move with `flux-playground migrate`."
        )


def _copy(
    source: Database, old: Connection, target: Database, new: Connection, progress: Callable[[int], None]
) -> list[MovedTable] | None:
    """Copy all rows that the target lacks, and compare them; return None if there is nothing to move."""
    mark = new.execute("SELECT source, is_copied FROM unfinished_move").fetchone()
    if is_empty(old):
        if mark and not mark[1]:
            raise StorageError("The target has a part of the records of another place, and there are none here.")
        return [] if mark else None
    secret = source.secret(lambda: b"")
    name = hashlib.sha256(secret).hexdigest()
    if mark[0] != name if mark else not is_empty(new):
        raise StorageError("The target holds other records. Nothing was moved.")
    target.set_secret(secret)
    with new.transaction():
        new.execute("DELETE FROM unfinished_move")
        new.execute("INSERT INTO unfinished_move (source, is_copied) VALUES (?, 0)", [name])
    moved = [_copy_table(old, new, table, progress) for table in KEYS]
    with new.transaction():
        new.execute(TO_INDEX)
        new.execute(NOT_TO_INDEX)
        new.continue_numbers("sweep_votes", "number")
        new.update_statistics()
        new.execute("UPDATE unfinished_move SET is_copied = 1")
    return moved


def _copy_table(old: Connection, new: Connection, table: str, progress: Callable[[int], None]) -> MovedTable:
    written, expected = 0, dict[Key, bytes]()
    types = _column_types(new, table)
    names = [name for name in _column_types(old, table) if name in types]
    booleans = [name for name in names if types[name] == BOOLEAN]
    present = _digests(new, table, names)
    for rows in _pages(old, table, names):
        digests = {_key(row, table): _digest(row) for row in rows}
        changed = [row for row in rows if present.get(_key(row, table)) != digests[_key(row, table)]]
        with new.transaction():
            _delete(new, table, [_key(row, table) for row in changed])
            for row in changed:
                _insert(new, table, row | {name: bool(row[name]) for name in booleans if row[name] is not None})
        expected |= digests
        written += len(changed)
        progress(len(rows))
    if others := present.keys() - expected.keys():
        if table == "generations":  # no source ever loses one
            raise StorageError("The target holds other records. Nothing was removed.")
        with new.transaction():
            _delete(new, table, others)
    if _digests(new, table, names) != expected:
        raise StorageError(f"The rows of {table} are not the same in both places. Nothing was removed.")
    whole = hashlib.sha256(b"".join(sorted(expected.values()))).hexdigest()
    return MovedTable(table, len(expected), written, whole)


def is_empty(connection: Connection) -> bool:
    """Return whether a database has no records; raises the database's errors."""
    return not any(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in KEYS)  # noqa: S608


def _column_types(connection: Connection, table: str) -> dict[str, Any]:
    return {column[0]: column[1] for column in connection.execute(f"SELECT * FROM {table} LIMIT 0").description}  # noqa: S608


def _pages(connection: Connection, table: str, names: Iterable[str]) -> Iterator[list[Row]]:
    """Yield the rows of a table in the order of their keys."""
    key, last = ", ".join(KEYS[table]), list[Any]()
    marks = ", ".join("?" * len(KEYS[table]))
    while True:
        after = f"WHERE ({key}) > ({marks})" if last else ""
        query = f"SELECT {', '.join(names)} FROM {table} {after} ORDER BY {key} LIMIT {BATCH_SIZE}"  # noqa: S608
        rows = [dict(zip(names, row, strict=True)) for row in connection.execute(query, last)]
        if not rows:
            return
        yield rows
        last = [rows[-1][name] for name in KEYS[table]]


def _digests(connection: Connection, table: str, names: Iterable[str]) -> dict[Key, bytes]:
    return {_key(row, table): _digest(row) for rows in _pages(connection, table, names) for row in rows}


def _key(row: Mapping[str, Any], table: str) -> Key:
    return tuple(_plain(row[name]) for name in KEYS[table])


def _digest(row: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of a row's values, which are the same in both databases."""
    return hashlib.sha256(repr([_plain(row[name]) for name in sorted(row)]).encode("utf-8", "replace")).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return None if isinstance(value, float) and math.isnan(value) else plain_value(value)


def _delete(connection: Connection, table: str, keys: Iterable[Key]) -> None:
    where = " AND ".join(f"{name} = ?" for name in KEYS[table])
    connection.executemany(f"DELETE FROM {table} WHERE {where}", keys)  # noqa: S608


def _insert(connection: Connection, table: str, row: Row) -> None:
    if table == "generations":
        connection.write_generation(row)
    else:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))  # noqa: S608
