"""Runs one sweep: starts its missing cells, a few at a time, through the pipeline of single generations."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from .access.visitor import Visitor
from .errors import InvalidDocument, InvalidRequest, InvalidSweep, PlaygroundError, QueueFull, StorageError
from .generation import State
from .playground import Playground
from .start_cell import start_cell
from .storage.sweep_store import StoredSweep, SweepRequest, SweepState
from .sweeps.failure_count import FailureCount
from .sweeps.plan import Cell
from .sweeps.sheet import OBSTACLES

MAX_WINDOW = 25
"""Cells of a sweep that are queued or run at once, so that other sweeps and images of its visitor have places too."""

RETRY_SECONDS = 1.0  # after a full queue
CHECK_SECONDS = 1.0  # between looks for a request of another process
log = logging.getLogger(__name__)


class SweepRun:
    """A sweep that runs in this process, on a thread of its own. Safe to use from many threads.

    `active` has the ids of unfinished generations by the id of their cell. `errors` has why cells could not be started.
    `on_end` is called when the last one has ended and no cell will follow. An obstacle such as an empty account pauses
    the sweep; see `sweep.problem`.
    """

    def __init__(
        self,
        playground: Playground,
        sweep: StoredSweep,
        visitor: Visitor,
        active: Mapping[str, str],
        on_end: Callable[[SweepRun], SweepState],
    ) -> None:
        self.sweep, self.visitor = sweep, visitor
        self.errors: dict[str, PlaygroundError] = {}
        self._playground, self._on_end = playground, on_end
        self._window = min(playground.settings.max_in_flight, MAX_WINDOW)
        self._todo: deque[tuple[Cell, Visitor, str]] = deque()  # with the visitor who pays, and the press
        self._active = dict(active)
        self._paused = self._closed = self._ended = False
        self._not_before = 0.0
        self._next_look = 0.0 if playground.store.database.is_shared else math.inf
        self._failures = FailureCount()
        self._changed = threading.Event()
        self._listeners: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._starting = threading.RLock()  # held while a cell is started; taken before `_lock`
        self._thread = threading.Thread(target=self._work, name=f"sweep-{sweep.id[:8]}", daemon=True)

    @property
    def has_ended(self) -> bool:
        """Whether no cell runs and none will follow."""
        return self._ended

    @property
    def active(self) -> dict[str, str]:
        """The ids of unfinished generations by the id of their cell."""
        with self._lock:
            return dict(self._active)

    @property
    def waiting(self) -> frozenset[str]:
        """The ids of cells that will be started."""
        with self._lock:
            return frozenset(cell.id for cell, *_ in self._todo)

    def start(self) -> None:
        """Start the thread."""
        for generation_id in self.active.values():
            self._listen(generation_id)
        self._thread.start()

    def add(self, select: Callable[[], Iterable[Cell]], visitor: Visitor, press: str = "") -> bool:
        """Start the cells that `select` returns too, each once for a press; return False for a run that has ended.

        No cell is started while `select` looks for those that are missing. Raises what `select` raises.
        """
        with self._starting:
            if self._ended:
                return False
            cells = list(select())
            with self._lock:
                known = {cell.id for cell, *_ in self._todo} | set(self._active)
                self._todo += [(cell, visitor, press) for cell in cells if cell.id not in known]
                self.visitor, self._paused = visitor, False
                self._failures = FailureCount()
                self.sweep = replace(self.sweep, state=SweepState.RUNNING, problem=None)
                for cell in cells:
                    self.errors.pop(cell.id, None)
            self._save()
        self._notify()
        return True

    def pause(self, problem: PlaygroundError | None = None) -> None:
        """Start no further cell; those that were started go on."""
        with self._starting:
            with self._lock:
                self._paused = True
                self._todo.clear()
                self.sweep = replace(self.sweep, state=SweepState.PAUSED, problem=problem)
            self._save()
        self._notify()

    def stop(self) -> None:
        """Pause, and take the cells out of the queue that were not sent."""
        self.pause()
        for generation_id in self.active.values():
            run = self._playground.run(generation_id)
            if run is None or run.generation.state is not State.QUEUED:
                continue
            if run.generation.sweep == self.sweep.id:  # else another press waits for it too
                self._playground.stop(generation_id)

    def obey(self, request: SweepRequest) -> None:
        """Pause, stop, or end at once: then another process makes the rest, and what was started goes on."""
        if request is SweepRequest.HAND_OVER:
            self._hand_over()
        elif request is SweepRequest.STOP:
            self.stop()
        else:
            self.pause()

    def forget(self, cell_ids: Container[str]) -> None:
        """Do not start these cells; those that were started go on."""
        with self._starting, self._lock:
            self._todo = deque(one for one in self._todo if one[0].id not in cell_ids)
        self._notify()

    def abandon(self) -> None:
        """End a run that was not started."""
        self._ended = True
        self._notify()

    def close(self) -> None:
        """End the thread; cells that were started go on, or are resumed by the next start of the program."""
        self._closed = True
        self._changed.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def add_listener(self, listener: Callable[[], object]) -> None:
        """Call `listener` after each change, on the run's thread; the listener must not block."""
        with self._lock:
            self._listeners.append(listener)

    def remove_listener(self, listener: Callable[[], object]) -> None:
        """Stop calling a listener."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def watch(self) -> Iterator[SweepRun]:
        """Yield the run now and after each change; a slow watcher misses some, but never the last one, at its end."""
        changed = threading.Event()
        self.add_listener(changed.set)
        try:
            while not self._ended:
                changed.clear()
                yield self
                if not self._ended:
                    changed.wait()
        finally:
            self.remove_listener(changed.set)

    def _work(self) -> None:
        while not (self._closed or self._ended or self._playground.is_closing):
            self._changed.clear()
            try:
                self._look_for_request()
                self._remove_finished()
                if self._start_next():
                    continue
            except Exception as error:  # a fault of this program must not start cell after cell
                if self._playground.is_closing:
                    return
                log.exception("sweep %s", self.sweep.id)
                self.pause(PlaygroundError(f"This program failed ({type(error).__name__})."))
            if self._end():
                return
            now = time.monotonic()
            due = min(self._next_look, self._not_before if self._not_before > now else math.inf)
            self._changed.wait(max(0.0, min(due - now, threading.TIMEOUT_MAX)))

    def _look_for_request(self) -> None:
        """Do what another process has asked for, before each cell and at intervals; never where there is none."""
        if self._next_look == math.inf:
            return
        self._next_look = time.monotonic() + CHECK_SECONDS
        if (request := self._playground.store.sweeps.take_request(self.sweep.id)) is not None:
            self.obey(request)

    def _start_next(self) -> bool:
        """Start the next cell, if it may start now; return whether one was taken."""
        with self._starting:
            with self._lock:
                is_early = time.monotonic() < self._not_before
                if self._paused or self._ended or not self._todo or len(self._active) >= self._window or is_early:
                    return False
                cell, visitor, press = self._todo.popleft()
            try:
                generation = start_cell(self._playground, self.sweep, cell, visitor, press)
                with self._lock:
                    self._active[cell.id] = generation.id
                self._listen(generation.id)
            except QueueFull:
                self._not_before = time.monotonic() + RETRY_SECONDS
                self._todo.appendleft((cell, visitor, press))
            except (InvalidDocument, *OBSTACLES) as error:
                if not self._playground.is_closing:
                    self.errors[cell.id] = error
                    self.pause(error)
            except (InvalidRequest, InvalidSweep) as error:
                self.errors[cell.id] = error
        self._notify()
        return True

    def _listen(self, generation_id: str) -> None:
        run = self._playground.run(generation_id)
        if run is not None:
            run.add_listener(self._changed.set)
        self._changed.set()

    def _remove_finished(self) -> None:
        for cell_id, generation_id in self.active.items():
            generation = None  # deleted meanwhile
            try:
                with suppress(KeyError):
                    generation = self._playground.get(generation_id)
            except StorageError:  # another process makes it: the next look tells
                continue
            if generation and not generation.finished:
                continue
            with self._lock:
                del self._active[cell_id]
            if generation and self._failures.add(generation) and not self._paused:
                self.pause(generation.error)
            self._notify()

    def _hand_over(self) -> None:
        with self._starting, self._lock:
            if self._ended:
                return
            self._todo.clear()
            self.visitor, self._ended = Visitor(self.sweep.owner), True
            self._playground.store.sweeps.release(self.sweep.id)
        self._notify()

    def _end(self) -> bool:
        """End the run if nothing is left to do; return whether it has ended."""
        if not self._is_idle():
            return False
        try:
            state = self._on_end(self)
        except PlaygroundError:
            state = SweepState.PAUSED
        with self._starting:
            if self._ended or not self._is_idle():
                return self._ended
            self.visitor = Visitor(self.sweep.owner)  # the key is needed no longer
            self.sweep = replace(self.sweep, state=state)
            self._save()
            self._playground.store.sweeps.release(self.sweep.id)
            self._ended = True
        self._notify()
        return True

    def _is_idle(self) -> bool:
        with self._lock:
            return not self._active and (self._paused or not self._todo)

    def _save(self) -> None:
        try:
            self._playground.store.sweeps.save_state(self.sweep)
        except StorageError as error:
            log.warning("sweep %s could not be written: %s", self.sweep.id, error.message)

    def _notify(self) -> None:
        self._changed.set()
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()
