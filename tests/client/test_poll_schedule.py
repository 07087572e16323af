"""When to ask again: simulated on durations like the service's own, and held to figures."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.client.poll_schedule import PollSchedule


def lognormal(median: float, sigma: float = 0.3, seed: int = 1) -> Iterator[float]:
    """Durations as the service has them."""
    source = random.Random(seed)
    while True:
        yield source.lognormvariate(math.log(median), sigma)


@dataclass(frozen=True)
class Waiting:
    """What one task cost: when it was known to be ready, and after how many polls."""

    seen: float
    polls: int


def wait(pause: Callable[[float], float], duration: float, trip: float) -> Waiting:
    """A task that takes so long, asked after at these pauses by calls that take `trip` seconds each."""
    asked, polls = pause(0.0), 1
    while asked + trip / 2 < duration:
        asked, polls = max(asked + pause(asked), asked + trip + 0.05), polls + 1
    return Waiting(asked + trip, polls)


def compared(durations: Iterator[float], tasks: int, trip: float) -> tuple[list[float], list[int]]:
    """The seconds that each task loses against pauses of 50 ms, and its polls, learning from task to task."""

    def eagerly(_: float) -> float:
        return trip + 0.05

    past = [wait(eagerly, next(durations), trip).seen for _ in range(32)]
    losses, polls = [], []
    for _ in range(tasks):
        duration = next(durations)
        ours, eager = wait(PollSchedule(past).delay, duration, trip), wait(eagerly, duration, trip)
        past.append(ours.seen)
        losses.append(ours.seen - eager.seen)
        polls.append(ours.polls)
    return losses, polls


@pytest.mark.parametrize("trip", [0.005, 0.03, 0.1])
def test_few_polls(trip: float) -> None:
    """An image is seen soon after it is ready, with few polls."""
    losses, polls = compared(lognormal(6.0), 1_500, trip)
    assert mean(losses) <= 0.15
    assert mean(polls) <= 13


@pytest.mark.parametrize(("median", "loss"), [(2.0, 0.12), (4.0, 0.12), (9.0, 0.25), (15.0, 0.35)])
def test_other_speeds(median: float, loss: float) -> None:
    """The schedule fits services of other speeds."""
    losses, polls = compared(lognormal(median, seed=2), 600, 0.03)
    assert mean(losses) <= loss
    assert mean(polls) <= 16


def test_equal_durations() -> None:
    """Durations that hardly vary are met exactly."""
    losses, polls = compared(lognormal(6.0, 0.02), 300, 0.03)
    assert mean(losses) <= 0.15
    assert max(polls) <= 8


def test_faster_service() -> None:
    """A faster service is noticed within a few tasks."""
    past = [seen for seen, _ in zip(lognormal(12.0), range(64), strict=False)]
    losses = []
    for duration, _ in zip(lognormal(4.0, seed=3), range(12), strict=False):
        seen = wait(PollSchedule(past).delay, duration, 0.03).seen
        past.append(seen)
        losses.append(seen - duration)
    assert max(losses) < 5
    assert mean(losses[4:]) < 0.6


def test_slower_service() -> None:
    """A slower service is noticed with few polls."""
    past = [seen for seen, _ in zip(lognormal(4.0), range(64), strict=False)]
    polls = []
    for duration, _ in zip(lognormal(12.0, seed=3), range(24), strict=False):
        ours = wait(PollSchedule(past).delay, duration, 0.03)
        past.append(ours.seen)
        polls.append(ours.polls)
    assert max(polls) < 80
    assert mean(polls[12:]) < 30


def test_no_history() -> None:
    """Without a history the pauses are short and grow slowly."""
    for past in ((), (6.0,), (6.0, 7.0)):
        schedule = PollSchedule(past)
        assert [schedule.delay(elapsed) for elapsed in (0.0, 1.0, 10.0)] == [0.5, 0.5, 0.5]
        assert 0.5 < schedule.delay(30.0) < schedule.delay(60.0) <= schedule.delay(3_600.0) == 3.0


def test_refused_task() -> None:
    """A task that is refused at once is noticed after a second."""
    assert wait(PollSchedule([8.0] * 20).delay, 0.2, 0.0) == Waiting(1.0, 1)


def test_long_task() -> None:
    """A task that takes far longer than usual is polled less and less often."""
    schedule = PollSchedule([d for d, _ in zip(lognormal(6.0), range(64), strict=False)])
    assert schedule.delay(7.0) < schedule.delay(30.0) < schedule.delay(120.0) <= 3.0
    assert wait(schedule.delay, 300.0, 0.1).polls < 200


def test_latest_durations() -> None:
    """Only the latest durations count."""
    old, new = [60.0] * 500, [6.0] * 64
    assert PollSchedule(old + new).delay(0.0) == PollSchedule(new).delay(0.0)


def waves(schedule: PollSchedule, durations: Iterator[float], count: int, together: int) -> Iterator[Waiting]:
    """Tasks that are submitted together and share a schedule; the next ones are submitted when all are ready."""
    now = 0.0
    for _ in range(count // together):
        began, asked = now, dict.fromkeys(((number, next(durations)) for number in range(together)), 0.0)
        polls = dict.fromkeys(asked, 0)
        while asked:
            moments = {task: began + last + schedule.delay(last) for task, last in asked.items()}
            task = min(moments, key=lambda one: moments[one])
            now = max(moments[task], now)
            polls[task] += 1
            asked[task] = now - began
            if asked[task] >= task[1]:
                schedule.learn(asked.pop(task), began + task[0] / 1e6)
                yield Waiting(now - began - task[1], polls[task])


@pytest.mark.parametrize("warm", [0, 24])
def test_batch_learns_while_it_waits(warm: int) -> None:
    """Batches of an endpoint of which only the usual seconds are known lose little time with few polls."""
    found: list[Waiting] = []
    for seed in range(40):
        durations, schedule = lognormal(6.0, seed=seed), PollSchedule(usual=(4, 15))
        list(waves(schedule, durations, warm, 24))
        found += waves(schedule, durations, 40, 20)
    assert mean(one.seen for one in found) <= 0.025 + 0.15  # a poller of 50 ms loses 0.025 s
    assert mean(one.polls for one in found) <= 14.5


def test_first_images_count_for_those_that_wait() -> None:
    """A task that waits is polled earlier as soon as others are known to be faster."""
    schedule = PollSchedule([20.0] * 10)
    before = schedule.delay(1.0)
    for number in range(4):
        schedule.learn(5.0, float(number))
    assert schedule.delay(1.0) < 5.0 < before


def test_slower_service_is_learned_from_five_images() -> None:
    """After five images that were all slow, the first poll is not made at the time of the fast ones."""
    schedule = PollSchedule([d for d, _ in zip(lognormal(4.0), range(64), strict=False)])
    before = schedule.delay(3.0)
    for number in range(5):
        schedule.learn(12.0, float(number))
    assert before < 0.5
    assert schedule.delay(3.0) > 1.0


def test_slowest_of_a_batch_are_no_slower_service() -> None:
    """Of a batch the slowest images come last; that alone changes nothing."""
    durations = sorted(d for d, _ in zip(lognormal(6.0), range(40), strict=False))
    order = {duration: float(number) for number, duration in enumerate(random.Random(1).sample(durations, 40))}
    schedule = PollSchedule(usual=(4, 15))
    for duration in durations:
        schedule.learn(duration, order[duration])
    assert 2.0 < schedule.delay(2.2) + 2.2 < 4.5


def test_usual_seconds_count_until_there_is_a_history() -> None:
    """Without a history the usual seconds decide, with one they do not."""
    assert PollSchedule(usual=(4, 15)).delay(0.0) == 1.0
    assert 3.0 < 2.4 + PollSchedule(usual=(4, 15)).delay(2.4) < 4.5
    assert PollSchedule([6.0] * 20, usual=(40, 90)).delay(3.5) == PollSchedule([6.0] * 20).delay(3.5)


def test_immediate_tasks() -> None:
    """Tasks that are ready at once are polled at once."""
    assert PollSchedule([0.1] * 10).delay(0.0) <= 0.15


@given(st.lists(st.floats(-1e9, 1e9) | st.just(math.inf) | st.just(math.nan), max_size=80), st.floats(0, 1e6))
def test_bounds_of_a_pause(past: list[float], elapsed: float) -> None:
    """A pause is never zero and never endless."""
    pause = PollSchedule(past).delay(elapsed)
    assert 0.05 < pause < math.inf
    assert pause <= 3.0 or elapsed + pause <= max(duration for duration in past if duration < math.inf)


def test_spread_polls() -> None:
    """Polls of a task are spread over time."""
    schedule = PollSchedule([d for d, _ in zip(lognormal(1.7), range(64), strict=False)])
    now, moments = 0.0, [0.0]
    while now < 4:
        now += schedule.delay(now)
        moments.append(now)
    assert min(quantiles([b - a for a, b in pairwise(moments)], n=20)) > 0.07
