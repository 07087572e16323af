"""Runs generations on worker threads, in the order of each key's queue."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace

from ..errors import Unauthorized
from ..generation import Generation, State
from ..storage.generation_store import GenerationStore
from ..storage.retention import Retention
from . import usage_log
from .active_runs import ActiveRun, ActiveRuns
from .client_pool import ClientPool, PooledClient
from .pipeline import run_generation
from .queued_request import LoadedRequests

log = logging.getLogger(__name__)


class Runner:
    """The worker threads of one playground; `patience` is how many seconds a task is waited for."""

    def __init__(
        self,
        store: GenerationStore,
        clients: ClientPool,
        retention: Retention,
        patience: float,
        add_image_facts: Callable[[Generation, bytes], Generation],
    ) -> None:
        self.runs = ActiveRuns()
        self._loaded = LoadedRequests()
        self._store, self._clients, self._retention, self._patience = store, clients, retention, patience
        self._add_image_facts = add_image_facts

    def close(self) -> None:
        """Stop waiting for all generations; the next start resumes accepted ones."""
        self.runs.close()
        runs = self.runs.list()
        for run in runs:
            run.suspended.set()
            self.stop(run)
        for run in runs:  # after all are stopped: a place that is free must not send a queued request
            for _ in run.watch():
                pass

    def stop(self, run: ActiveRun) -> Generation:
        """Stop waiting for a run; one that is still queued is never sent."""
        run.stop.set()
        if self._clients.cancel(run):
            self.abandon(run)
        return run.generation

    def enqueue_if_absent(self, run: ActiveRun, key: str) -> Generation:
        """Add and enqueue a run of an accepted task, unless its generation runs already."""
        active = self.runs.add(run)
        return self.enqueue(run, key) if active is run else active.generation

    def abandon(self, run: ActiveRun) -> None:
        """End a run that was not started; an accepted task can be collected, or is resumed by the next start."""
        if run.suspended.is_set() and run.generation.task_id:
            run.publish(replace(run.generation, state=State.DETACHED))
        else:
            self._end(run, State.DETACHED if run.generation.task_id else State.CANCELLED)
        self.runs.remove(run)

    def enqueue(self, run: ActiveRun, key: str) -> Generation:
        """Start a run that is in `runs`, or put it into the queue of its key; a run that cannot be started ends."""
        try:
            pooled = self._clients.get(run.generation.server, key)
        except BaseException:
            self.abandon(run)
            raise
        if pooled.queue.acquire(run):
            try:
                self._start_worker(pooled, run)
            except RuntimeError:  # no more threads
                self._start_next(pooled)
                self.abandon(run)
                raise
        elif run.stop.is_set():  # stopped before it was in the queue
            self.stop(run)
        return run.generation

    def _start_worker(self, pooled: PooledClient, run: ActiveRun) -> None:
        threading.Thread(target=self._run_worker, args=(pooled, run), name="generation", daemon=True).start()

    def _start_next(self, pooled: PooledClient) -> None:
        """Give a free place to the next run; abandon runs for which no thread can be started."""
        while run := pooled.queue.release():
            try:
                self._start_worker(pooled, run)
                return
            except RuntimeError:
                self.abandon(run)

    def _run_worker(self, pooled: PooledClient, first: ActiveRun) -> None:
        """Run one generation, then the next of the queue, until none waits."""
        run: ActiveRun | None = first
        while run is not None:
            try:
                self._run(run, pooled)
            except Exception:
                log.exception("generation %s: task %s", run.generation.id, run.generation.task_id or "none")
            finally:
                self.runs.remove(run)
                ended, run = run, pooled.queue.release()
                if isinstance(ended.generation.error, Unauthorized):
                    self._clients.discard(pooled)

    def _run(self, run: ActiveRun, pooled: PooledClient) -> None:
        try:
            place = self._loaded.hold(run.identity.address, run.stop) if run.request.has_images else nullcontext()
            for generation in run_generation(
                run.generation,
                run.request,
                pooled.client,
                self._store,
                self._patience,
                run.stop,
                run.suspended,
                place,
                self._add_image_facts,
            ):
                run.publish(generation)
        finally:
            if not run.generation.finished:  # a fault of this program: watchers must see an end
                self._end(run, State.DETACHED if run.generation.task_id else State.SUBMIT_UNKNOWN)
        usage_log.log_generation(run.generation)
        self._retention.enforce()

    def _end(self, run: ActiveRun, state: State) -> None:
        run.publish(self._store.save_with_retry(replace(run.generation, state=state, finished_at=time.time())))
