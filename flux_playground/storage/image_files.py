"""The files of the data folder: delivered images, thumbnails, input images, and their total size."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from .atomic_file import write_atomic


class ImageFiles:
    """The folders of one data folder. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.images, self.inputs, self.thumbnails = (folder / name for name in ("images", "inputs", "thumbnails"))
        for path in (self.images, self.inputs, self.thumbnails):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._imports = folder / "imports"
        self._size: int | None = None
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """The bytes of all files: counted on first use, then updated with each write and removal."""
        return self.rescan() if self._size is None else self._size

    def rescan(self) -> int:
        """Count the bytes of all files again and return them."""
        with self._lock:
            self._size = sum(
                _size(path)
                for folder in (self.images, self.inputs, self.thumbnails)
                for path in (folder.iterdir() if folder.is_dir() else ())
            )
            return self._size

    @contextlib.contextmanager
    def receiving(self) -> Iterator[Path]:
        """Yield a path for a file that is being imported; it is removed after the block."""
        self._imports.mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self._imports, ignore_cleanup_errors=True) as folder:
            yield Path(folder) / "file"

    def remove_received(self) -> None:
        """Remove the files that an ended process was importing."""
        shutil.rmtree(self._imports, ignore_errors=True)

    def thumbnail(self, generation_id: str) -> Path:
        """Return the path of a generation's thumbnail, which need not exist."""
        return self.thumbnails / f"{generation_id}.webp"

    def iter_inputs(self) -> Iterator[tuple[Path, float]]:
        """Yield the path of each input image and when it was last used (Unix seconds)."""
        for path in self.inputs.iterdir() if self.inputs.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                yield path, path.stat().st_mtime

    def write(self, path: Path, data: bytes) -> None:
        """Write a file atomically and count its bytes."""
        before = _size(path)
        write_atomic(path, data)
        self._grow(len(data) - before)

    def remove(self, path: Path) -> None:
        """Remove a file if it exists."""
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
