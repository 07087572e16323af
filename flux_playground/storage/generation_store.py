"""What was asked for and what came of it: generations in SQLite, delivered images as files, thumbnails beside them.

The only module that opens SQLite. It knows nothing of HTTP or gradio, and no key ever reaches it: a generation has
no place for one. Every write is on disk when the call returns, because what follows it may cost money.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import StorageError
from ..generation import UNFINISHED, Generation, State
from ..image_ref import PREFIX, find_image_refs, image_ref
from ..images import image_file, media_types
from .database import Reader, acquire_process_lock, open_database
from .image_files import ImageFiles
from .pending_records import PendingRecords
from .rows import from_row_or_none, to_row
from .usage import Usage

MIN_FREE_BYTES = 32_000_000  # of the data folder's disk, before a request is sent


class GenerationStore:
    """The folder in which nothing that was paid for is lost; safe to use from many threads.

    `sole` is true for the first journal opened on a folder by any process, and says who may take up what an ended
    process left behind.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.files = ImageFiles(folder)
            self._database = open_database(folder / "journal.sqlite")
        except (OSError, sqlite3.Error) as error:
            cause = error.strerror if isinstance(error, OSError) else error
            raise StorageError(f"The data folder {folder} cannot be used: {cause}.") from None
        self._lock = threading.Lock()
        self._waiting: deque[_Write] = deque()
        # A connection of their own: who reads need not wait for the disk.
        self._reader = Reader(sqlite3.connect(folder / "journal.sqlite", check_same_thread=False, timeout=30))
        self.usage = Usage(self._reader)
        self._holder = sqlite3.connect(folder / "running.sqlite", check_same_thread=False, isolation_level=None)
        self.is_primary = acquire_process_lock(self._holder)
        self._pending = PendingRecords(self.save)
        self._inode = (folder / "journal.sqlite").stat().st_ino

    def close(self) -> None:
        """Let go of the folder."""
        self._pending.close()
        with self._lock, self._reader.lock:
            self._reader.connection.close()
            self._database.close()
            self._holder.close()

    def save(self, generation: Generation) -> Generation:
        """Put a generation on disk, in place of what was known of it, and give it back; raises `StorageError`."""
        mine = _Write(to_row(generation))
        self._waiting.append(mine)
        with self._lock:  # whoever gets it writes for all who wait for it: the disk is waited for once
            if not mine.done:
                self._write_all([self._waiting.popleft() for _ in range(len(self._waiting))])
        if isinstance(mine.error, sqlite3.Error | OSError):
            raise StorageError(f"The data folder cannot be written to: {mine.error}.") from None
        if mine.error is not None:
            raise mine.error
        self.usage.update(generation)
        return generation

    def save_with_retry(self, generation: Generation) -> Generation:
        """Put a generation on disk like `write`; while that fails, keep it in memory and try again later."""
        return self._pending.save(generation)

    def check_writable(self) -> None:
        """Raise `StorageError` when nothing that is paid for could be kept: no space, the journal gone or damaged."""
        try:
            free = shutil.disk_usage(self.files.folder).free
            same = (self.files.folder / "journal.sqlite").stat().st_ino == self._inode
        except OSError as error:
            raise StorageError(f"The data folder cannot be read: {error.strerror}. Nothing was sent.") from None
        if not same:
            raise StorageError("The journal was removed from the data folder. Nothing was sent. Restart the program.")
        if free < MIN_FREE_BYTES:
            raise StorageError("The data folder has no space left. Nothing was sent.")
        self._reader.check()

    def get(self, generation_id: str) -> Generation | None:
        """The generation of this id, or None."""
        pending = self._pending.get(generation_id)
        return pending or next(iter(self._select("id = ?", [generation_id])), None)

    def recent(self, owner: str, limit: int = 60) -> list[Generation]:
        """An owner's latest generations, newest first."""
        rows = self._select("owner = ? ORDER BY created_at DESC, id LIMIT ?", [owner, limit])
        return [self._pending.get(one.id) or one for one in rows]

    def unfinished(self) -> list[Generation]:
        """What was under way when the program last ended, oldest first."""
        marks = ", ".join("?" * len(UNFINISHED))
        return self._select(f"state IN ({marks}) ORDER BY created_at, id", list(UNFINISHED))

    def find_by_sha256(self, owner: str, sha256: str) -> Generation | None:
        """An owner's latest generation whose delivered image has this hash, or None."""
        where = "owner = ? AND sha256 = ? ORDER BY created_at DESC LIMIT 1"
        return next(iter(self._select(where, [owner, sha256])), None)

    def find_by_fingerprint(self, owner: str, fingerprint: str) -> Generation | None:
        """An owner's latest finished image of just this request, seed included, or None."""
        where = "owner = ? AND fingerprint = ? AND state = ? ORDER BY created_at DESC LIMIT 1"
        return next(iter(self._select(where, [owner, fingerprint, State.SUCCEEDED])), None)

    def oldest_with_files(self, limit: int, server: str = "") -> list[Generation]:
        """The finished generations that still have files, of their own or sent with them, those made first first.

        `server` is the beginning of the addresses of those that are meant.
        """
        marks = ", ".join("?" * len(UNFINISHED))
        where = f"""state NOT IN ({marks}) AND cleared_at IS NULL AND (image IS NOT NULL OR instr(request, ?))
            AND substr(server, 1, ?) = ? ORDER BY created_at, id LIMIT ?"""
        return self._select(where, [*UNFINISHED, f'"{PREFIX}', len(server), server, limit])

    def mark_images_deleted(self, generation_ids: Iterable[str], at: float) -> None:
        """Write down that the files of these generations were removed at a moment (Unix seconds) to make room."""
        with self._lock, self._database:
            query = "UPDATE generations SET cleared_at = ? WHERE id = ?"
            self._database.executemany(query, [(at, one) for one in generation_ids])

    def referenced_inputs(self) -> set[str]:
        """The references of all inputs that belong to what was not cleared."""
        query = "SELECT request FROM generations WHERE cleared_at IS NULL AND instr(request, ?)"
        with self._reader.lock:
            _, rows = self._reader.select(query, [f'"{PREFIX}'])
        return {reference for (request,) in rows for reference in find_image_refs(request)}

    def save_image(self, generation: Generation, data: bytes) -> Generation:
        """Keep a delivered image exactly as it came and give the generation with its file, hash and measures.

        Whether it is whole has been looked at by whoever delivered it; raises `InvalidImage` for what is neither
        image, video nor archive.
        The record itself is not written here.
        """
        picture = media_types.probe(data)
        seed = f"seed-{str(generation.seed)[:24]}-" if generation.seed is not None else ""
        path = self.files.images / f"flux-{seed}{generation.id}{picture.suffix}"
        try:
            self.files.write_atomic(path, data)
        except OSError as error:
            raise StorageError(f"The image could not be written: {error.strerror or error}.") from None
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
        if (
            generation.image is None
            or media_types.display_kind(generation.format) != "image"
            or not generation.image.is_file()
        ):
            return None
        path = self.files.thumbnail(generation.id)
        if not path.is_file():
            self.files.write_atomic(path, image_file.thumbnail(generation.image.read_bytes()))
        return path

    def save_input(self, text: str) -> str:
        """Keep an image that goes into a request (base64) once, however often it is used; gives its reference."""
        path = self.files.inputs / image_ref(text).removeprefix(PREFIX)
        if self.load_input(image_ref(text)) is not None:
            path.touch()  # else it might be taken for one that nobody wants
        else:
            try:
                self.files.write_atomic(path, text.encode())
            except OSError as error:
                raise StorageError(
                    f"An image could not be kept: {error.strerror or error}. Nothing was sent."
                ) from None
        return image_ref(text)

    def owns_input(self, owner: str, reference: str) -> bool:
        """Whether an owner ever sent the input of this reference: a reference alone gives nobody another's image."""
        query = "SELECT 1 FROM generations WHERE owner = ? AND instr(request, ?) LIMIT 1"
        with self._reader.lock:
            return bool(self._reader.select(query, [owner, reference])[1])

    def load_input(self, reference: str) -> str | None:
        """Return the base64 text that `save_input` gave this reference for; None for a missing or damaged file."""
        digest = reference.removeprefix(PREFIX)
        if len(digest) != 64 or not digest.isalnum():
            return None
        path = self.files.inputs / digest
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        return text if image_ref(text) == reference else None

    def secret_key(self) -> bytes:
        """32 random bytes that are the same for as long as the folder is, and known to nobody else."""
        path = self.files.folder / "salt"
        with self._lock:
            if not path.is_file():
                self.files.write_atomic(path, secrets.token_bytes(32))
                path.chmod(0o600)
        return path.read_bytes()

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
        with self._reader.lock:
            names, rows = self._reader.select(query, values)
        found = (from_row_or_none(dict(zip(names, row, strict=True)), self.files.images) for row in rows)
        return [one for one in found if one is not None]


@dataclass(eq=False)
class _Write:
    """A row that waits to be on disk."""

    row: dict[str, Any]
    done: bool = False
    error: Exception | None = None
