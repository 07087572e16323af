"""The files of generations in a folder of this machine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .atomic_file import write_atomic
from .blob_store import CHUNK_BYTES, FOLDERS, Blob, BlobKey


class BlobFolder:
    """A `BlobStore` whose keys are paths in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for key in FOLDERS:
            (folder / key).mkdir(parents=True, exist_ok=True, mode=0o700)
        self._size: int | None = None
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """The bytes of all files: counted on first use, then updated with each file."""
        return self.count_again() if self._size is None else self._size

    def count_again(self) -> int:
        """Count the bytes of all files again and return them."""
        with self._lock:
            self._size = sum(blob.size for folder in FOLDERS for blob in self.list(folder))
            return self._size

    def create(self, key: BlobKey, data: bytes) -> bool:
        """Store a file that is not there, atomically and on disk."""
        path = self.folder / key
        if path.exists():
            return False
        write_atomic(path, data)
        self._grow(len(data))
        return True

    def check(self) -> None:
        """Do nothing: the store of the records checks the disk."""

    def create_or_keep(self, key: BlobKey, data: bytes) -> bool:
        """Store a file that is not there."""
        return self.create(key, data)

    def settle(self, key: BlobKey) -> None:
        """Do nothing: a file in the folder is in its place."""

    def read(self, key: BlobKey) -> bytes:
        """Return the bytes of a file."""
        return (self.folder / key).read_bytes()

    def stream(self, key: BlobKey, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return the bytes of a file from `start` up to `stop`, in chunks."""
        return _iter_chunks((self.folder / key).open("rb"), start, stop)

    def find(self, key: BlobKey) -> Blob | None:
        """Return what is known of a file, or None for one that is not there."""
        path = self.folder / key
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            facts = path.stat()
            return Blob(key, facts.st_size, facts.st_mtime)
        return None

    def is_missing(self, key: BlobKey) -> bool:
        """Return whether a file is not there."""
        try:
            return not (self.folder / key).is_file()
        except OSError:  # its folder cannot be read
            return True

    def list(self, folder: BlobKey) -> Iterator[Blob]:
        """Yield the files of one of `FOLDERS`."""
        path = self.folder / folder
        for one in path.iterdir() if path.is_dir() else ():
            if blob := self.find(folder / one.name):  # else it was removed meanwhile
                yield blob

    def touch(self, key: BlobKey) -> None:
        """Note that a file was used now."""
        (self.folder / key).touch()

    def remove(self, key: BlobKey) -> None:
        """Remove a file if it is there."""
        blob = self.find(key)
        (self.folder / key).unlink(missing_ok=True)
        self._grow(-blob.size if blob else 0)

    def _grow(self, by: int) -> None:
        with self._lock:
            if self._size is not None:
                self._size += by


def _iter_chunks(file: BinaryIO, start: int, stop: int | None) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = None if stop is None else stop - start
        while chunk := file.read(CHUNK_BYTES if left is None else min(CHUNK_BYTES, left)):
            left = None if left is None else left - len(chunk)
            yield chunk
