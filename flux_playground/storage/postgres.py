"""A PostgreSQL database that several processes share."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from ..errors import StorageError
from ..generation import State
from .database_connection import Connection, ConnectionLost, Cursor, Reader, TakenOver
from .postgres_client import connect, describe, read_secret
from .postgres_lease import PostgresLease
from .postgres_listener import PostgresListener
from .postgres_migrations import MIGRATIONS
from .postgres_sql import decode_field, encode_field, plain_value, translate
from .process_lock import ProcessLock
from .rows import UNFINISHED_STATES

WRITING, MIGRATING = 0x666C7578_00000001, 0x666C7578_00000002
"""Advisory locks of this program in a database."""

BEGIN_WRITING = f"BEGIN; SELECT pg_advisory_xact_lock({WRITING})"

CLAIM_SWEEP = """
    INSERT INTO sweep_holders AS known (sweep, holder) VALUES (?, ?) ON CONFLICT (sweep) DO UPDATE
    SET holder = excluded.holder, request = ''
    WHERE known.holder = excluded.holder OR known.holder NOT IN (SELECT number FROM processes WHERE since < expires_at)
"""
CLAIMED_ELSEWHERE = """
    SELECT sweep FROM sweep_holders
    WHERE holder <> ? AND holder IN (SELECT number FROM processes WHERE since < expires_at)
