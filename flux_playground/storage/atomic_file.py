"""Writes files atomically."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that it is complete or absent whenever the process ends; raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # the folder may have been deleted since the start
    part = path.with_name(f"{path.name}.{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)  # on a full disk its bytes would be missing
        raise
