"""Counts the tasks of an account in all processes that share a database."""

from __future__ import annotations

from ..generation import Generation, State
from .database_connection import Connection, Reader
from .row_writer import RowWriter
from .rows import to_row

QUERY = (
    "SELECT count(*) FROM generations WHERE account = ? AND server = ?"  # noqa: S608
    f" AND state IN ('{State.SUBMITTING}', '{State.RUNNING}')"
)


def write_if_free(generation: Generation, limit: int, reader: Reader, writer: RowWriter) -> bool:
    """Write a generation and return True, or return False when its account has `limit` tasks; raises `StorageError`."""
    values = [generation.account, generation.server]
    with reader.lock:  # without the lock of the writers: a full account is asked for often
        (count,) = reader.select(QUERY, values)[1][0]
    if count >= limit:
        return False

    def is_free(database: Connection) -> bool:
        return bool(database.execute(QUERY, values).fetchone()[0] < limit)

    return writer.write_if(is_free, to_row(generation))