"""

log = logging.getLogger(__name__)


class PostgresConnection:
    """A connection that is opened when it is first used, and again after it was lost; see `Connection`.

    Values are put into statements by the client, so that a pooler in transaction mode can be between. One transaction
    writes at a time in all processes, as with SQLite: the order of rows is that in which they became visible.
    """

    place, errors = "database", psycopg.Error
    lists_owners = True

    def __init__(self, url: str, process: int) -> None:
        self._url, self._process = url, process
        self.lock = threading.RLock()
        self._open: psycopg.Connection[Any] | None = None
        self._is_writing = False
        self._translated: dict[str, str] = {}

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Cursor:
        """Execute a statement; outside of a transaction it is one of its own, and repeated on a new connection."""
        plain = [plain_value(value) for value in values]
        return self._repeat(lambda connection: connection.execute(self._translate(query), plain))

    def executemany(self, query: str, values: Iterable[Sequence[Any]], /) -> None:
        """Execute a statement once for each sequence of values."""
        for each in values:
            self.execute(query, each)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin a transaction when no other one writes; commit it at the end, or undo it after an error."""
        self._repeat(lambda connection: connection.execute(BEGIN_WRITING))
        self._is_writing = True
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):
                self.execute("ROLLBACK")
            raise
        finally:
            self._is_writing = False

    def write_generation(self, row: Mapping[str, Any]) -> None:
        """Insert or replace a row of `generations`, unless another process continues the generation."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in (*row, "holder", "rowid") if name != "id")
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        # The names are columns of our own schema; every value is bound.
        query = f"""
            INSERT INTO generations ({columns}, holder) VALUES ({marks}, ?) ON CONFLICT (id) DO UPDATE SET {changes}
            WHERE generations.holder = excluded.holder OR generations.state NOT IN (
                {UNFINISHED_STATES},
                CASE WHEN excluded.state IN ({UNFINISHED_STATES}) THEN '{State.SUCCEEDED}' ELSE '' END
            )
        """  # noqa: S608
        if self.execute(query, [*row.values(), self._process]).rowcount == 0:
            raise TakenOver("Another process continues this generation.")

    def continue_numbers(self, table: str, column: str) -> None:
        """Set the sequence of a column to its highest number."""
        query = f"SELECT setval(pg_get_serial_sequence(?, ?), max({column})) FROM {table}"  # noqa: S608
        self.execute(query, [table, column])

    def update_statistics(self) -> None:
        """Read samples of all tables, as the server itself does after some minutes."""
        self.execute("ANALYZE")

    def to_field(self, value: Any) -> Any:
        """Return a number or text as a text of the same order."""
        return encode_field(value)

    def from_field(self, stored: Any) -> Any:
        """Return the number or text of a stored text."""
        return decode_field(stored)

    def describe(self, error: Exception) -> str:
        """Return an error as the reason in a sentence, without the password."""
        return describe(error, self._url)

    def is_damage(self, error: Exception) -> bool:
        """Return False: PostgreSQL reports its own damage, and other rows can still be read."""
        return False

    def is_outage(self, error: Exception) -> bool:
        """Return whether the connection is lost, or none is opened."""
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()

    def _translate(self, query: str) -> bytes:
        if query not in self._translated:
            self._translated[query] = translate(query)
        return self._translated[query].encode()

    def _connection(self) -> psycopg.Connection[Any]:
        if self._open is None or (self._open.closed and not self._is_writing):
            self._open = connect(self._url)
        return self._open

    def _repeat(self, run: Callable[[psycopg.Connection[Any]], Cursor]) -> Cursor:
        """Call `run`, and once more on a new connection if the first one was lost while it was idle."""
        connection = self._connection()
        try:
            return run(connection)
        except psycopg.OperationalError:
            if self._is_writing or not connection.closed:
                raise
        return run(self._connection())


class PostgresDatabase:
    """The database of a URL. Raises `StorageError`, whose message never contains the password."""

    is_shared = True

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._listener: PostgresListener | None = None
        self._secret = b""
        self._folder_lock = ProcessLock(folder)
        self.owns_folder = self._folder_lock.is_primary
        try:
            with closing(connect(url)) as database:
                _migrate(database)
            self._lease = PostgresLease(url)
        except psycopg.Error as error:
            raise StorageError(f"The database cannot be used: {describe(error, url)}.") from None

    @property
    def is_primary(self) -> bool:
        """Whether this process is the first one of the database, or its successor."""
        return self._lease.is_primary

    @property
    def next_lease_end(self) -> float:
        """When the lease of another process ends unless it is renewed; see `PostgresLease`."""
        return self._lease.next_end

    def is_alone(self) -> bool:
        """Wait until killed processes count as ended; return whether no other process uses the database."""
        try:
            return self._lease.is_alone()
        except psycopg.Error as error:
            raise StorageError(f"The database cannot be used: {describe(error, self._url)}.") from None

    def connect(self) -> PostgresConnection:
        """Return a new connection."""
        return PostgresConnection(self._url, self._lease.number)

    def connections(self, number: int) -> list[PostgresConnection]:
        """Return new connections."""
        return [self.connect() for _ in range(number)]

    def watch(self, changed: Callable[[frozenset[str]], None]) -> None:
        """Call `changed` with the ids of written generations, and every half second; see `PostgresListener`."""
        self._listener = PostgresListener(self._url, changed)

    def take_over(self, connection: Connection) -> dict[str, bool]:
        """Make the unfinished generations of ended processes those of this one; see `Database.take_over`."""
        number = self._lease.number
        ended = self._lease.remove_ended(connection)
        taken = connection.execute(
            f"""
            UPDATE generations SET holder = ? FROM generations AS before
            WHERE generations.id = before.id AND generations.state IN ({UNFINISHED_STATES})
                AND generations.holder NOT IN (SELECT number FROM processes)
            RETURNING generations.id, before.holder
            """,  # noqa: S608  # literals
            [number],
        )
        is_recent = {generation_id: ended.get(holder, False) for generation_id, holder in taken.fetchall()}
        query = f"SELECT id FROM generations WHERE state IN ({UNFINISHED_STATES}) AND holder = ? ORDER BY created_at"  # noqa: S608
        own = connection.execute(query, [number]).fetchall()
        return {generation_id: is_recent.get(generation_id, False) for (generation_id,) in own}

    def claim_sweep(self, connection: Connection, sweep_id: str) -> bool:
        """Make a sweep that of this process; return False while it is that of another one that has not ended."""
        return connection.execute(CLAIM_SWEEP, [sweep_id, self._lease.number]).rowcount == 1

    def release_sweep(self, connection: Connection, sweep_id: str) -> None:
        """Let any process claim a sweep that was this one's."""
        query = "DELETE FROM sweep_holders WHERE sweep = ? AND holder = ?"
        connection.execute(query, [sweep_id, self._lease.number])

    def find_claimed_elsewhere(self, reader: Reader) -> frozenset[str]:
        """Return the ids of the sweeps that other processes have claimed, as far as those have not ended."""
        with reader.lock:
            return frozenset(one for (one,) in reader.select(CLAIMED_ELSEWHERE, [self._lease.number])[1])

    def leave_request(self, connection: Connection, sweep_id: str, request: str) -> None:
        """Leave a request for the process that has claimed a sweep, in place of an earlier one."""
        connection.execute("UPDATE sweep_holders SET request = ? WHERE sweep = ?", [request, sweep_id])

    def find_request(self, reader: Reader, sweep_id: str) -> str | None:
        """Return the request that was left for this process, or ""; None for a sweep that it has not claimed."""
        query = "SELECT request FROM sweep_holders WHERE sweep = ? AND holder = ?"
        with reader.lock:
            rows = reader.select(query, [sweep_id, self._lease.number])[1]
        return str(rows[0][0]) if rows else None

    def remove_request(self, connection: Connection, sweep_id: str, request: str) -> None:
        """Remove a request that was left for this process, unless another one has replaced it."""
        query = "UPDATE sweep_holders SET request = '' WHERE sweep = ? AND holder = ? AND request = ?"
        connection.execute(query, [sweep_id, self._lease.number, request])

    def check(self) -> None:
        """Do nothing: the next read tells whether the database is there."""

    def empty_index(self, error: Exception) -> bool:
        """Return False: the index has tables like all others, and PostgreSQL reports its own damage."""
        return False

    def secret(self, create: Callable[[], bytes]) -> bytes:
        """Return the bytes that the first call created in any process; they are read once. Raises `StorageError`."""
        if not self._secret:
            try:
                self._secret = read_secret(self._url, create)
            except psycopg.Error as error:
                raise ConnectionLost(f"The database cannot be used: {describe(error, self._url)}.") from None
        return self._secret

    def set_secret(self, value: bytes) -> None:
        """Replace the secret."""
        self._secret = b""
        with closing(connect(self._url)) as database, database.transaction():
            database.execute("DELETE FROM secrets")
            database.execute("INSERT INTO secrets VALUES (%s)", [value])

    def remove_records(self) -> None:
        """Empty all tables."""
        self._secret = b""
        found = re.findall(r"CREATE TABLE (\w+)", "".join(migration.sql for migration in MIGRATIONS))
        tables = dict.fromkeys(found)
        with closing(connect(self._url)) as database:
            database.execute(f"TRUNCATE {', '.join(tables)}".encode())

    def close(self) -> None:
        """Release the lock of the folder and end the lease."""
        if self._listener is not None:
            self._listener.close()
        self._folder_lock.close()
        self._lease.close()


def _migrate(database: psycopg.Connection[Any]) -> None:
    """Create the tables, or apply the migrations that they have not seen; one process at a time does this."""
    with database.transaction():
        database.execute(f"SELECT pg_advisory_xact_lock({MIGRATING})")
        database.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        row = database.execute("SELECT count(*) FROM migrations").fetchone()
        seen = row[0] if row else 0
        for number, migration in enumerate(MIGRATIONS[seen:], start=seen + 1):
            log.debug("applying migration %d: %s", number, migration.name)
            database.execute(migration.sql.encode())
            database.execute("INSERT INTO migrations VALUES (%s, %s)", [number, migration.name])
