"""Stores generations in a database, their images as files.

Every write is on disk when the call returns, because the next step may cost money.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import StorageError, StorageUnavailable
from ..generation import UNFINISHED, Generation, State
from ..image_ref import PREFIX
from ..images import image_file, media_types
from .annotations import Annotations
from .blob_store import IMAGES, Blob, BlobKey, thumbnail_key
from .database import open_database
from .database_connection import Connection, Reader, id_list
from .deletions import Deletions
from .input_store import InputStore
from .kept_records import KeptRecords
from .open_blob_store import open_blob_store
from .pending_records import PendingRecords
from .purge import NOBODY, purge_deleted
from .received_files import ReceivedFiles
from .row_writer import RowWriter
from .rows import from_row_or_none, to_row
from .search import Search
from .search_backlog import SearchBacklog
from .shared_queue import SharedQueue
from .sweep_store import SweepStore
from .usage import Usage

NOT_DELETED = (
    f"owner != '{NOBODY}' AND NOT EXISTS"  # noqa: S608
    " (SELECT 1 FROM annotations WHERE annotations.id = generations.id AND deleted_at IS NOT NULL)"
)
MAX_CONCURRENT_IMPORTS = 3  # more than one address of a hosted page has threads for
MIN_FREE_BYTES = 32_000_000  # of the data folder's disk, before a request is sent


class GenerationStore:
    """The generations, images and inputs of one data folder. Safe to use from many threads.

    The records are in SQLite in the folder, or in the PostgreSQL database of a URL. Each import holds `importing`.
    """

    def __init__(self, folder: Path, files_url: str = "", database_url: str = "") -> None:
        self.folder = folder
        self.database = open_database(folder, database_url)
        try:
            self.files = open_blob_store(folder, files_url, self.secret_key)
        except OSError as error:
            raise StorageError(f"The data folder {folder} cannot be used: {error.strerror}.") from None
        # Three connections, so that reads need not wait for fsync.
        writing, reading, searching = self.database.connections(3)
        self._writer, self._reader = RowWriter(writing), Reader(reading)
        self.backlog = SearchBacklog(self._writer.run, self.database.empty_index)
        self._search_reader = Reader(searching, self.backlog.repair)
        self.usage = Usage(self._reader)
        self.annotations = Annotations(self._search_reader, self._writer)
        self.deletions = Deletions(self._writer)
        self.search = Search(self._search_reader, self.annotations, self._load)
        self.sweeps = SweepStore(self.database, self._writer, self._reader)
        self.inputs = InputStore(self.files, self._reader)
        self.received = ReceivedFiles(folder / "imports")
        self._kept_records = KeptRecords(folder / "records", self.save, self.files.is_missing)
        self._pending = PendingRecords(self._kept_records.save)
        self.importing = threading.BoundedSemaphore(MAX_CONCURRENT_IMPORTS)
        if self.database.owns_folder:
            self.received.remove_all()
            self.backlog.start()
            for generation in self._kept_records.load():
                self._pending.save(generation)

    def close(self) -> None:
        """Write pending records and close the folder."""
        self._pending.close()
        self.backlog.close()
        self._writer.close()
        for reader in (self._reader, self._search_reader):
            reader.close()
        self.database.close()

    def save(self, generation: Generation) -> Generation:
        """Write a generation in place of its earlier record, after its image is uploaded; raises `StorageError`."""
        try:
            if generation.image is not None:
                self.files.settle(generation.image)
        except OSError as error:
            raise StorageError(f"The image could not be uploaded: {error.strerror or error}.") from None
        self._writer.write(to_row(generation))
        self.usage.update(generation)
        return generation

    def save_new(self, generation: Generation, check: Callable[[Connection], object]) -> bool:
        """Write a generation if its id was never used, and return whether it was written.

        Nobody writes between `check` and the row. Raises `StorageError` and what `check` raises.
        """
        return self._writer.write_new(check, to_row(generation))

    def shared_queue(self, limit: int) -> SharedQueue | None:
        """Return the queue of a shared database, in which an account has `limit` places."""
        return SharedQueue(limit, self._reader, self._writer) if self.database.is_shared else None

    def save_with_retry(self, generation: Generation) -> Generation:
        """Write a generation like `save`; if that fails, keep it and retry. Never raises."""
        return self._pending.save(generation)

    def check_writable(self) -> None:
        """Raise `StorageError` when a paid image could not be kept: as `check_folder`, also by database and bucket."""
        self.check_folder()
        if self.database.is_shared:
            self._reader.check()
        try:
            self.files.check()
        except OSError as error:
            raise StorageUnavailable(f"Images cannot be stored: {error.strerror or error}. Nothing was sent.") from None

    def check_folder(self) -> None:
        """Raise `StorageError` when the disk is full, or the database of the folder is removed or damaged."""
        try:
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise StorageUnavailable(f"The data folder cannot be read: {error.strerror}. Nothing was sent.") from None
        self.database.check()
        if free < MIN_FREE_BYTES:
            raise StorageUnavailable("The data folder has no space left. Nothing was sent.")
        if not self.database.is_shared:
            self._reader.check()

    def get(self, generation_id: str) -> Generation | None:
        """Return a generation, or None for an unknown id and for a deleted generation."""
        pending = self._pending.get(generation_id)
        return pending or next(iter(self._select(f"id = ? AND {NOT_DELETED}", [generation_id])), None)

    def recent(self, owner: str, limit: int = 60) -> list[Generation]:
        """Return an owner's latest generations, newest first."""
        where = f"owner = ? AND {NOT_DELETED} ORDER BY created_at DESC, id LIMIT ?"
        rows = self._select(where, [owner, limit])
        return [self._pending.get(generation.id) or generation for generation in rows]

    def count(self, owner: str) -> int:
        """Return the number of an owner's generations."""
        deleted = "SELECT count(*) FROM annotations WHERE owner = ? AND deleted_at IS NOT NULL"
        query = f"SELECT count(*) - ({deleted}) FROM generations WHERE owner = ?"  # noqa: S608
        with self._reader.lock:
            _, rows = self._reader.select(query, [owner, owner])
        return int(rows[0][0])

    def take_over(self) -> dict[str, bool]:
        """Take the unfinished generations of ended processes, and return their ids, oldest first.

        The value tells whether this process was there when the other one ended. Some of this process may be among them.
        """
        return self._writer.run(self.database.take_over)

    def find_by_sha256(self, owner: str, sha256: str) -> Generation | None:
        """Return an owner's latest generation whose delivered image has this hash, or None."""
        # As in the condition of the index; the plus sign keeps SQLite from reading all rows of the owner.
        where = f"+owner = ? AND sha256 = ? AND sha256 != '' AND {NOT_DELETED} ORDER BY created_at DESC LIMIT 1"
        return next(iter(self._select(where, [owner, sha256])), None)

    def find_by_fingerprint(self, owner: str, fingerprint: str) -> Generation | None:
        """Return an owner's latest succeeded generation of exactly this request, seed included, or None."""
        where = f"owner = ? AND fingerprint = ? AND state = ? AND {NOT_DELETED} ORDER BY created_at DESC LIMIT 1"
        return next(iter(self._select(where, [owner, fingerprint, State.SUCCEEDED])), None)

    def find_by_fingerprints(self, owner: str, fingerprints: Sequence[str]) -> dict[str, Generation]:
        """Return an owner's latest succeeded generation with an image for each fingerprint that has one."""
        where = f"""owner = ? AND fingerprint IN (SELECT value FROM json_each(?)) AND state = ?
            AND image_deleted_at IS NULL AND {NOT_DELETED} ORDER BY created_at"""  # noqa: S608
        rows = self._select(where, [owner, id_list(fingerprints), State.SUCCEEDED])
        return {generation.fingerprint: generation for generation in rows}

    def of_sweep(self, owner: str, sweep_id: str) -> list[Generation]:
        """Return the generations of an owner's sweep, oldest first."""
        where = f"owner = ? AND sweep = ? AND sweep != '' AND {NOT_DELETED} ORDER BY created_at, id"
        rows = self._select(where, [owner, sweep_id])
        return [self._pending.get(generation.id) or generation for generation in rows]

    def oldest_with_files(self, limit: int, server: str = "", keep_imports: bool = True) -> list[Generation]:
        """Return finished generations that still have an image or inputs: imported ones first, then the oldest.

        Only imported ones and those whose server URL begins with `server` are returned; starred ones are not, except
        imported ones without `keep_imports`.
        """
        where = f"""
            state NOT IN ({", ".join("?" * len(UNFINISHED))}) AND image_deleted_at IS NULL
            AND (image IS NOT NULL OR instr(request, ?)) AND (substr(server, 1, ?) = ? OR imported != '')
            AND (id NOT IN (SELECT id FROM annotations WHERE starred) {"" if keep_imports else "OR imported != ''"})
            ORDER BY imported = '', created_at, id LIMIT ?"""  # noqa: S608  # literals
        return self._select(where, [*UNFINISHED, PREFIX, len(server), server, limit])

    def purge(self, before: float) -> int:
        """Remove the generations that were deleted before a time (Unix seconds) and return their number.

        What was spent is still counted: a row without owner and content remains. Raises `StorageError`.
        """
        return purge_deleted(self._writer, self.files, self.inputs, before)

    def mark_images_deleted(self, generation_ids: Iterable[str], at: float) -> None:
        """Record when (Unix seconds) the files of these generations were deleted."""
        query = "UPDATE generations SET image_deleted_at = ? WHERE id = ?"
        self._writer.execute_many(query, [(at, generation_id) for generation_id in generation_ids])

    def save_image(self, generation: Generation, data: bytes) -> Generation:
        """Store a delivered image unchanged; return the generation with its file, hash, format and size.

        The generation itself is not written. The client has verified the image already. Raises `StorageError`, and
        `InvalidImage` for bytes that are neither an image, a video nor an archive.
        """
        media = media_types.probe(data)
        seed = f"seed-{str(generation.seed)[:24]}-" if generation.seed is not None else ""
        digest = hashlib.sha256(data).hexdigest()
        key = IMAGES / f"flux-{seed}{generation.id}{media.suffix}"
        try:
            if not self.files.create_or_keep(key, data) and self.files.read(key) != data:  # delivered again, different
                key = key.with_stem(f"{key.stem}-{digest[:16]}")
                self.files.create_or_keep(key, data)
        except OSError as error:
            raise StorageError(f"The image could not be written: {error.strerror or error}.") from None
        return replace(
            generation,
            image=key,
            sha256=digest,
            format=media.format,
            width=media.width,
            height=media.height,
            size=len(data),
            image_deleted_at=None,
        )

    def image_hashes(self) -> dict[BlobKey, str]:
        """Return the SHA-256 of the images of all records, by key."""
        query = "SELECT image, sha256 FROM generations WHERE image IS NOT NULL AND image_deleted_at IS NULL"
        with self._reader.lock:
            _, rows = self._reader.select(query, [])
        return {IMAGES / image: sha256 for image, sha256 in rows}

    def find_image(self, generation: Generation) -> Blob | None:
        """Return what is known of the file of a generation's image, or None without one; raises `OSError`."""
        return None if generation.image is None else self.files.find(generation.image)

    def read_image(self, generation: Generation) -> bytes:
        """Return the image as delivered; raises `OSError`, for a missing file `FileNotFoundError`."""
        return self.files.read(_image_key(generation))

    def stream_image(self, generation: Generation, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return the bytes of the image from `start` up to `stop`, in chunks; raises what `read_image` raises."""
        return self.files.stream(_image_key(generation), start, stop)

    def thumbnail(self, generation: Generation) -> bytes | None:
        """Return a small WebP, created on first use; None where the generation has no image. Raises `OSError`."""
        image = generation.image
        if image is None or media_types.display_kind(generation.format) != "image" or self.files.is_missing(image):
            return None
        key = thumbnail_key(generation.id)
        with suppress(FileNotFoundError):
            return self.files.read(key)
        try:
            data = image_file.thumbnail(self.files.read(image))
        except FileNotFoundError:
            return None
        with suppress(OSError):  # it can be made again
            self.files.create(key, data)
        return data

    def secret_key(self) -> bytes:
        """Return 32 random bytes that stay the same as long as the database exists."""
        return self.database.secret(lambda: secrets.token_bytes(32))

    def _load(self, ids: Sequence[str]) -> dict[str, Generation]:
        where = f"id IN (SELECT value FROM json_each(?)) AND {NOT_DELETED}"  # noqa: S608
        rows = self._select(where, [id_list(ids)])
        return {generation.id: self._pending.get(generation.id) or generation for generation in rows}

    def _select(self, where: str, values: Iterable[Any]) -> list[Generation]:
        # `where` is always a literal of this module; every value is bound.
        query = f"SELECT * FROM generations WHERE {where}"  # noqa: S608
        with self._reader.lock:
            names, rows = self._reader.select(query, values)
        generations = (from_row_or_none(dict(zip(names, row, strict=True)), self.files.is_missing) for row in rows)
        return [generation for generation in generations if generation is not None]


def _image_key(generation: Generation) -> BlobKey:
    if generation.image is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), generation.id)
    return generation.image
