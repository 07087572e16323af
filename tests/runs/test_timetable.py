"""Tasks are advanced at their moments, on few threads, and by what is known when the moment comes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from flux_playground.client.steps import Call, Pause, at_once
from flux_playground.runs.timetable import MAX_CALLS, MAX_WORKERS, REFRESH_SECONDS, Timetable

from ..waiting import WAIT_SECONDS, wait_until


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Plan:
    """The moments at which each task goes on; what is done is noted with its time."""

    clock: Clock
    moments: dict[str, list[Callable[[], float]]]
    done: list[tuple[str, float]] = field(default_factory=list)

    def advance(self, task: str) -> Pause | None:
        """Make the next step of a task."""
        self.done.append((task, self.clock.now))
        return Pause(Call.POLL, self.moments[task].pop(0)) if self.moments[task] else None


@pytest.fixture
def clock() -> Clock:
    """The clock of a test."""
    return Clock()


def timetable(plan: Plan) -> Timetable[str]:
    """A timetable without threads, all tasks of which have made their first step."""
    made = Timetable(plan.advance, workers=0, clock=plan.clock)
    for task in plan.moments:
        made.add(task, Call.SUBMIT)
    made.run_due()
    plan.done.clear()
    return made


def at(moment: float) -> Callable[[], float]:
    """A moment that does not change."""
    return lambda: moment


def test_tasks_go_on_in_the_order_of_their_moments(clock: Clock) -> None:
    """Each task goes on at its moment, not before; a task without a next pause is forgotten."""
    plan = Plan(clock, {"a": [at(103.0)], "b": [at(101.0), at(104.0)]})
    table = timetable(plan)
    assert table.run_due() == 101.0
    for clock.now in (101.0, 102.0, 103.0, 104.0):
        table.run_due()
    assert plan.done == [("b", 101.0), ("a", 103.0), ("b", 104.0)]
    assert len(table) == 0


def test_later_moment_is_noticed(clock: Clock) -> None:
    """A moment that has become later is evaluated again when it comes."""
    known = {"start": 105.0}
    plan = Plan(clock, {"a": [lambda: known["start"]]})
    table = timetable(plan)
    known["start"], clock.now = 110.0, 106.0
    assert table.run_due() == 110.0
    assert plan.done == []


def test_earlier_moment_is_noticed_by_a_refresh(clock: Clock) -> None:
    """A refresh makes the waiting tasks use what is known now; a second one a moment later costs nothing."""
    known = {"start": 105.0}
    asked: list[float] = []
    plan = Plan(clock, {"a": [lambda: asked.append(clock.now) or known["start"]]})  # type: ignore[func-returns-value]
    table = timetable(plan)
    known["start"] = 102.0
    table.refresh()
    assert table.run_due() == 102.0
    before = len(asked)
    table.refresh()
    assert len(asked) == before
    clock.now += REFRESH_SECONDS
    table.refresh()
    assert len(asked) == before + 1


def test_woken_task_goes_on_at_once(clock: Clock) -> None:
    """A task that is woken pauses no more; others are not affected; an unknown one is ignored."""
    plan = Plan(clock, {"a": [at(200.0), at(300.0)], "b": [at(150.0)]})
    table = timetable(plan)
    table.wake("a")
    table.wake("unknown")
    assert table.run_due() == 150.0
    assert plan.done == [("a", 100.0)] * 2


def test_task_woken_in_its_step(clock: Clock) -> None:
    """A task that is woken while it makes a step does not pause after the step."""
    plan = Plan(clock, {"a": [at(100.0), at(200.0)]})

    def advance(task: str) -> Pause | None:
        table.wake(task)
        return plan.advance(task)

    table: Timetable[str] = Timetable(advance, workers=0, clock=clock)
    table.add("a", Call.SUBMIT)
    assert table.run_due() is None
    assert len(plan.done) == 3


def test_failed_step_ends_its_task_only(clock: Clock) -> None:
    """A step that raises ends its task; the others go on."""
    plan = Plan(clock, {"good": [at(100.0), at(100.0)]})
    table = Timetable(plan.advance, workers=0, clock=clock)
    for task in ("bad", "good"):  # the plan has no moments of "bad"
        table.add(task, Call.POLL)
    assert table.run_due() is None
    assert [task for task, _ in plan.done] == ["bad", "good", "good", "good"]


def test_slow_calls_leave_threads_to_the_polls() -> None:
    """Downloads and submits that hang hold their own share of the threads; polls go on."""
    release, lock = threading.Event(), threading.Lock()
    hanging: list[str] = []
    polled = threading.Event()

    def advance(task: str) -> Pause | None:
        if task == "poll":
            polled.set()
            return None
        with lock:
            hanging.append(task)
        release.wait(WAIT_SECONDS)
        return None

    table = Timetable(advance)
    slow = (Call.DOWNLOAD, Call.SUBMIT, Call.UPLOAD)
    for call in slow:
        for number in range(20):
            table.add(f"{call} {number}", call)
    wait_until(lambda: len(hanging) == sum(MAX_CALLS[call] for call in slow))
    table.add("poll", Call.POLL)
    assert polled.wait(WAIT_SECONDS)
    assert len(hanging) < MAX_WORKERS
    release.set()
    wait_until(lambda: len(table) == 0)
    assert len(hanging) == 60
    table.close()


def test_thousands_of_tasks_need_few_threads() -> None:
    """2,000 tasks of ten steps are made by 16 threads, each step once, and no task on two threads at once."""
    counts = dict.fromkeys(range(2_000), 0)
    active: set[int] = set()
    clashes: list[int] = []
    names: set[int] = set()

    def advance(task: int) -> Pause | None:
        if task in active:
            clashes.append(task)
        active.add(task)
        counts[task] += 1
        names.add(threading.get_ident())
        active.discard(task)
        return at_once(Call.POLL) if counts[task] < 10 else None

    table = Timetable(advance)
    for task in counts:
        table.add(task, Call.POLL)
    wait_until(lambda: len(table) == 0)
    assert set(counts.values()) == {10}
    assert clashes == []
    assert len(names) <= MAX_WORKERS
    table.close()
