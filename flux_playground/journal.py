"""What was asked for and what came of it: generations in SQLite, delivered images as files, thumbnails beside them.

The only module that opens SQLite. It knows nothing of HTTP or gradio, and no key ever reaches it: a generation has
no place for one. Every write is on disk when the call returns, because what follows it may cost money.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import images, media
from .files import Files
from .generation import UNFINISHED, Generation, State
from .migrations import MIGRATIONS
from .rows import read, row

INPUT_PREFIX = "sha256:"
LATELY = 64
REFERENCE = re.compile(r'(?<=")sha256:[0-9a-f]{64}(?=")')


def reference(text: str) -> str:
    """By what name an image that goes into a request (base64) is kept, or would be."""
    return INPUT_PREFIX + hashlib.sha256(text.encode()).hexdigest()


class Journal:
    """The folder in which nothing that was paid for is lost; safe to use from many threads.

    `sole` is true for the first journal opened on a folder by any process, and says who may take up what an ended
    process left behind.
    """

    def __init__(self, folder: Path) -> None:
        self.files = Files(folder)
        self._lock = threading.Lock()
        self._database = _open(folder / "journal.sqlite")
        self._waiting: deque[_Write] = deque()
        self._reader = sqlite3.connect(folder / "journal.sqlite", check_same_thread=False, timeout=30)
        self._reading = threading.Lock()  # who reads need not wait for the disk
        self._durations: dict[tuple[str, str], tuple[float, ...]] = {}
        self._prices: dict[tuple[str, str], float | None] = {}
        self._holder = sqlite3.connect(folder / "running.sqlite", check_same_thread=False, isolation_level=None)
        self.sole = _hold(self._holder)

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock, self._reading:
            self._reader.close()
            self._database.close()
            self._holder.close()

    def write(self, generation: Generation) -> Generation:
        """Put a generation on disk, in place of what was known of it, and give it back."""
        mine = _Write(row(generation))
        self._waiting.append(mine)
        with self._lock:  # whoever gets it writes for all who wait for it: the disk is waited for once
            if not mine.done:
                self._write_all([self._waiting.popleft() for _ in range(len(self._waiting))])
        if mine.error is not None:
            raise mine.error
        self._remember(generation)
        return generation

    def get(self, generation_id: str) -> Generation | None:
        """The generation of this id, or None."""
        return next(iter(self._select("id = ?", [generation_id])), None)

    def recent(self, owner: str, limit: int = 60) -> list[Generation]:
        """An owner's latest generations, newest first."""
        return self._select("owner = ? ORDER BY created_at DESC, id LIMIT ?", [owner, limit])

    def unfinished(self) -> list[Generation]:
        """What was under way when the program last ended, oldest first."""
        marks = ", ".join("?" * len(UNFINISHED))
        return self._select(f"state IN ({marks}) ORDER BY created_at, id", list(UNFINISHED))

    def delivered(self, owner: str, sha256: str) -> Generation | None:
        """An owner's latest generation whose delivered image has this hash, or None."""
        where = "owner = ? AND sha256 = ? ORDER BY created_at DESC LIMIT 1"
        return next(iter(self._select(where, [owner, sha256])), None)

    def made(self, owner: str, fingerprint: str) -> Generation | None:
        """An owner's latest finished image of just this request, seed included, or None."""
        where = "owner = ? AND fingerprint = ? AND state = ? ORDER BY created_at DESC LIMIT 1"
        return next(iter(self._select(where, [owner, fingerprint, State.READY])), None)

    def durations(self, server: str, endpoint: str) -> tuple[float, ...]:
        """How long this endpoint took lately from acceptance to Ready, in seconds, oldest first; 64 at most."""
        if (server, endpoint) not in self._durations:
            query = """
                SELECT waited FROM generations WHERE server = ? AND endpoint = ? AND state = ? AND waited IS NOT NULL
                ORDER BY finished_at DESC LIMIT ?
            """
            values = [server, endpoint, State.READY, LATELY]
            with self._reading, closing(self._reader.execute(query, values)) as rows:
                self._durations[server, endpoint] = tuple(seconds for (seconds,) in rows)[::-1]
        return self._durations[server, endpoint]

    def spent(self, spender: str, since: float) -> list[tuple[str, float, float | None]]:
        """The ids of what the owner's money went for, when, oldest first, and how many credits (None: not known).

        `spender` is a whole mark, the beginning of some ("9f2c."), or "" for everybody's. What was never charged is
        left out: what was not sent, and what the API turned down.
        """
        query = """
            SELECT id, created_at, cost FROM generations
            WHERE spender != '' AND created_at > ? AND substr(spender, 1, ?) = ?
            AND state != ? AND NOT (state = ? AND task_id = '') ORDER BY created_at
        """
        values = [since, len(spender), spender, State.UNSENT, State.FAILED]
        with self._reading, closing(self._reader.execute(query, values)) as rows:
            return rows.fetchall()

    def counts(self) -> dict[State, tuple[int, float]]:
        """How many generations are in each state, and what they cost together, in credits."""
        query = "SELECT state, count(*), coalesce(sum(cost), 0) FROM generations GROUP BY state"
        with self._reading, closing(self._reader.execute(query)) as rows:
            return {State(state): (number, cost) for state, number, cost in rows}

    def price(self, server: str, endpoint: str) -> float | None:
        """What an image of this endpoint cost lately, in credits, or None."""
        if (server, endpoint) not in self._prices:
            query = """
                SELECT cost FROM generations WHERE server = ? AND endpoint = ? AND cost IS NOT NULL
                ORDER BY finished_at DESC LIMIT 1
            """
            with self._reading, closing(self._reader.execute(query, [server, endpoint])) as rows:
                self._prices[server, endpoint] = next((cost for (cost,) in rows), None)
        return self._prices[server, endpoint]

    def oldest(self, limit: int, server: str = "") -> list[Generation]:
        """The finished generations that still have files, of their own or sent with them, those made first first.

        `server` is the beginning of the addresses of those that are meant.
        """
        marks = ", ".join("?" * len(UNFINISHED))
        where = f"""state NOT IN ({marks}) AND cleared_at IS NULL AND (image IS NOT NULL OR instr(request, ?))
            AND substr(server, 1, ?) = ? ORDER BY created_at, id LIMIT ?"""
        return self._select(where, [*UNFINISHED, f'"{INPUT_PREFIX}', len(server), server, limit])

    def clear(self, generation_ids: Iterable[str], at: float) -> None:
        """Write down that the files of these generations were removed at a moment (Unix seconds) to make room."""
        with self._lock, self._database:
            query = "UPDATE generations SET cleared_at = ? WHERE id = ?"
            self._database.executemany(query, [(at, one) for one in generation_ids])

    def wanted(self) -> set[str]:
        """The references of all inputs that belong to what was not cleared."""
        query = "SELECT request FROM generations WHERE cleared_at IS NULL AND instr(request, ?)"
        with self._reading, closing(self._reader.execute(query, [f'"{INPUT_PREFIX}'])) as rows:
            return {found for (request,) in rows for found in REFERENCE.findall(request)}

    def store(self, generation: Generation, data: bytes) -> Generation:
        """Keep a delivered image exactly as it came and give the generation with its file, hash and measures.

        Whether it is whole has been looked at by whoever delivered it; raises `BadSample` for what is neither
        image, video nor archive.
        The record itself is not written here.
        """
        picture = media.measure(data)
        seed = f"seed-{str(generation.seed)[:24]}-" if generation.seed is not None else ""
        path = self.files.images / f"flux-{seed}{generation.id}{picture.suffix}"
        self.files.write(path, data)
        return replace(
            generation,
            image=path,
            sha256=hashlib.sha256(data).hexdigest(),
            format=picture.format,
            width=picture.width,
            height=picture.height,
            size=len(data),
            cleared_at=None,
        )

    def thumbnail(self, generation: Generation) -> Path | None:
        """A small WebP of the image, made at the first asking; None while there is no image, or no longer one."""
        if generation.image is None or media.kind(generation.format) != "image" or not generation.image.is_file():
            return None
        path = self.files.thumbnail(generation.id)
        if not path.is_file():
            self.files.write(path, images.thumbnail(generation.image.read_bytes()))
        return path

    def keep_input(self, text: str) -> str:
        """Keep an image that goes into a request (base64) once, however often it is used; gives its reference."""
        path = self.files.inputs / reference(text).removeprefix(INPUT_PREFIX)
        if path.is_file():
            path.touch()  # else it might be taken for one that nobody wants
        else:
            self.files.write(path, text.encode())
        return reference(text)

    def sent(self, owner: str, reference: str) -> bool:
        """Whether an owner ever sent the input of this reference: a reference alone gives nobody another's image."""
        query = "SELECT 1 FROM generations WHERE owner = ? AND instr(request, ?) LIMIT 1"
        with self._reading, closing(self._reader.execute(query, [owner, reference])) as rows:
            return rows.fetchone() is not None

    def input(self, reference: str) -> str | None:
        """The base64 text that `keep_input` gave this reference for, or None."""
        digest = reference.removeprefix(INPUT_PREFIX)
        if len(digest) != 64 or not digest.isalnum():
            return None
        path = self.files.inputs / digest
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def salt(self) -> bytes:
        """32 random bytes that are the same for as long as the folder is, and known to nobody else."""
        path = self.files.folder / "salt"
        with self._lock:
            if not path.is_file():
                self.files.write(path, secrets.token_bytes(32))
                path.chmod(0o600)
        return path.read_bytes()

    def _remember(self, generation: Generation) -> None:
        """Whoever draws the page asks for these all the time, and need not wait for the disk."""
        place = generation.server, generation.endpoint
        if generation.cost is not None:
            self._prices[place] = generation.cost
        if generation.state is State.READY and generation.waited is not None and place in self._durations:
            self._durations[place] = (*self._durations[place], generation.waited)[-LATELY:]

    def _write_all(self, writes: list[_Write]) -> None:
        try:
            with self._database:
                for one in writes:
                    self._replace(one.row)
        except Exception as error:
            if len(writes) > 1:  # the fault of one must not be the others'
                for one in writes:
                    self._write_all([one])
                return
            writes[0].error = error
        for one in writes:
            one.done = True

    def _replace(self, row: dict[str, Any]) -> None:
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        # The names are the columns of our own schema; every value is bound.
        self._database.execute(f"REPLACE INTO generations ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608

    def _select(self, where: str, values: Iterable[Any]) -> list[Generation]:
        # `where` is always a literal of this module; every value is bound.
        query = f"SELECT * FROM generations WHERE {where}"  # noqa: S608
        with self._reading, closing(self._reader.execute(query, list(values))) as cursor:
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        return [read(dict(zip(names, row, strict=True)), self.files.images) for row in rows]


@dataclass(eq=False)
class _Write:
    """A row that waits to be on disk."""

    row: dict[str, Any]
    done: bool = False
    error: Exception | None = None


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, timeout=30)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        database.executescript(f"BEGIN; {migration}; PRAGMA user_version = {number}; COMMIT;")
    path.chmod(0o600)
    return database


def _hold(connection: sqlite3.Connection) -> bool:
    """Take the lock that tells one running program from another; the system lets go of it when the process ends."""
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
