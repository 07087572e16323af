"""Runs generations on the threads of a timetable, in the order of each key's queue."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from ..client.steps import Call, Pause
from ..errors import Unauthorized
from ..generation import Generation, State
from ..storage.generation_store import GenerationStore
from ..storage.retention import Retention
from ..storage.unsent_records import UnsentRecords
from . import usage_log
from .active_runs import ActiveRun, ActiveRuns
from .changes import OtherChanges
from .client_pool import ClientPool, PooledClient
from .pipeline import Surroundings, run_generation
from .poll_schedules import PollSchedules
from .timetable import Timetable

log = logging.getLogger(__name__)


class Runner:
    """Runs the generations of one playground; none needs a thread of its own while it waits.

    `patience` returns for how many seconds a task of an endpoint is waited for, `usual_seconds` returns how long an
    image of an endpoint without history takes.
    """

    def __init__(
        self,
        store: GenerationStore,
        clients: ClientPool,
        retention: Retention,
        patience: Callable[[str], float],
        add_image_facts: Callable[[Generation, bytes], Generation],
        usual_seconds: Callable[[str], tuple[float, float] | None],
    ) -> None:
        self.runs, self.others = ActiveRuns(), OtherChanges()
        self._store, self._clients, self._retention = store, clients, retention
        self._unsent = UnsentRecords(store.deletions)
        schedules = PollSchedules(store.usage.durations, usual_seconds)
        self._around = Surroundings(store, schedules, patience, clients.shared_queue, add_image_facts)
        self._started: dict[ActiveRun, tuple[PooledClient, Iterator[Pause]]] = {}
        self._timetable = Timetable(self._advance)
        store.database.watch(self._look)

    def close(self) -> None:
        """Stop waiting for all generations; the next start resumes accepted ones."""
        self.runs.close()
        runs = self.runs.list()
        for run in runs:  # before any of them ends: its place must not send a queued request
            run.suspended.set()
            run.stop.set()
        for run in runs:
            self.stop(run)
        for run in runs:  # after all are stopped: a place that is free must not send a queued request
            for _ in run.watch():
                pass
        self._timetable.close()

    def stop(self, run: ActiveRun) -> Generation:
        """Stop waiting for a run; one that is still queued is never sent."""
        run.stop.set()
        self._timetable.wake(run)
        if self._clients.cancel(run):
            self.abandon(run)
        return run.generation

    def stop_elsewhere(self, generation: Generation) -> Generation:
        """Let another process that runs a generation stop it, as `stop` does; raises `StorageError`."""
        if self._clients.shared_queue is not None and not generation.finished:
            self._clients.shared_queue.ask_to_stop(generation)
        return generation

    def enqueue_if_absent(self, run: ActiveRun, key: str) -> Generation:
        """Add and enqueue a run of an accepted task, unless its generation runs already."""
        active = self.runs.add(run)
        return self.enqueue(run, key) if active is run else active.generation

    def resume(self, run: ActiveRun, key: str) -> Generation:
        """Add and start a run of an ended process, unless its generation runs already.

        A task has a place at the API: requests that wait for one must not keep it waiting.
        """
        active, is_in_flight = self.runs.add(run), run.generation.state is not State.QUEUED
        return self.enqueue(run, key, is_in_flight=is_in_flight) if active is run else active.generation

    def abandon(self, run: ActiveRun, *, is_stored: bool = True) -> None:
        """End a run that was not started; an accepted task can be collected, or is resumed by the next start."""
        if not is_stored:
            run.publish(replace(run.generation, state=State.CANCELLED))
        elif run.suspended.is_set() and run.generation.task_id:
            run.publish(replace(run.generation, state=State.DETACHED))
        else:
            self._end(run, State.DETACHED if run.generation.task_id else State.CANCELLED)
            self._unsent.add(run.generation, run.identity.address)
        self.runs.remove(run)

    def drop(self, run: ActiveRun) -> Generation:
        """End a run whose id was used before, and return what has the id; raises `KeyError` if that was deleted."""
        self.abandon(run, is_stored=False)
        if (earlier := self._store.get(run.generation.id)) is None:
            raise KeyError(run.generation.id)
        return earlier

    def enqueue(self, run: ActiveRun, key: str, *, is_in_flight: bool = False) -> Generation:
        """Start a run that is in `runs`, or put it into the queue of its key; a run that cannot be started ends."""
        try:
            pooled = self._clients.get(run.generation.server, key)
        except BaseException:
            self.abandon(run)
            raise
        if pooled.queue.acquire(run, is_in_flight=is_in_flight):
            try:
                self._start(pooled, run)
            except RuntimeError:  # no thread
                self._start_next(pooled)
                self.abandon(run)
                raise
        elif run.stop.is_set():  # stopped before it was in the queue
            self.stop(run)
        return run.generation

    def _look(self, ids: frozenset[str]) -> None:
        """Show what other processes of a database wrote, stop runs for them, and start runs whose turn has come."""
        self.others.notify(ids)
        queue = self._clients.shared_queue
        if queue is None:
            return
        for run in filter(None, map(self.runs.get, queue.find_to_stop() if self.runs.list() else ())):
            self.stop(run)
        for run in filter(None, map(self.runs.get, queue.refresh())):
            self._timetable.evaluate(run)

    def _start(self, pooled: PooledClient, run: ActiveRun) -> None:
        """Make the first step of a run that has its place in the queue; raises `RuntimeError` without a thread."""
        self._started[run] = pooled, run_generation(run, pooled.client, self._around)
        has_task, has_images = bool(run.generation.task_id), run.request.has_images
        call = Call.POLL if has_task else Call.UPLOAD if has_images else Call.SUBMIT
        try:
            self._timetable.add(run, call)
        except RuntimeError:
            del self._started[run]
            raise

    def _start_next(self, pooled: PooledClient) -> None:
        """Give a free place to the next run; abandon runs for which there is no thread."""
        while run := pooled.queue.release():
            try:
                self._start(pooled, run)
                return
            except RuntimeError:
                self.abandon(run)

    def _advance(self, run: ActiveRun) -> Pause | None:
        """Make one step of a run; return the pause before the next one, or None at its end."""
        pooled, steps = self._started[run]
        try:
            pause = next(steps, None)
        except Exception:
            log.exception("generation %s: task %s", run.generation.id, run.generation.task_id or "none")
            pause = None
        if pause is None:
            self._finish(run, pooled)
        elif pause.call is Call.DOWNLOAD:  # an image is ready: its duration counts for the tasks that wait
            self._timetable.refresh()
        return pause

    def _finish(self, run: ActiveRun, pooled: PooledClient) -> None:
        try:
            if not run.generation.finished:  # a fault of this program: watchers must see an end
                self._end(run, State.DETACHED if run.generation.task_id else State.SUBMIT_UNKNOWN)
            usage_log.log_generation(run.generation)
            self._unsent.add(run.generation, run.identity.address)
            self._retention.enforce()
        except Exception:
            log.exception("generation %s: task %s", run.generation.id, run.generation.task_id or "none")
        finally:
            self.runs.remove(run)
            del self._started[run]
            self._start_next(pooled)
            if isinstance(run.generation.error, Unauthorized):
                self._clients.discard(pooled)

    def _end(self, run: ActiveRun, state: State) -> None:
        run.publish(self._store.save_with_retry(replace(run.generation, state=state, finished_at=time.time())))
