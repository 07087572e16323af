"""Which images their owners deleted; they can be restored until `purge` removes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..generation import UNFINISHED
from .annotations import batches, owned_rows
from .database_connection import Connection
from .row_writer import RowWriter
from .search_backlog import index_row


class Deletions:
    """The deleted images of a store. Safe to use from many threads. Every call touches only the owner's generations."""

    def __init__(self, writer: RowWriter) -> None:
        self._writer = writer

    def delete(self, owner: str, ids: Iterable[str], at: float) -> list[str]:
        """Hide finished generations from every query and return their ids; `purge` removes them.

        An unfinished generation is not deleted: it is paid for, or will be. `at` is in Unix seconds.
        """
        deleted: list[str] = []
        for batch in batches(ids):

            def write(database: Connection, batch: Sequence[str] = batch) -> None:
                for row in owned_rows(database, owner, batch):
                    if row["state"] in UNFINISHED:
                        continue
                    database.execute(
                        """
                        INSERT INTO annotations (id, owner, deleted_at) VALUES (?, ?, ?)
                        ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at
                        """,
                        [row["id"], owner, at],
                    )
                    index_row(database, row)
                    deleted.append(row["id"])

            self._writer.run(write)
        return deleted

    def restore(self, owner: str, ids: Iterable[str]) -> list[str]:
        """Show deleted generations again that were not purged yet, and return their ids."""
        restored: list[str] = []
        for batch in batches(ids):

            def write(database: Connection, batch: Sequence[str] = batch) -> None:
                for row in owned_rows(database, owner, batch, deleted=True):
                    database.execute("UPDATE annotations SET deleted_at = NULL WHERE id = ?", [row["id"]])
                    index_row(database, row)
                    restored.append(row["id"])

            self._writer.run(write)
        return restored
