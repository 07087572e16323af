"""Brings rows into the search index: each row as it is written, and the rows of a journal without an index."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import StorageError
from .database_connection import Connection
from .search_index import index_generation

BATCH_SIZE = 100  # rows in one transaction, for which other writers wait
PAUSE_SECONDS = 0.01

log = logging.getLogger(__name__)


def index_row(database: Connection, row: Mapping[str, Any]) -> bool:
    """Index a row whose record or annotation was just written, in its transaction; return whether that worked.

    A failure must not lose what was written: it is logged, and the row is in `unindexed` for the next start.
    """
    database.execute("SAVEPOINT search_index")
    is_indexed = False
    try:
        index_generation(database, row)
        database.execute("DELETE FROM unindexed WHERE id = ?", [row["id"]])
        database.execute("SAVEPOINT is_indexed")  # FTS5 writes now, so that damage does not fail the transaction
        is_indexed = True
    except Exception as error:
        log.error("generation %s cannot be searched (%s: %s)", row["id"], type(error).__name__, error)
        database.execute("ROLLBACK TO search_index")
        database.execute("INSERT INTO unindexed (id) VALUES (?) ON CONFLICT DO NOTHING", [row["id"]])
    database.execute("RELEASE search_index")
    return is_indexed


def keep_index(database: Connection, generation_id: str) -> None:
    """Note that a row was written whose index is still right, unless the index was emptied meanwhile."""
    query = "DELETE FROM unindexed WHERE id = ? AND EXISTS (SELECT 1 FROM entries WHERE id = ?)"
    database.execute(query, [generation_id, generation_id])


def index_batch(database: Connection) -> int:
    """Index the latest rows that are not indexed yet, at most `BATCH_SIZE`, and return their number."""
    query = "SELECT rowid, id FROM unindexed ORDER BY rowid DESC LIMIT ?"
    waiting = database.execute(query, [BATCH_SIZE]).fetchall()
    for _, generation_id in waiting:
        cursor = database.execute("SELECT * FROM generations WHERE id = ?", [generation_id])
        names = [column[0] for column in cursor.description]
        for values in cursor.fetchall():
            index_row(database, dict(zip(names, values, strict=True)))
    database.executemany("DELETE FROM unindexed WHERE rowid = ?", [(number,) for number, _ in waiting])
    return len(waiting)


class SearchBacklog:
    """Indexes the rows in `unindexed`: the first batch at once, the rest on a thread until `close`."""

    def __init__(
        self, run: Callable[[Callable[[Connection], int]], int], empty_index: Callable[[Exception], bool]
    ) -> None:
        self._run, self._empty_index, self._closed = run, empty_index, threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; does nothing more for a journal whose rows are indexed."""
        if self._index() == BATCH_SIZE:
            thread = threading.Thread(target=self._index_all, name="search-backlog", daemon=True)
            self._threads.append(thread)  # one that is ending may not have seen the latest rows
            thread.start()

    def repair(self, error: Exception) -> bool:
        """Index all rows again if an error shows that the index is damaged, and return whether it does."""
        is_damaged = self._empty_index(error)
        if is_damaged:
            self.start()
        return is_damaged

    @property
    def is_running(self) -> bool:
        """Whether rows are still being indexed, so that a search does not find them yet."""
        return any(thread.is_alive() for thread in self._threads)

    def wait(self) -> None:
        """Wait until all rows are indexed."""
        for thread in self._threads:
            thread.join()

    def close(self) -> None:
        """Stop; the next start continues."""
        self._closed.set()
        self.wait()

    def _index_all(self) -> None:
        while not self._closed.wait(PAUSE_SECONDS) and self._index() == BATCH_SIZE:
            pass

    def _index(self) -> int:
        try:
            return self._run(index_batch)
        except StorageError as error:
            log.warning("older generations cannot be searched yet: %s", error)
            return 0
