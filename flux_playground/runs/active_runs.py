"""The generations that run in this process, at most one run for each id."""

from __future__ import annotations

import threading

from .fair_queue import ActiveRun


class ActiveRuns:
    """All runs of this process by the id of their generation. Safe to use from many threads."""

    def __init__(self) -> None:
        self._runs: dict[str, ActiveRun] = {}
        self._lock = threading.Lock()

    def get(self, generation_id: str) -> ActiveRun | None:
        """Return the run of a generation, or None."""
        return self._runs.get(generation_id)

    def list(self) -> list[ActiveRun]:
        """Return all runs."""
        with self._lock:
            return list(self._runs.values())

    def add(self, run: ActiveRun) -> ActiveRun:
        """Add a run and return it; where its generation runs already, return that run and add nothing."""
        with self._lock:
            active = self._runs.get(run.generation.id)
            if active is None or active.generation.finished:  # a finished run is about to be removed
                self._runs[run.generation.id] = active = run
            return active

    def remove(self, run: ActiveRun) -> None:
        """Remove a run; one that was not added is ignored."""
        with self._lock:
            if self._runs.get(run.generation.id) is run:
                del self._runs[run.generation.id]

    def find(self, owner: str, fingerprint: str) -> ActiveRun | None:
        """Return an unfinished run of an owner's request, or None."""
        for run in self.list():
            one = run.generation
            if (one.owner, one.fingerprint) == (owner, fingerprint) and not one.finished:
                return run
        return None
