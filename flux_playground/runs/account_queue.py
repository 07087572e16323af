"""The queue of one API key: a limited number of runs at once, visitors in turn.

The API answers 429 beyond a number of tasks in flight, so further runs wait here, where a visitor can see and cancel
them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

from ..identity import Identity
from .active_runs import ActiveRun


class AccountQueue:
    """At most `limit` runs at once; the others wait, those of each visitor in the order of their arrival."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._running = 0
        self._waiting: OrderedDict[Identity, deque[ActiveRun]] = OrderedDict()  # the next visitor first
        self._lock = threading.Lock()

    def acquire(self, run: ActiveRun, *, is_in_flight: bool = False) -> bool:
        """Return whether this run may start now; otherwise the run waits behind the others of its visitor.

        A task that is in flight already starts at once, also beyond the limit.
        """
        with self._lock:
            if is_in_flight or self._running < self._limit:
                self._running += 1
                return True
            self._waiting.setdefault(run.identity, deque()).append(run)
            return False

    def release(self) -> ActiveRun | None:
        """End one run; return the run that takes its place, or None when none waits."""
        with self._lock:
            if not self._waiting or self._running > self._limit:
                self._running -= 1
                return None
            identity, runs = self._waiting.popitem(last=False)
            run = runs.popleft()
            if runs:
                self._waiting[identity] = runs  # at the end: every other visitor has a turn first
            return run

    def cancel(self, run: ActiveRun) -> bool:
        """Remove a waiting run; return False for a run that does not wait."""
        with self._lock:
            runs = self._waiting.get(run.identity, deque())
            if run not in runs:
                return False
            runs.remove(run)
            if not runs:
                del self._waiting[run.identity]
            return True

    def position(self, run: ActiveRun) -> int:
        """Return the position of a run, 1 for the next one; 0 for a run that does not wait."""
        with self._lock:
            own = self._waiting.get(run.identity, deque())
            if run not in own:
                return 0
            ahead = own.index(run)
            own_turn = list(self._waiting).index(run.identity)
            # Before the run's turn, each other visitor has as many turns as this one, or one more.
            turns = (
                min(len(runs), ahead + (turn < own_turn))
                for turn, (identity, runs) in enumerate(self._waiting.items())
                if identity != run.identity
            )
            return 1 + ahead + sum(turns)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._waiting.values()))

    @property
    def is_idle(self) -> bool:
        """Whether no run has a place."""
        with self._lock:
            return self._running == 0
