"""Stores the plans and the values of axes that visitors save by name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .database_connection import Connection, Reader
from .row_writer import RowWriter

COLUMNS = "owner, kind, name, saved_at, endpoint, fields, size, text, keeps_images"


class SavedKind(StrEnum):
    """What was saved."""

    PLAN = "plan"
    VALUES = "values"  # of one axis, such as a set of prompts


@dataclass(frozen=True)
class SavedPlan:
    """A plan, or the values of one axis, under a name that is unique for its owner and kind.

    `saved_at` is in Unix seconds, `endpoint` is that of the form, `text` is JSON. `fields` are the fields of the axes,
    a blank one for a table; `size` is the number of images, or of values. With `keeps_images`, retention leaves the
    images of a plan.
    """

    owner: str
    kind: SavedKind
    name: str
    saved_at: float
    endpoint: str
    fields: tuple[str, ...]
    size: int
    text: str
    keeps_images: bool = False


class SavedPlanStore:
    """The saved plans of a data folder. Every write is on disk when the call returns. Safe to use from many threads."""

    def __init__(self, writer: RowWriter, reader: Reader) -> None:
        self._writer, self._reader = writer, reader

    def save(self, saved: SavedPlan) -> None:
        """Write a plan in place of the one with its name; raises `StorageError`."""
        what = [saved.endpoint, ",".join(saved.fields), saved.size, saved.text, saved.keeps_images]
        row = [saved.owner, saved.kind, saved.name, saved.saved_at, *what]
        changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ")[3:])
        query = f"""
            INSERT INTO saved_plans ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (owner, kind, name) DO UPDATE SET {changes}
        """  # noqa: S608  # literals
        self._writer.run(lambda database: database.execute(query, row))

    def get(self, owner: str, kind: SavedKind, name: str) -> SavedPlan | None:
        """Return an owner's saved plan, or None."""
        query = f"SELECT {COLUMNS} FROM saved_plans WHERE owner = ? AND kind = ? AND name = ?"  # noqa: S608
        with self._reader.lock:
            _, rows = self._reader.select(query, [owner, kind, name])
        return next((_from_row(*row) for row in rows), None)

    def of_kind(self, owner: str, kind: SavedKind) -> list[SavedPlan]:
        """Return all that an owner has saved of a kind, by name, without the texts."""
        columns = COLUMNS.replace("text", "''")
        query = f"SELECT {columns} FROM saved_plans WHERE owner = ? AND kind = ? ORDER BY lower(name), name"  # noqa: S608
        with self._reader.lock:
            _, rows = self._reader.select(query, [owner, kind])
        return [_from_row(*row) for row in rows]

    def rename(self, saved: SavedPlan, name: str) -> None:
        """Save a plan under another name, in place of what has it; raises `StorageError`."""
        where = "owner = ? AND kind = ? AND name = ?"

        def write(database: Connection) -> None:
            database.execute(f"DELETE FROM saved_plans WHERE {where}", [saved.owner, saved.kind, name])  # noqa: S608
            query = f"UPDATE saved_plans SET name = ? WHERE {where}"  # noqa: S608
            database.execute(query, [name, saved.owner, saved.kind, saved.name])

        if name != saved.name:
            self._writer.run(write)

    def delete(self, owner: str, kind: SavedKind, name: str) -> None:
        """Delete an owner's saved plan; raises `StorageError`."""
        query = "DELETE FROM saved_plans WHERE owner = ? AND kind = ? AND name = ?"
        self._writer.run(lambda database: database.execute(query, [owner, kind, name]))


def _from_row(*row: Any) -> SavedPlan:
    owner, kind, name, saved_at, endpoint, fields, size, text, keeps_images = row
    return SavedPlan(
        owner, SavedKind(kind), name, saved_at, endpoint, tuple(fields.split(",")), size, text, bool(keeps_images)
    )
