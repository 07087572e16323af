"""Plans, starts, pauses, resumes and extends the sweeps of visitors."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .access.visitor import OWNER, Visitor
from .build_request import SEED
from .errors import InvalidDocument, InvalidSweep, QueueFull
from .generation import Generation
from .playground import Playground
from .recipe import fingerprint
from .storage.sweep_store import StoredSweep, SweepState, Vote
from .sweep_plans import SweepPlans
from .sweep_run import MAX_WINDOW, SweepRun
from .sweeps.axes import AxisText
from .sweeps.estimate import Estimate, estimate_sweep
from .sweeps.plan import Cell, Plan, expand
from .sweeps.plan_json import load_plan
from .sweeps.sheet import CellState, SheetCell, match_cells
from .sweeps.votes import Ranking, next_pair, rank_points

MAX_SWEEPS_PER_VISITOR, MAX_VOTES = 200, 10_000
MAX_RUNNING_PER_VISITOR, MAX_RUNNING_PER_ADDRESS, MAX_RUNNING = 4, 16, 100  # each has a thread
MAX_ENDED_RUNS = 100  # of which the errors of cells are kept
RUNNING = (CellState.QUEUED, CellState.RUNNING)
REPEATABLE = (CellState.MISSING, CellState.FAILED, CellState.SUBMIT_UNKNOWN)


class Sweeps:
    """The sweeps of a playground. Safe to use from many threads; close it before the playground.

    A visitor sees and touches only their own sweeps: methods with an id raise `KeyError` for others. A sweep that ran
    when its process ended is paused: `start` makes what is missing, and nothing that may have been sent already.
    """

    def __init__(self, playground: Playground) -> None:
        self._playground, self._store = playground, playground.store.sweeps
        self._runs: dict[str, SweepRun] = {}
        self._plans = SweepPlans(playground)
        self._lock = threading.Lock()

    def __enter__(self) -> Sweeps:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Start no further cells."""
        for run in list(self._runs.values()):
            run.close()

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
    ) -> StoredSweep:
        """Store a sweep, of which nothing was sent; raises what `plan` raises, and `InvalidSweep` for too many sweeps.

        It takes no `Plan`, which could name the images of other visitors.
        """
        plan = self.plan(values, axes, visitor, endpoint=endpoint)
        if self._store.count(visitor.id) >= MAX_SWEEPS_PER_VISITOR:
            raise InvalidSweep(f"You have {MAX_SWEEPS_PER_VISITOR} sweeps. Delete one first.")
        sweep_id, text = secrets.token_hex(16), self._plans.dump(plan, visitor)
        return self._store.save(StoredSweep(sweep_id, visitor.id, time.time(), name, plan.endpoint, text))

    def estimate(self, plan: Plan, visitor: Visitor = OWNER, sweep_id: str = "") -> Estimate:
        """Return what a plan will cost; the cells that a sweep has already are free, and those of other generations."""
        cells = self._match(plan, visitor, sweep_id)
        missing = [one.cell for one in cells if one.state is CellState.MISSING]
        existing = sum(one.state is CellState.SUCCEEDED for one in cells)
        return self._estimate(plan.endpoint, visitor, missing, existing)

    def generate(
        self, values: Mapping[str, Any], axes: Sequence[AxisText], visitor: Visitor = OWNER, *, endpoint: str = ""
    ) -> Iterator[tuple[SheetCell, ...]]:
        """Make a sweep and yield its cells after each change, at last when it has ended; raises what `start` raises.

        The sweep goes on when the caller stops iterating.
        """
        sweep = self.create(values, axes, visitor, endpoint=endpoint)
        self.start(sweep.id, visitor)
        yield from self.watch(sweep.id, visitor)

    def watch(self, sweep_id: str, visitor: Visitor = OWNER) -> Iterator[tuple[SheetCell, ...]]:
        """Yield the cells of a sweep after each change, at last when it has ended; raises `KeyError`."""
        self.get(sweep_id, visitor)
        if (run := self._runs.get(sweep_id)) is not None:
            yield from (self.cells(sweep_id, visitor) for _ in run.watch())
        yield self.cells(sweep_id, visitor)

    def get(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Return a sweep with its present state; raises `KeyError`."""
        sweep = self._store.get(visitor.id, sweep_id)
        if sweep is None:
            raise KeyError(sweep_id)
        return self._present(sweep)

    def recent(self, visitor: Visitor = OWNER, limit: int = 60) -> list[StoredSweep]:
        """Return a visitor's latest sweeps, newest first."""
        return [self._present(sweep) for sweep in self._store.recent(visitor.id, limit)]

    def rename(self, sweep_id: str, name: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Give a sweep another name; raises `KeyError`, `StorageError`."""
        with self._lock:
            sweep, run = replace(self.get(sweep_id, visitor), name=name), self._runs.get(sweep_id)
            if run is not None:
                run.rename(name)
            return self._store.save(sweep)

    def delete(self, sweep_id: str, visitor: Visitor = OWNER) -> None:
        """Delete a sweep that does not run, and its votes; its images stay. Raises `KeyError`, `InvalidSweep`."""
        with self._lock:
            self._check_at_rest(self.get(sweep_id, visitor))
            self._store.delete(visitor.id, sweep_id)

    def cells(self, sweep_id: str, visitor: Visitor = OWNER) -> tuple[SheetCell, ...]:
        """Return the cells of a sweep with their latest generations; raises `KeyError`."""
        return self._match(load_plan(self.get(sweep_id, visitor).plan), visitor, sweep_id)

    def run(self, sweep_id: str) -> SweepRun | None:
        """Return the run of a sweep in this process, or None."""
        return self._runs.get(sweep_id)

    def start(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Start or resume a sweep: make the cells that are missing, and nothing else. Return at once.

        The allowance is checked for all of them before anything is sent. Raises `KeyError`, `InvalidSweep`,
        `InvalidDocument`, `QuotaExceeded`, `QueueFull`, `Unauthorized`, `StorageError`.
        """
        return self._start(sweep_id, visitor, (CellState.MISSING,), None)

    def retry(self, sweep_id: str, cell_ids: Iterable[str], visitor: Visitor = OWNER) -> StoredSweep:
        """Make these cells again that failed, are missing or may have been charged; raises what `start` raises."""
        return self._start(sweep_id, visitor, REPEATABLE, frozenset(cell_ids))

    def pause(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Start no further cells; those that were started go on. Raises `KeyError`, `StorageError`."""
        self.get(sweep_id, visitor)
        if (run := self._runs.get(sweep_id)) is not None:
            run.pause()
        return self.get(sweep_id, visitor)

    def stop(self, sweep_id: str, visitor: Visitor = OWNER) -> StoredSweep:
        """Pause, and take the cells out of the queue that were not sent; raises `KeyError`, `StorageError`."""
        self.get(sweep_id, visitor)
        if (run := self._runs.get(sweep_id)) is not None:
            run.stop()
        return self.get(sweep_id, visitor)

    def extend(self, sweep_id: str, axes: Sequence[AxisText], visitor: Visitor = OWNER) -> StoredSweep:
        """Give a sweep other axes; the cells that it keeps keep their images. Nothing is sent until `start`.

        Raises `KeyError`, `InvalidDocument`, `StorageError`, and `InvalidSweep` also for a sweep that runs.
        """
        sweep = self.get(sweep_id, visitor)
        self._check_at_rest(sweep)
        text = self._plans.change(sweep, axes, visitor)  # which takes too long to hold the lock
        with self._lock:
            sweep = self.get(sweep_id, visitor)
            self._check_at_rest(sweep)
            state = sweep.state if sweep.state is SweepState.DRAFT else SweepState.PAUSED
            return self._store.save(replace(sweep, plan=text, state=state, problem=None))

    def vote(self, sweep_id: str, vote: Vote, visitor: Visitor = OWNER) -> None:
        """Store a vote; raises `KeyError`, `InvalidSweep` for cells of another sweep, and `StorageError`."""
        ids = {cell.id for cell in expand(load_plan(self.get(sweep_id, visitor).plan))}
        is_pair = vote.first != vote.second and {vote.first, vote.second} <= ids
        if not is_pair or vote.winner not in (vote.first, vote.second, ""):
            raise InvalidSweep("These are not two images of this sweep.")
        if len(self._store.votes(sweep_id)) >= MAX_VOTES:
            raise InvalidSweep(f"This sweep has {MAX_VOTES:,} votes, which is the most.")
        self._store.add_vote(sweep_id, vote)

    def undo_vote(self, sweep_id: str, visitor: Visitor = OWNER) -> None:
        """Delete the latest vote on a sweep; raises `KeyError`, `StorageError`."""
        self.get(sweep_id, visitor)
        self._store.remove_last_vote(sweep_id)

    def next_pair(self, sweep_id: str, axis: int, visitor: Visitor = OWNER) -> tuple[Cell, Cell] | None:
        """Return the two cells to compare next; see `votes.next_pair`. Raises `KeyError`, `InvalidSweep`."""
        plan = load_plan(self.get(sweep_id, visitor).plan)
        return next_pair(plan, self._match(plan, visitor, sweep_id), axis, self._store.votes(sweep_id), sweep_id)

    def ranking(self, sweep_id: str, axis: int, visitor: Visitor = OWNER) -> Ranking:
        """Return the ranking of the points of an axis; raises `KeyError`, `InvalidSweep`."""
        plan = load_plan(self.get(sweep_id, visitor).plan)
        return rank_points(plan, expand(plan), axis, self._store.votes(sweep_id))

    def _start(
        self, sweep_id: str, visitor: Visitor, states: Sequence[CellState], only: frozenset[str] | None
    ) -> StoredSweep:
        with self._lock:
            sweep, run = self.get(sweep_id, visitor), self._runs.get(sweep_id)

            def select() -> list[Cell]:
                cells = self.cells(sweep_id, visitor)
                todo = [one.cell for one in cells if one.state in states and (only is None or one.cell.id in only)]
                if todo:
                    total = self._estimate(sweep.endpoint, visitor, todo, 0).price.credits
                    self._playground.check_allowance(len(todo), total, visitor, endpoint=sweep.endpoint)
                return todo

            if run is None or not run.add(select, visitor):
                run = self._new_run(sweep, visitor)
                run.add(select, visitor)
                run.start()
                self._runs[sweep_id] = run
            return run.sweep

    def _new_run(self, sweep: StoredSweep, visitor: Visitor) -> SweepRun:
        runs = list(self._runs.values())
        running = [run for run in runs if not run.has_ended]
        own = sum(run.sweep.owner == visitor.id for run in running)
        near = sum(run.visitor.identity.address == visitor.identity.address for run in running)
        if self._playground.settings.hosted and near >= MAX_RUNNING_PER_ADDRESS:
            raise QueueFull(f"{near} sweeps of your address are running already.")
        if own >= MAX_RUNNING_PER_VISITOR or len(running) >= MAX_RUNNING:
            raise QueueFull(f"{own} of your sweeps are running already, and {len(running) - own} of other visitors.")
        for run in [run for run in runs if run.has_ended][:-MAX_ENDED_RUNS]:
            del self._runs[run.sweep.id]
        cells = self.cells(sweep.id, visitor)
        active = {one.cell.id: one.generation.id for one in cells if one.state in RUNNING and one.generation}
        active = {cell: generation for cell, generation in active.items() if self._playground.run(generation)}
        return SweepRun(self._playground, sweep, visitor, active, self._final_state)

    def _estimate(self, endpoint: str, visitor: Visitor, missing: Sequence[Cell], existing: int) -> Estimate:
        playground = self._playground
        operation, server = playground.document.operation(endpoint), playground.server(visitor, endpoint=endpoint)
        concurrency = min(playground.settings.max_in_flight, MAX_WINDOW)
        return estimate_sweep(playground.store.usage, server, operation, missing, existing, concurrency)

    def _final_state(self, run: SweepRun) -> SweepState:
        cells = self._match(load_plan(run.sweep.plan), run.visitor, run.sweep.id)
        is_done = not any(one.state in (CellState.MISSING, *RUNNING) for one in cells)
        return SweepState.DONE if is_done else SweepState.PAUSED

    def _match(self, plan: Plan, visitor: Visitor, sweep_id: str) -> tuple[SheetCell, ...]:
        """Return the cells of a plan with the generations of a sweep, or with others of the same requests."""
        playground, cells, run = self._playground, expand(plan), self._runs.get(sweep_id)
        stored = playground.store.of_sweep(visitor.id, sweep_id) if sweep_id else []
        generations = {one.id: self._latest(one) for one in stored}
        for generation_id in run.active.values() if run else ():  # some may run for another sweep
            if (active := playground.run(generation_id)) is not None:
                generations[generation_id] = active.generation
        existing = self._find_existing(plan, cells, visitor)
        return match_cells(plan, cells, generations.values(), existing, run.errors if run else {})

    def _find_existing(self, plan: Plan, cells: Sequence[Cell], visitor: Visitor) -> dict[str, Generation]:
        """Return the generations of the same requests by the id of the cell; without a seed, each is another image."""
        try:
            server = self._playground.server(visitor, endpoint=plan.endpoint)
        except InvalidDocument:  # the endpoint is gone, and the sheet can be seen nevertheless
            return {}
        ids = {fingerprint(server, plan.endpoint, cell.request): cell.id for cell in cells if SEED in cell.request}
        found = self._playground.store.find_by_fingerprints(visitor.id, list(ids))
        return {ids[digest]: generation for digest, generation in found.items()}

    def _latest(self, generation: Generation) -> Generation:
        run = self._playground.run(generation.id)
        return run.generation if run else generation

    def _present(self, sweep: StoredSweep) -> StoredSweep:
        """Return a stored sweep as it is now: one that ran in a process that has ended is paused."""
        run = self._runs.get(sweep.id)
        if run is not None and not run.has_ended:
            return run.sweep
        return replace(sweep, state=SweepState.PAUSED) if sweep.state is SweepState.RUNNING else sweep

    def _check_at_rest(self, sweep: StoredSweep) -> None:
        run = self._runs.get(sweep.id)
        if run is not None and not run.has_ended:
            raise InvalidSweep("This sweep is running. Stop it first.")
