"""The runs of sweeps in this process, and how many of them a visitor and an address may have."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from .access.visitor import Visitor
from .errors import InvalidSweep, QueueFull
from .storage.sweep_store import StoredSweep, SweepRequest, SweepState, SweepStore
from .sweep_run import SweepRun
from .sweeps.plan import Cell

MAX_RUNNING_PER_VISITOR, MAX_RUNNING_PER_ADDRESS, MAX_RUNNING = 4, 16, 100  # each has a thread
MAX_ENDED_RUNS = 100  # of which the errors of cells are kept
ANSWER_SECONDS = 5.0  # after which another process does not answer: it looks every second
ASK_AGAIN_SECONDS = 0.2


class RunningSweeps:
    """The runs by the id of their sweep: those that have not ended, and the latest others.

    Safe to use from many threads.
    """

    def __init__(self, store: SweepStore, *, hosted: bool) -> None:
        self._store, self._hosted = store, hosted
        self._runs: dict[str, SweepRun] = {}
        self._lock = threading.Lock()

    def get(self, sweep_id: str) -> SweepRun | None:
        """Return the latest run of a sweep, or None."""
        return self._runs.get(sweep_id)

    def get_active(self, sweep_id: str) -> SweepRun | None:
        """Return the run of a sweep that has not ended, or None."""
        run = self._runs.get(sweep_id)
        return None if run is None or run.has_ended else run

    def present(self, sweep: StoredSweep) -> StoredSweep:
        """Return a stored sweep as it is now: one that ran in a process that has ended is paused."""
        if (run := self.get_active(sweep.id)) is not None:
            return replace(sweep, state=run.sweep.state, problem=run.sweep.problem)
        if sweep.state is not SweepState.RUNNING or self.is_elsewhere(sweep.id):
            return sweep
        return replace(sweep, state=SweepState.PAUSED)

    def is_elsewhere(self, sweep_id: str) -> bool:
        """Return whether another process makes a sweep, or waits for its last cells."""
        return sweep_id in self._store.find_claimed_elsewhere()

    def check_at_rest(self, sweep_id: str) -> None:
        """Raise `InvalidSweep` for a sweep that runs in any process."""
        if self.get_active(sweep_id) is not None or self.is_elsewhere(sweep_id):
            raise InvalidSweep("This sweep is running. Stop it first.")

    def end(self, sweep_id: str, request: SweepRequest) -> None:
        """Pause or stop a sweep in the process that makes it: at once in this one, after a moment in another."""
        if (run := self.get_active(sweep_id)) is not None:
            run.obey(request)
        else:
            self._store.leave_request(sweep_id, request)

    def start(
        self,
        sweep_id: str,
        create: Callable[[], SweepRun],
        select: Callable[[], Iterable[Cell]],
        visitor: Visitor,
        press: str,
    ) -> StoredSweep:
        """Claim a sweep, create its run, and start with the cells that `select` returns; see `SweepRun.add`.

        Another process that makes the sweep hands it over. Raises `InvalidSweep` if that does not answer, `QueueFull`,
        and what `select` raises.
        """
        self._claim(sweep_id)
        try:
            run = create()
            earlier = self._add(run)
            try:
                run.add(select, visitor, press)
                run.start()
            except BaseException:
                self._abandon(run, earlier)
                raise
        except BaseException:
            self._store.release(sweep_id)
            raise
        return run.sweep

    def close(self) -> None:
        """Start no further cells."""
        for run in list(self._runs.values()):
            run.close()

    def _claim(self, sweep_id: str) -> None:
        until = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                return self._store.claim(sweep_id)
            except InvalidSweep:
                if time.monotonic() > until:
                    raise
            self._store.leave_request(sweep_id, SweepRequest.HAND_OVER)
            time.sleep(ASK_AGAIN_SECONDS)

    def _add(self, run: SweepRun) -> SweepRun | None:
        """Count a run from now on and return the earlier one of its sweep; raises `QueueFull`."""
        with self._lock:
            running = [one for one in self._runs.values() if not one.has_ended]
            own = sum(one.sweep.owner == run.sweep.owner for one in running)
            near = sum(one.visitor.identity.address == run.visitor.identity.address for one in running)
            if self._hosted and near >= MAX_RUNNING_PER_ADDRESS:
                raise QueueFull(f"{near} sweeps of your address are running already.")
            if own >= MAX_RUNNING_PER_VISITOR or len(running) >= MAX_RUNNING:
                others = len(running) - own
                raise QueueFull(f"{own} of your sweeps are running already, and {others} of other visitors.")
            for ended in [one for one in self._runs.values() if one.has_ended][:-MAX_ENDED_RUNS]:
                del self._runs[ended.sweep.id]
            earlier = self._runs.get(run.sweep.id)
            self._runs[run.sweep.id] = run
            return earlier

    def _abandon(self, run: SweepRun, earlier: SweepRun | None) -> None:
        """End a run that was added and could not start; the earlier one is back."""
        run.abandon()
        with self._lock:
            if earlier is None:
                del self._runs[run.sweep.id]
            else:
                self._runs[run.sweep.id] = earlier
