"""Limits log lines that repeat: without file handles asyncio would write megabytes a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_LINES_PER_SECOND = 3
MAX_KINDS = 200
LIMITED_LOGGERS = ("asyncio", "flux_playground.ui.server.event_sessions", "python_multipart.multipart", "uvicorn.error")


@dataclass
class _Repeats:
    """The lines of one kind in the second that began at `since`."""

    since: float
    passed: int = 0
    dropped: int = 0


@dataclass
class RepeatFilter:
    """Passes a few lines a second of each kind; lines of one kind have a level and the first line of a text in common.

    The first line that passes later says how many were left out.
    """

    clock: Callable[[], float] = time.monotonic
    _kinds: dict[tuple[int, str], _Repeats] = field(default_factory=dict)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written."""
        now = self.clock()
        kind = record.levelno, str(record.msg).lstrip().partition("\n")[0][:80]
        if kind not in self._kinds and len(self._kinds) >= MAX_KINDS:
            self._kinds.clear()
        repeats = self._kinds.setdefault(kind, _Repeats(now))
        if now - repeats.since >= 1:
            if repeats.dropped:
                record.msg = f"{record.msg} ({repeats.dropped} similar lines left out)"
            repeats.since, repeats.passed, repeats.dropped = now, 0, 0
        if repeats.passed >= MAX_LINES_PER_SECOND:
            repeats.dropped += 1
            return False
        repeats.passed += 1
        return True


def limit_repeated_lines() -> None:
    """Limit the repeated lines of the server and the event loop."""
    for name in LIMITED_LOGGERS:
        logging.getLogger(name).addFilter(RepeatFilter().filter)
