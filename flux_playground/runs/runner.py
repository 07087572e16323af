"""Runs generations on worker threads: at most one run for each generation, in the order of each account's queue."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

from ..errors import Unauthorized
from ..generation import Generation, State
from ..storage.generation_store import GenerationStore
from ..storage.retention import Retention
from . import usage_log
from .active_runs import ActiveRuns
from .client_pool import Account, Accounts
from .fair_queue import Run
from .pipeline import travel

log = logging.getLogger(__name__)


class Runner:
    """The worker threads of one playground; `patience` is how many seconds a task is waited for."""

    def __init__(self, store: GenerationStore, accounts: Accounts, retention: Retention, patience: float) -> None:
        self.runs = ActiveRuns()
        self._store, self._accounts, self._retention, self._patience = store, accounts, retention, patience

    def close(self) -> None:
        """Stop waiting for all generations; the next start resumes those that the API has accepted."""
        for run in self.runs.list():
            run.suspended.set()
            self.stop(run)
            for _ in run.watch():
                pass

    def stop(self, run: Run) -> Generation:
        """Stop waiting for a run; one that is still queued is never sent."""
        run.stop.set()
        if self._accounts.withdraw(run):
            run.report(
                self._store.save_with_retry(replace(run.generation, state=State.UNSENT, finished_at=time.time()))
            )
            self.runs.remove(run)
        return run.generation

    def take_on(self, run: Run, key: str) -> Generation:
        """Enter a run whose task the API has accepted, unless another run waits for that task already."""
        active = self.runs.add(run)
        if active is not run:
            return active.generation
        try:
            return self.enter(run, key)
        except BaseException:
            self.abandon(run)
            raise

    def abandon(self, run: Run) -> None:
        """End a run that could not be started: it is written down, and whoever watches it sees an end."""
        state = State.UNCOLLECTED if run.generation.task_id else State.UNSENT
        run.report(self._store.save_with_retry(replace(run.generation, state=state, finished_at=time.time())))
        self.runs.remove(run)

    def enter(self, run: Run, key: str) -> Generation:
        """Start a run that is in `runs`, or queue the run behind those of its account."""
        account = self._accounts.of(run.generation.server, key)
        if account.line.enter(run):
            worker = threading.Thread(target=self._work, args=(account, run), name="generation", daemon=True)
            try:
                worker.start()
            except RuntimeError:  # no more threads
                self._start_next(account)
                raise
        return run.generation

    def _start_next(self, account: Account) -> None:
        """Give a place of the queue to the next run; runs for which no thread can be started are abandoned."""
        while following := account.line.leave():
            worker = threading.Thread(target=self._work, args=(account, following), name="generation", daemon=True)
            try:
                worker.start()
                return
            except RuntimeError:
                self.abandon(following)

    def _work(self, account: Account, first: Run) -> None:
        """A worker: takes one run down the road, then whichever is next in the line, until nobody waits."""
        run: Run | None = first
        while run is not None:
            try:
                self._travel(run, account)
            except Exception:
                log.exception("generation %s: task %s", run.generation.id, run.generation.task_id or "none")
            finally:
                self.runs.remove(run)
                ended, run = run, account.line.leave()
                if isinstance(ended.generation.error, Unauthorized):
                    self._accounts.drop(account)  # a made-up key holds no connection

    def _travel(self, run: Run, account: Account) -> None:
        try:
            patience, ends = self._patience, (run.stop, run.suspended)
            for generation in travel(run.generation, run.request, account.client, self._store, patience, *ends):
                run.report(generation)
        finally:
            if not run.generation.finished:  # a fault of ours: whoever watches must see an end
                state = State.UNCOLLECTED if run.generation.task_id else State.UNKNOWN
                ended = self._store.save_with_retry(replace(run.generation, state=state, finished_at=time.time()))
                run.report(ended)
        usage_log.enter(run.generation)
        self._retention.enforce()
