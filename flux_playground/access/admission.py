"""Admits runs: limits of the queue and quota are checked and counted for one run at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..generation import Generation
from ..runs.active_runs import ActiveRun, ActiveRuns
from ..runs.queue_limits import QueueLimits
from ..storage.database_connection import Connection
from ..storage.generation_store import GenerationStore
from .quota import Quota
from .visitor import Visitor


class Admission:
    """Admits runs to `runs`; the queue's limits are checked with `has_queue_limits`. Safe to use from many threads."""

    def __init__(self, runs: ActiveRuns, quota: Quota, *, has_queue_limits: bool) -> None:
        self._runs, self._quota = runs, quota
        self._limits = QueueLimits(runs, quota.usage) if has_queue_limits else None
        self._lock = threading.Lock()

    def check_allowance(self, generation: Generation, count: int, total: float | None) -> None:
        """Raise `QuotaExceeded` when `count` such generations, of `total` credits, exceed the allowance."""
        self._quota.check(generation, count, total)

    def check(self, generation: Generation, visitor: Visitor) -> None:
        """Raise `QueueFull` or `QuotaExceeded` when this generation may not start."""
        if self._limits is not None:
            self._limits.check_runs(visitor.identity)
            self._limits.check_stored(visitor.identity)
        self._quota.check(generation)

    def admit(self, run: ActiveRun, visitor: Visitor, *, reuse: bool = False) -> ActiveRun:
        """Check a run and count it from now on, before its generation is stored; return the run.

        Return the active run of the same id instead, if there is one; with `reuse`, also that of the same owner and
        request. Raises like `check`.
        """
        with self._lock:
            running = self._runs.get(run.generation.id)
            if running is None and reuse:
                running = self._runs.find(run.generation.owner, run.generation.fingerprint)
            if running is not None:
                return running
            if self._limits is not None:
                self._limits.check_runs(visitor.identity)  # `save` counts those of other processes too
            self._quota.check(run.generation)
            self._quota.usage.reserve(run.generation, self._quota.expect(run.generation))
            return self._runs.add(run)

    def save(self, run: ActiveRun, store: GenerationStore, save_inputs: Callable[[], object]) -> bool:
        """Store the inputs and the generation of an admitted run, checked again in the transaction that writes it.

        Return False, and store nothing, for an id that was used before. Raises `QuotaExceeded` or `QueueFull` when
        other processes of the database have used up what was left.
        """

        def check(database: Connection) -> None:
            if self._limits is not None:
                self._limits.check_stored(run.identity, database)
            self._quota.check(run.generation, count=0)  # it is counted since its admission

        try:
            save_inputs()
            return store.save_new(run.generation, check)
        finally:
            self._quota.usage.release(run.generation)
