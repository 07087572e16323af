"""Runs generations on worker threads: at most one run for each generation, in the order of each account's queue."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import nullcontext
from dataclasses import replace

from ..errors import Unauthorized
from ..generation import Generation, State
from ..storage.generation_store import GenerationStore
from ..storage.retention import Retention
from . import usage_log
from .active_runs import ActiveRuns
from .client_pool import ClientPool, PooledClient
from .fair_queue import ActiveRun
from .pipeline import run_generation
from .queued_request import LoadedRequests

log = logging.getLogger(__name__)


class Runner:
    """The worker threads of one playground; `patience` is how many seconds a task is waited for."""

    def __init__(self, store: GenerationStore, accounts: ClientPool, retention: Retention, patience: float) -> None:
        self.runs = ActiveRuns()
        self._loaded = LoadedRequests()
        self._store, self._accounts, self._retention, self._patience = store, accounts, retention, patience

    def close(self) -> None:
        """Stop waiting for all generations; the next start resumes those that the API has accepted."""
        for run in self.runs.list():
            run.suspended.set()
            self.stop(run)
            for _ in run.watch():
                pass

    def stop(self, run: ActiveRun) -> Generation:
        """Stop waiting for a run; one that is still queued is never sent."""
        run.stop.set()
        if self._accounts.cancel(run):
            run.publish(
                self._store.save_with_retry(replace(run.generation, state=State.CANCELLED, finished_at=time.time()))
            )
            self.runs.remove(run)
        return run.generation

    def enqueue_if_absent(self, run: ActiveRun, key: str) -> Generation:
        """Enter a run whose task the API has accepted, unless another run waits for that task already."""
        active = self.runs.add(run)
        if active is not run:
            return active.generation
        try:
            return self.enqueue(run, key)
        except BaseException:
            self.abandon(run)
            raise

    def abandon(self, run: ActiveRun) -> None:
        """End a run that could not be started: it is written down, and whoever watches it sees an end."""
        state = State.DETACHED if run.generation.task_id else State.CANCELLED
        run.publish(self._store.save_with_retry(replace(run.generation, state=state, finished_at=time.time())))
        self.runs.remove(run)

    def enqueue(self, run: ActiveRun, key: str) -> Generation:
        """Start a run that is in `runs`, or queue the run behind those of its account."""
        account = self._accounts.get(run.generation.server, key)
        if account.queue.acquire(run):
            worker = threading.Thread(target=self._run_worker, args=(account, run), name="generation", daemon=True)
            try:
                worker.start()
            except RuntimeError:  # no more threads
                self._start_next(account)
                raise
        return run.generation

    def _start_next(self, account: PooledClient) -> None:
        """Give a place of the queue to the next run; runs for which no thread can be started are abandoned."""
        while following := account.queue.release():
            worker = threading.Thread(
                target=self._run_worker, args=(account, following), name="generation", daemon=True
            )
            try:
                worker.start()
                return
            except RuntimeError:
                self.abandon(following)

    def _run_worker(self, account: PooledClient, first: ActiveRun) -> None:
        """A worker: takes one run down the road, then whichever is next in the line, until nobody waits."""
        run: ActiveRun | None = first
        while run is not None:
            try:
                self._run(run, account)
            except Exception:
                log.exception("generation %s: task %s", run.generation.id, run.generation.task_id or "none")
            finally:
                self.runs.remove(run)
                ended, run = run, account.queue.release()
                if isinstance(ended.generation.error, Unauthorized):
                    self._accounts.discard(account)  # a made-up key holds no connection

    def _run(self, run: ActiveRun, account: PooledClient) -> None:
        try:
            address = run.mark.partition(".")[0]
            place = self._loaded.hold(address, run.stop) if run.request.has_images else nullcontext()
            records = run_generation(
                run.generation,
                run.request,
                account.client,
                self._store,
                self._patience,
                run.stop,
                run.suspended,
                place,
            )
            for generation in records:
                run.publish(generation)
        finally:
            if not run.generation.finished:  # a fault of ours: whoever watches must see an end
                state = State.DETACHED if run.generation.task_id else State.SUBMIT_UNKNOWN
                ended = self._store.save_with_retry(replace(run.generation, state=state, finished_at=time.time()))
                run.publish(ended)
        usage_log.log_generation(run.generation)
        self._retention.enforce()
