"""Bounds the uploads of visitors, which Gradio keeps for a day: the oldest files are deleted first."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

MAX_UPLOAD_FOLDER_BYTES = 4_000_000_000
"""Counted once a minute; the rate limit bounds the uploads of a minute."""

MAX_UPLOADED_FILES = 100_000

MIN_AGE_SECONDS = 600.0
"""Younger files stay: a visitor may be about to press Generate."""


def delete_oldest(
    folder: Path,
    max_bytes: float = MAX_UPLOAD_FOLDER_BYTES,
    min_age_seconds: float = MIN_AGE_SECONDS,
    max_files: int = MAX_UPLOADED_FILES,
) -> int:
    """Delete the oldest files, with their folders, until the others fit into `max_bytes` and `max_files`.

    Returns the number of deleted files.
    """
    files = sorted(_files(folder))
    excess = sum(size for _, size, _ in files) - max_bytes
    before, deleted = time.time() - min_age_seconds, 0
    for changed_at, size, path in files:
        if (excess <= 0 and len(files) - deleted <= max_files) or changed_at > before:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            excess, deleted = excess - size, deleted + 1
            if path.parent != folder:
                path.parent.rmdir()  # fails while other files are in it
    return deleted


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield the time of change, the size and the path of each file; files that disappear meanwhile are left out."""
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                seen = (path := Path(place, name)).lstat()
                yield seen.st_mtime, seen.st_size, path
