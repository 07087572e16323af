"""The files beside the journal: delivered images, small ones of them, images that were sent; how many bytes they are.

Knows paths and bytes; neither what is in a file nor whose it is.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


class ImageFiles:
    """The folders of one journal. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images, self.inputs, self.thumbnails = (folder / name for name in ("images", "inputs", "thumbnails"))
        for path in (self.images, self.inputs, self.thumbnails):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._size: int | None = None
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """How many bytes all files are: counted at the first asking, and from then on as they come and go."""
        return self.rescan() if self._size is None else self._size

    def rescan(self) -> int:
        """The same, counted anew."""
        with self._lock:
            self._size = sum(
                _size(path)
                for one in (self.images, self.inputs, self.thumbnails)
                for path in (one.iterdir() if one.is_dir() else ())
            )
            return self._size

    def thumbnail(self, generation_id: str) -> Path:
        """Where the small picture of a generation is, or is to be."""
        return self.thumbnails / f"{generation_id}.webp"

    def iter_inputs(self) -> Iterator[tuple[Path, float]]:
        """Every image that was sent, and when that was last (Unix seconds)."""
        for path in self.inputs.iterdir() if self.inputs.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat().st_mtime

    def write_atomic(self, path: Path, data: bytes) -> None:
        """Write a file so that it is there whole or not at all, whenever the process ends."""
        before = _size(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # it may have been deleted since the start
        part = path.with_name(f"{path.name}.{threading.get_ident()}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        self._grow(len(data) - before)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        size = _size(path)
        path.unlink(missing_ok=True)
        self._grow(-size)

    def _grow(self, by: int) -> None:
        with self._lock:
            if self._size is not None:
                self._size += by


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
