"""What visitors have sent up and gradio keeps for a day: together no more than so many bytes, the oldest go first.

Knows files, their sizes and ages; neither gradio nor whose they are.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

MOST = 4_000_000_000
"""Bytes that may lie there; they are counted once a minute, and what comes in a minute is bounded by the throttle."""

FRESH = 600.0
"""Seconds for which a file is left alone: somebody is about to press Generate."""


def tidy(folder: Path, most: float = MOST, fresh: float = FRESH) -> int:
    """Remove the oldest files until the rest is small enough; gives how many went. Nobody waits for it."""
    files = sorted(_files(folder))
    over, before, gone = sum(size for _, size, _ in files) - most, time.time() - fresh, 0
    for at, size, path in files:
        if over <= 0 or at > before:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            over, gone = over - size, gone + 1
    return gone


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """When each was last changed, how large it is, and where; what goes while this looks is left out."""
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                seen = (path := Path(place, name)).lstat()
                yield seen.st_mtime, seen.st_size, path
