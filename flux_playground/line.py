"""The line before one key: so many generations travel at once, the others wait their turn in the order they came.

The API answers 429 beyond a number of tasks in flight; what is over waits here instead, where it can be seen and
taken out again. Knows neither the client nor the journal.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .generation import Generation


@dataclass(eq=False)
class Run:
    """A generation under way in this process: its latest record, and the whole request, which is kept nowhere else.

    Whoever moves it forward calls `report`; any number of others watch. Setting `stop` ends the waiting for it.
    """

    generation: Generation
    request: Mapping[str, Any] = field(repr=False)
    stop: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def report(self, generation: Generation) -> None:
        """Put the latest record in place and wake those who watch."""
        with self._changed:
            self.generation = generation
            self._changed.notify_all()

    def watch(self) -> Iterator[Generation]:
        """Every record from now on that the watcher is quick enough to see; the last is always the finished one."""
        seen: Generation | None = None
        while seen is None or not seen.finished:
            with self._changed:
                while self.generation is seen:
                    self._changed.wait()
                seen = self.generation
            yield seen


class Line:
    """At most `limit` runs travel at once; `waiting` holds the others, the next one first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._travelling = 0
        self._waiting: deque[Run] = deque()
        self._lock = threading.Lock()

    def enter(self, run: Run) -> bool:
        """Whether this run may start at once; if not, it stands at the end of the line."""
        with self._lock:
            if self._travelling < self._limit:
                self._travelling += 1
                return True
            self._waiting.append(run)
            return False

    def leave(self) -> Run | None:
        """One run has ended: the next takes its turn and is returned, or None when nobody waits."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._travelling -= 1
            return None

    def withdraw(self, run: Run) -> bool:
        """Take a waiting run out of the line; False when its turn has come already."""
        with self._lock:
            if run not in self._waiting:
                return False
            self._waiting.remove(run)
            return True

    def place(self, run: Run) -> int:
        """Where a run stands in the line, 1 being the next; 0 when it does not wait."""
        with self._lock:
            return self._waiting.index(run) + 1 if run in self._waiting else 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether nothing travels."""
        with self._lock:
            return self._travelling == 0
