"""Removes deleted generations for good, once they can no longer be restored."""

from __future__ import annotations

from ..errors import StorageError
from ..image_ref import PREFIX
from .blob_store import IMAGES, BlobStore, thumbnail_key
from .database_connection import Connection
from .input_store import InputStore
from .row_writer import RowWriter

NOBODY = ":purged"  # the owner of purged generations; no visitor has this id
VISITOR_PREFIX = "visitor-"
"""How the ids of visitors of a hosted page begin; a visitor is known for as long as a tab is open."""

GONE_SECONDS = 7 * 86400.0
"""The age of a sweep without images from which on its visitor counts as gone."""

BATCH_SIZE = 100  # generations in one transaction, for which other writers wait
ACCOUNTING = {
    *("id", "created_at", "endpoint", "server", "state", "status", "task_id", "cost", "started_at", "finished_at"),
    *("total_seconds", "api_seconds", "account", "spender_address", "spender_browser", "image_deleted_at"),
    *("submit_cost", "input_mp", "output_mp", "reported_seconds", "imported", "holder", "rowid"),
}
"""The columns that remain of a purged generation, because what was spent still counts.

A row is deleted only where nothing was spent. The last row is never deleted: `Usage` finds new rows by their numbers,
and SQLite would use its number again.
"""
UNSENT = """
    task_id = '' AND state IN ('failed', 'unsent') AND cost IS NULL AND spender_address IS NULL
    AND rowid < (SELECT max(rowid) FROM generations)
"""


def purge_deleted(writer: RowWriter, files: BlobStore, inputs: InputStore, before: float) -> int:
    """Remove the generations that were deleted before a time (Unix seconds) and return their number.

    First they lose their owner, so that nobody restores them meanwhile; then their files are removed, then what the row
    says of them. After a crash the next call continues. Sweeps of visitors who have gone, of which no image was asked
    for, are removed too, and what they have saved. Raises `StorageError`.
    """
    purged, has_inputs = 0, False
    while rows := writer.run(lambda database: _take(database, before)):
        try:
            for generation_id, image, _ in rows:
                files.remove(thumbnail_key(generation_id))
                if image is not None:
                    files.remove(IMAGES / image)
        except OSError as error:
            raise StorageError(f"A deleted image could not be removed: {error.strerror or error}.") from None
        ids = [(generation_id,) for generation_id, *_ in rows]
        writer.run(lambda database, ids=ids: _empty(database, ids))  # type: ignore[misc]
        purged += len(rows)
        has_inputs = has_inputs or any(PREFIX in request for *_, request in rows)
    if writer.run(lambda database: _remove_plans(database, before - GONE_SECONDS)) or has_inputs:
        inputs.remove_unreferenced()
    return purged


def _take(database: Connection, before: float) -> list[tuple[str, str | None, str]]:
    query = "SELECT id, image, request FROM generations JOIN annotations USING (id) WHERE deleted_at < ? LIMIT ?"
    rows = database.execute(query, [before, BATCH_SIZE]).fetchall()
    for table in ("generations", "annotations"):
        query = f"UPDATE {table} SET owner = ? WHERE id = ?"  # noqa: S608
        database.executemany(query, [(NOBODY, generation_id) for generation_id, *_ in rows])
    return rows


def _remove_plans(database: Connection, before: float) -> int:
    unused = """
        FROM sweeps WHERE created_at < ? AND substr(owner, 1, ?) = ? AND NOT EXISTS (
            SELECT 1 FROM generations WHERE generations.owner = sweeps.owner AND generations.sweep = sweeps.id
        )
    """
    values = [before, len(VISITOR_PREFIX), VISITOR_PREFIX]
    database.execute("DELETE FROM saved_plans WHERE saved_at < ? AND substr(owner, 1, ?) = ?", values)
    found = database.execute(f"SELECT id {unused} LIMIT 1", values).fetchall()
    if found:
        database.execute(f"DELETE {unused}", values)
    return len(found)


def _empty(database: Connection, ids: list[tuple[str]]) -> None:
    columns = database.execute("SELECT name, \"notnull\" FROM pragma_table_info('generations')").fetchall()
    empty = {name: "''" if is_required else "NULL" for name, is_required in columns if name not in ACCOUNTING}
    empty |= {"owner": "owner", "request": "'{}'"}
    changes = ", ".join(f"{name} = {value}" for name, value in empty.items())
    database.executemany(f"UPDATE generations SET {changes} WHERE id = ?", ids)  # noqa: S608
    database.executemany("DELETE FROM annotations WHERE id = ?", ids)
    database.executemany(f"DELETE FROM generations WHERE id = ? AND {UNSENT}", ids)  # noqa: S608
