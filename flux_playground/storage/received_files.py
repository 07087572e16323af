"""Files on the disk of this machine that are being imported."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ReceivedFiles:
    """The files that are being imported, in a folder of their own."""

    folder: Path

    @contextmanager
    def receiving(self) -> Iterator[Path]:
        """Yield a path for a file that is being imported; it is removed after the block."""
        self.folder.mkdir(exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=self.folder, ignore_cleanup_errors=True) as folder:
            yield Path(folder) / "file"

    def remove_all(self) -> None:
        """Remove the files that an ended process was importing."""
        shutil.rmtree(self.folder, ignore_errors=True)
