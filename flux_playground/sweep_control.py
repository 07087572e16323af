"""Plans, starts, pauses, resumes and extends the sweeps of visitors."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from .access.visitor import OWNER, Visitor
from .account_finetunes import ask_unlisted
from .errors import InvalidSweep, PlaygroundError
from .playground import Playground
from .running_sweeps import RunningSweeps
from .saved_plans import SavedPlans
from .storage.sweep_store import StoredSweep, SweepRequest, SweepState
from .sweep_plans import SweepPlans
from .sweep_run import CHECK_SECONDS, SweepRun
from .sweep_votes import SweepVotes
from .sweeps.axes import AxisText
from .sweeps.estimate import Estimate
from .sweeps.plan import Cell, Plan, expand
from .sweeps.plan_json import load_plan
from .sweeps.sheet import CellState, SheetCell, is_complete, match_cells

MAX_SWEEPS_PER_VISITOR = 200
LOCKS = 32
RUNNING = (CellState.QUEUED, CellState.RUNNING)
REPEATABLE = (CellState.MISSING, CellState.FAILED, CellState.SUBMIT_UNKNOWN)

Approve = Callable[[Estimate], object]
"""Gets what is about to be made, and raises to prevent it; it must not block."""


class Sweeps:
    """The sweeps of a playground. Safe to use from many threads; close it before the playground.

    A visitor sees and touches only their own sweeps: methods with an id raise `KeyError` for others. A sweep that ran
    when its process ended is paused: `start` makes what is missing, and nothing that may have been sent already.
    """

    def __init__(self, playground: Playground) -> None:
        self._playground, self._store = playground, playground.store.sweeps
        self._runs = RunningSweeps(self._store, hosted=playground.settings.hosted)
        self._plans = SweepPlans(playground)
        self.saved = SavedPlans(playground, self._plans)
        self.votes = SweepVotes(self._store, self.get, self.cells)
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def __enter__(self) -> Sweeps:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Start no further cells."""
        self._runs.close()

    def plan(
        self, values: Mapping[str, Any], axes: Sequence[AxisText], visitor: Visitor = OWNER, *, endpoint: str = ""
    ) -> Plan:
        """Return the plan of a form's values and axes; its images are stored. Nothing is sent.

        Images may be paths, bytes, base64 or references to images that the visitor has sent. Raises `InvalidSweep`,
        `InvalidRequest`, `InvalidDocument`, `StorageError`.
        """
        return self._plans.make(values, axes, visitor, endpoint)

    def create(
        self,
        values: Mapping[str, Any],
        axes: Sequence[AxisText],
        visitor: Visitor = OWNER,
        *,
        endpoint: str = "",
        name: str = "",
        new_id: str = "",
    ) -> StoredSweep:
        """Store a sweep, of which nothing was sent; raises what `plan` raises, and `InvalidSweep` for too many sweeps.

        It takes no `Plan`, which could name the images of other visitors.
        """
        plan = self.plan(values, axes, visitor, endpoint=endpoint)
        if self._store.count(visitor.id) >= MAX_SWEEPS_PER_VISITOR:
            raise InvalidSweep(f"You have {MAX_SWEEPS_PER_VISITOR} sweeps. Delete one first.")
        sweep_id, text = new_id or secrets.token_hex(16), self._plans.dump(plan, visitor)
        return self._store.save(StoredSweep(sweep_id, visitor.id, time.time(), name, plan.endpoint, text))

    def make(
        self,
        values: Mapping[str, Any],
        axes: Sequence[AxisText],
        visitor: Visitor = OWNER,
        *,
        endpoint: str = "",
        name: str = "",
        approve: Approve | None = None,
        new_id: str = "",
    ) -> StoredSweep:
        """Create a sweep and start it; a sweep that cannot start is not kept.

        Raises what `create` and `start` raise.
        """
        sweep = self.create(values, axes, visitor, endpoint=endpoint, name=name, new_id=new_id)
        try:
            return self.start(sweep.id, visitor, approve)
        except BaseException:
            with suppress(KeyError, PlaygroundError):  # why it could not start matters, not that it stays
                self.delete(sweep.id, visitor)
            raise

    def needs_approval(self, estimate: Estimate, visitor: Visitor = OWNER) -> bool:
        """Return whether a person must be asked first: it costs more than the settings allow, or an unknown amount."""
        if self._playground.uses_demo(visitor) or not estimate.images:
            return False
        amount = estimate.price.credits
        return amount is None or amount > self._playground.settings.confirm_credits

    def estimate(self, plan: Plan, visitor: Visitor = OWNER, sweep_id: str = "") -> Estimate:
        """Return what a plan will cost; the cells that a sweep has already are free, and those of other generations."""
        cells = self._match(plan, visitor, sweep_id)
        missing = [one.cell for one in cells if one.state is CellState.MISSING]
        existing = sum(one.state is CellState.SUCCEEDED for one in cells)
        return self._plans.estimate(plan.endpoint, visitor, missing, existing)

    def find_unlisted(self, estimate: Estimate, visitor: Visitor = OWNER) -> list[str] | None:
        """Ask the API for the visitor's finetunes; return those of an estimate that it does not list; None: no list."""
        return ask_unlisted(self._playground, estimate.finetunes, visitor)

    def watch(self, sweep_id: str, visitor: Visitor = OWNER) -> Iterator[tuple[SheetCell, ...]]:
        """Yield the cells of a sweep after each change, at last when it has ended; raises `KeyError`."""
        while (run := self._runs.get_active(sweep_id)) or self.get(sweep_id, visitor).state is SweepState.RUNNING:
            if run is not None:
                yield from (self.cells(sweep_id, visitor) for _ in run.watch())
            else:  # in another process
                yield self.cells(sweep_id, visitor)
                time.sleep(CHECK_SECONDS)
        yield self.cells(sweep_id, visitor)

    def get(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Return a sweep with its present state; raises `KeyError`."""
        sweep = self._store.get(visitor.id, sweep_id)
        if sweep is None:
            raise KeyError(sweep_id)
        return self._runs.present(sweep)

    def recent(self, visitor: Visitor = OWNER, limit: int = 60) -> list[StoredSweep]:
        """Return a visitor's latest sweeps, newest first."""
        return [self._runs.present(sweep) for sweep in self._store.recent(visitor.id, limit)]

    def rename(self, sweep_id: str, name: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Give a sweep another name; raises `KeyError`, `StorageError`."""
        with self._lock(sweep_id):
            self._store.rename(self.get(sweep_id, visitor).owner, sweep_id, name)
            return self.get(sweep_id, visitor)

    def delete(self, sweep_id: str, visitor: Visitor = OWNER) -> None:
        """Delete a sweep that does not run, and its votes; its images stay. Raises `KeyError`, `InvalidSweep`."""
        with self._lock(sweep_id):
            self.get(sweep_id, visitor)
            self._runs.check_at_rest(sweep_id)
            self._store.delete(visitor.id, sweep_id)

    def cells(self, sweep_id: str, visitor: Visitor = OWNER) -> tuple[SheetCell, ...]:
        """Return the cells of a sweep with their latest generations; raises `KeyError`."""
        return self._match(load_plan(self.get(sweep_id, visitor).plan), visitor, sweep_id)

    def run(self, sweep_id: str) -> SweepRun | None:
        """Return the run of a sweep in this process, or None."""
        return self._runs.get(sweep_id)

    def start(self, sweep_id: str, visitor: Visitor = OWNER, approve: Approve | None = None) -> StoredSweep:
        """Start or resume a sweep: make the cells that are missing, and nothing else. Return at once.

        The allowance is checked for all of them before anything is sent. Another process that makes the sweep hands it
        over. Raises `KeyError`, `InvalidSweep`,
        `InvalidDocument`, `QuotaExceeded`, `QueueFull`, `Unauthorized`, `StorageError`, and what `approve` raises.
        """
        return self._start(sweep_id, visitor, lambda one: one.state is CellState.MISSING, approve, "")

    def retry(
        self,
        sweep_id: str,
        cell_ids: Iterable[str],
        visitor: Visitor = OWNER,
        approve: Approve | None = None,
        press: str = "",
    ) -> StoredSweep:
        """Make these cells again that are missing, failed or may be charged, once for a `press`; raises as `start`."""
        ids = frozenset(cell_ids)
        return self._start(
            sweep_id, visitor, lambda one: one.state in REPEATABLE and one.cell.id in ids, approve, press
        )

    def pause(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Start no further cells; those that were started go on. Raises `KeyError`, `StorageError`."""
        self.get(sweep_id, visitor)
        self._runs.end(sweep_id, SweepRequest.PAUSE)
        return self.get(sweep_id, visitor)

    def stop(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Pause, and take the cells out of the queue that were not sent; raises `KeyError`, `StorageError`."""
        self.get(sweep_id, visitor)
        self._runs.end(sweep_id, SweepRequest.STOP)
        return self.get(sweep_id, visitor)

    def cancel(self, sweep_id: str, cell_ids: Iterable[str], visitor: Visitor = OWNER) -> StoredSweep:
        """Do not make these cells, and do not wait for those that were sent. Raises `KeyError`, `StorageError`.

        The API cannot cancel a task: what was sent is paid, and `collect` downloads its image. A cell that uses an
        image of another press goes on.
        """
        self.get(sweep_id, visitor)
        wanted, run = frozenset(cell_ids), self._runs.get_active(sweep_id)
        if run is not None:
            run.forget(wanted)
        for one in self.cells(sweep_id, visitor):
            if one.cell.id in wanted and one.generation and one.can_be_stopped(sweep_id):
                with suppress(KeyError):  # deleted meanwhile
                    self._playground.stop(one.generation.id)
        return self.get(sweep_id, visitor)

    def collect(self, sweep_id: str, visitor: Visitor = OWNER, cell_ids: Container[str] | None = None) -> StoredSweep:
        """Download the paid images of these cells that were not waited for, else of all; raises `Unauthorized`."""
        for one in self.cells(sweep_id, visitor):
            if one.state is CellState.DETACHED and one.generation and (cell_ids is None or one.cell.id in cell_ids):
                with suppress(KeyError):  # deleted meanwhile
                    self._playground.collect(one.generation.id, visitor)
        return self.get(sweep_id, visitor)

    def extend(self, sweep_id: str, axes: Sequence[AxisText], visitor: Visitor = OWNER) -> StoredSweep:
        """Give a sweep other axes; the cells that it keeps keep their images. Nothing is sent until `start`.

        Raises `KeyError`, `InvalidDocument`, `StorageError`, and `InvalidSweep` also for a sweep that runs.
        """
        sweep = self.get(sweep_id, visitor)
        self._runs.check_at_rest(sweep_id)
        text = self._plans.change(sweep, axes, visitor)  # which takes too long to hold the lock
        with self._lock(sweep_id):
            sweep = self.get(sweep_id, visitor)
            self._runs.check_at_rest(sweep_id)
            state = sweep.state if sweep.state is SweepState.DRAFT else SweepState.PAUSED
            return self._store.save(replace(sweep, plan=text, state=state, problem=None))

    def _start(
        self, sweep_id: str, visitor: Visitor, wanted: Callable[[SheetCell], bool], approve: Approve | None, press: str
    ) -> StoredSweep:
        with self._lock(sweep_id):
            sweep, run = self.get(sweep_id, visitor), self._runs.get_active(sweep_id)
            goes_on = run is None and sweep.state is SweepState.RUNNING  # in another process

            def select() -> list[Cell]:
                cells = self.cells(sweep_id, visitor)
                todo = [one.cell for one in cells if wanted(one) or (goes_on and one.state is CellState.MISSING)]
                if todo:
                    estimate = self._plans.estimate(sweep.endpoint, visitor, todo, 0)
                    total = estimate.price.credits
                    self._playground.check_allowance(len(todo), total, visitor, endpoint=sweep.endpoint)
                    if approve is not None:
                        approve(estimate)
                return todo

            if run is not None and run.add(select, visitor, press):
                return run.sweep
            if self._runs.is_elsewhere(sweep_id):
                select()  # what may not start must not end what another process makes
            return self._runs.start(sweep_id, lambda: self._new_run(sweep, visitor), select, visitor, press)

    def _new_run(self, sweep: StoredSweep, visitor: Visitor) -> SweepRun:
        cells = self.cells(sweep.id, visitor)
        active = {one.cell.id: one.generation.id for one in cells if one.state in RUNNING and one.generation}
        return SweepRun(self._playground, sweep, visitor, active, self._final_state)

    def _lock(self, sweep_id: str) -> threading.Lock:
        """Return the lock of a sweep, which it may share with others."""
        return self._locks[hash(sweep_id) % LOCKS]

    def _final_state(self, run: SweepRun) -> SweepState:
        cells = self._match(load_plan(run.sweep.plan), run.visitor, run.sweep.id)
        return SweepState.DONE if is_complete(cells) else SweepState.PAUSED

    def _match(self, plan: Plan, visitor: Visitor, sweep_id: str) -> tuple[SheetCell, ...]:
        """Return the cells of a plan with the generations of a sweep, or with others of the same requests."""
        playground, cells, run = self._playground, expand(plan), self._runs.get(sweep_id)
        stored = playground.store.of_sweep(visitor.id, sweep_id) if sweep_id else []
        generations = {one.id: active.generation if (active := playground.run(one.id)) else one for one in stored}
        for generation_id in run.active.values() if run else ():  # some may run for another sweep
            if (active := playground.run(generation_id)) is not None:
                generations[generation_id] = active.generation
        existing = self._plans.find_existing(plan, cells, visitor)
        return match_cells(plan, cells, generations.values(), existing, run.errors if run else {})
