"""The line before one key: so many generations travel at once, the others wait, and visitors are served in turn.

The API answers 429 beyond a number of tasks in flight; what is over waits here instead, where it can be seen and
taken out again. Whoever has fifty waiting gets as many turns as whoever has one. Knows neither the client nor the
journal.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from ..errors import QueueFull
from ..generation import Generation
from .queued_request import QueuedRequest

MAX_RUNS_PER_VISITOR = 50
MAX_RUNS_PER_ADDRESS = 200
MAX_RUNS = 1000


@dataclass(eq=False)
class ActiveRun:
    """A generation under way in this process: its latest record and its request, whose secrets are kept nowhere else.

    Whoever moves it forward calls `report`; any number of others watch. Setting `stop` ends the waiting for it. With
    `suspended` set as well, what the API has accepted stays unfinished on disk, so that the next start resumes it.
    `mark` says with whom it shares its turns in a line.
    """

    generation: Generation
    request: QueuedRequest = field(default_factory=QueuedRequest, repr=False)
    mark: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    suspended: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _bells: list[Callable[[], object]] = field(default_factory=list, repr=False)

    def publish(self, generation: Generation) -> None:
        """Put the latest record in place and wake those who watch."""
        with self._changed:
            self.generation = generation
            self._changed.notify_all()
            bells, self._bells = (self._bells, []) if generation.finished else ([], self._bells)
        for ring in bells:
            ring()

    def add_done_callback(self, ring: Callable[[], object]) -> None:
        """Have `ring` called once it has finished, by whoever moves it forward: for those who must not block."""
        with self._changed:
            if not self.generation.finished:
                self._bells.append(ring)
                return
        ring()

    def watch(self) -> Iterator[Generation]:
        """Every record from now on that the watcher is quick enough to see; the last is always the finished one."""
        seen: Generation | None = None
        while seen is None or not seen.finished:
            with self._changed:
                while self.generation is seen:
                    self._changed.wait()
                seen = self.generation
            yield seen


def check_capacity(runs: Collection[ActiveRun], mark: str) -> None:
    """Raise `QueueFull` when no more may be taken on of this visitor, of their address or of anybody."""
    address = mark.partition(".")[0] + "."
    mine = sum(run.mark == mark for run in runs)
    if mine >= MAX_RUNS_PER_VISITOR:
        raise QueueFull(f"{mine} of your images are under way or in line already.")
    if sum(run.mark.startswith(address) for run in runs) >= MAX_RUNS_PER_ADDRESS:
        raise QueueFull(f"{MAX_RUNS_PER_ADDRESS} images of your address are under way or in line already.")
    if len(runs) >= MAX_RUNS:
        raise QueueFull(f"{len(runs)} images are under way or in line already, and you would be behind all of them.")


class FairQueue:
    """At most `limit` runs travel at once; the others wait, each mark's in the order they came."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._travelling = 0
        self._waiting: OrderedDict[str, deque[ActiveRun]] = OrderedDict()  # by mark, whose turn is next first
        self._lock = threading.Lock()

    def acquire(self, run: ActiveRun) -> bool:
        """Whether this run may start at once; if not, it stands in line, behind the others of its mark."""
        with self._lock:
            if self._travelling < self._limit:
                self._travelling += 1
                return True
            self._waiting.setdefault(run.mark, deque()).append(run)
            return False

    def release(self) -> ActiveRun | None:
        """One run has ended: the next takes its turn and is returned, or None when nobody waits."""
        with self._lock:
            if not self._waiting:
                self._travelling -= 1
                return None
            mark, runs = self._waiting.popitem(last=False)
            run = runs.popleft()
            if runs:
                self._waiting[mark] = runs  # at the end: everybody else has a turn first
            return run

    def cancel(self, run: ActiveRun) -> bool:
        """Take a waiting run out of the line; False when its turn has come already."""
        with self._lock:
            runs = self._waiting.get(run.mark, deque())
            if run not in runs:
                return False
            runs.remove(run)
            if not runs:
                del self._waiting[run.mark]
            return True

    def position(self, run: ActiveRun) -> int:
        """Where a run stands in the line, 1 being the next; 0 when it does not wait."""
        with self._lock:
            mine = self._waiting.get(run.mark, deque())
            if run not in mine:
                return 0
            ahead = mine.index(run)
            marks = list(self._waiting)
            before = marks.index(run.mark)
            # Before its turn comes, each of the others has as many turns as its own mark, and those ahead one more.
            turns = (
                min(len(runs), ahead + (number < before))
                for number, (mark, runs) in enumerate(self._waiting.items())
                if mark != run.mark
            )
            return 1 + ahead + sum(turns)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._waiting.values()))

    @property
    def is_idle(self) -> bool:
        """Whether nothing travels."""
        with self._lock:
            return self._travelling == 0
