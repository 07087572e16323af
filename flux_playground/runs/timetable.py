"""Makes the steps of many tasks on a few threads: one timetable of the moments at which they go on."""

from __future__ import annotations

import heapq
import logging
import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Generic, TypeVar

from ..client.steps import Call, Pause, at_once

MAX_WORKERS = 16
MAX_CALLS = {Call.DOWNLOAD: 5, Call.SUBMIT: 5, Call.UPLOAD: 3, Call.POLL: MAX_WORKERS}
"""Calls at once. Those that a slow server can hold for long leave threads to the polls."""

MAX_POLLS_BESIDE_DOWNLOADS = 3
"""Polls at once while images wait for their download: polls take the processor from them, and can wait."""

REFRESH_SECONDS = 0.2
"""Seconds between two refreshes at least: with thousands of tasks, each takes milliseconds."""

Task = TypeVar("Task", bound=Hashable)
log = logging.getLogger(__name__)


@dataclass(order=True)
class _Entry(Generic[Task]):
    """A task that waits for its next step; entries are ordered by their moment, then by their number."""

    due: float
    number: int
    task: Task = field(compare=False)
    pause: Pause = field(compare=False)


class Timetable(Generic[Task]):
    """Calls `advance` for each task when its pause ends; what that returns is the next pause, None at the end.

    A pause is evaluated again when its end has come, and by `refresh`. `advance` is never called for one task on two
    threads at once, and must not raise. Threads start when they are needed, at most `workers`. Safe to use from many
    threads.
    """

    def __init__(
        self,
        advance: Callable[[Task], Pause | None],
        workers: int = MAX_WORKERS,
        max_calls: Mapping[Call, int] = MAX_CALLS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._advance, self._workers, self._max_calls, self._clock = advance, workers, max_calls, clock
        self._tasks: dict[Task, _Entry[Task] | None] = {}  # None: a step is being made
        self._woken: set[Task] = set()
        self._heaps: dict[Call, list[_Entry[Task]]] = {call: [] for call in Call}
        self._active: Counter[Call] = Counter()
        self._number = self._threads = 0
        self._refreshed = -inf
        self._closed = False
        lock = threading.RLock()
        # One idle thread waits for the next moment, the others for their turn to be that one.
        self._next, self._idle = threading.Condition(lock), threading.Condition(lock)
        self._awaited: float | None = None

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: Task, call: Call) -> None:
        """Make the first step of a task, which begins with `call`, as soon as a thread is free.

        Raises `RuntimeError` if there is no thread and none can be started.
        """
        with self._next:
            self._put(task, at_once(call))
            if self._threads < min(len(self._tasks), self._workers):
                self._start_thread(task)

    def wake(self, task: Task) -> None:
        """End the present and all later pauses of a task; an unknown task is ignored."""
        with self._next:
            if task not in self._tasks:
                return
            self._woken.add(task)
            entry = self._tasks[task]
            if entry is not None:
                self._put(task, entry.pause)

    def evaluate(self, task: Task) -> None:
        """Evaluate the pause of a task again; an unknown task is ignored."""
        with self._next:
            entry = self._tasks.get(task)
            if entry is not None:
                self._put(task, entry.pause)

    def refresh(self) -> None:
        """Evaluate all pauses again, unless that was done a moment ago: what is known has changed."""
        with self._next:
            now = self._clock()
            if now - self._refreshed < REFRESH_SECONDS:
                return
            self._refreshed = now
            for heap in self._heaps.values():
                heap[:] = [entry for entry in heap if self._tasks.get(entry.task) is entry]
                for entry in heap:
                    entry.due = self._due(entry.task, entry.pause)
                heapq.heapify(heap)
            self._signal()

    def close(self) -> None:
        """End the threads when they have made their present step."""
        with self._next:
            self._closed = True
            self._next.notify_all()
            self._idle.notify_all()

    def run_due(self) -> float | None:
        """Make all steps that are due on this thread and return the moment of the next, None without any."""
        while True:
            with self._next:
                entry = self._take()
                if entry is None:
                    return self._next_moment()
            self._make_step(entry)

    def _start_thread(self, task: Task) -> None:
        self._threads += 1
        try:
            threading.Thread(target=self._work, name="generation", daemon=True).start()
        except RuntimeError:  # no more threads
            self._threads -= 1
            if not self._threads:
                self._forget(task)
                raise

    def _work(self) -> None:
        while True:
            with self._next:
                while (entry := self._take()) is None:
                    if self._closed:
                        return
                    self._wait()
                moment = self._next_moment()
                if self._awaited is None or (moment is not None and moment < self._awaited):
                    self._signal()
            self._make_step(entry)

    def _wait(self) -> None:
        if self._awaited is not None:
            self._idle.wait()
            return
        moment = self._next_moment()
        self._awaited = inf if moment is None else moment
        try:
            self._next.wait(None if moment is None else max(moment - self._clock(), 0.0))
        finally:
            self._awaited = None

    def _signal(self) -> None:
        (self._next if self._awaited is not None else self._idle).notify()

    def _make_step(self, entry: _Entry[Task]) -> None:
        pause: Pause | None = None
        try:
            pause = self._advance(entry.task)
        except Exception:
            log.exception("a step failed")
        with self._next:
            self._active[entry.pause.call] -= 1
            if pause is None:
                self._forget(entry.task)
            else:
                self._put(entry.task, pause)

    def _put(self, task: Task, pause: Pause) -> None:
        self._number += 1
        entry = _Entry(self._due(task, pause), self._number, task, pause)
        self._tasks[task] = entry
        heapq.heappush(self._heaps[pause.call], entry)
        if self._awaited is None or entry.due < self._awaited:
            self._signal()

    def _forget(self, task: Task) -> None:
        self._tasks.pop(task, None)
        self._woken.discard(task)

    def _due(self, task: Task, pause: Pause) -> float:
        return -inf if task in self._woken else pause.until()

    def _take(self) -> _Entry[Task] | None:
        """Take an entry that is due from the timetable: the first of the first call that may be made now."""
        now = self._clock()
        for call, heap in self._heaps.items():
            while heap and heap[0].due <= now and self._has_room(call):
                entry = heapq.heappop(heap)
                if self._tasks.get(entry.task) is not entry:
                    continue  # replaced by a later one, or ended
                entry.due = self._due(entry.task, entry.pause)
                if entry.due > now:
                    heapq.heappush(heap, entry)
                    continue
                self._tasks[entry.task] = None
                self._active[call] += 1
                return entry
        return None

    def _next_moment(self) -> float | None:
        return min((heap[0].due for call, heap in self._heaps.items() if heap and self._has_room(call)), default=None)

    def _has_room(self, call: Call) -> bool:
        """Return whether another call of this kind may be made."""
        most = self._max_calls[call]
        if call is Call.POLL and self._heaps[Call.DOWNLOAD] and not self._has_room(Call.DOWNLOAD):
            most = MAX_POLLS_BESIDE_DOWNLOADS
        return self._active[call] < most
