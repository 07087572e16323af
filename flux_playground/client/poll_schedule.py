"""When to poll a task, and how long to wait after a failed call.

A client that polls at fixed times loses half an interval on every image and polls a dozen times before any image can
be ready. This schedule waits until the earliest likely moment and then polls often. Two single polls before that moment
notice a task that is refused within a second, and a service that has become faster.
"""

from __future__ import annotations

import random
import threading
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, log
from statistics import NormalDist

from .limits import Limits

MAX_DURATIONS = 64
MIN_DURATIONS = 3
RECENT_DURATIONS = 16
EARLY_POLL_SECONDS = 1.0
START_QUANTILE = 0.05
START_SHARE = 0.92
EARLY_SHARE_OF_START = 0.6
STEP_SHARE_OF_MEDIAN = 0.042
STEP_SHARE_OF_SPREAD = 0.12
FIRST_STEPS = 2.0  # the first pauses are this many times as long: few images are ready so early
MIN_STEP_SECONDS, MAX_STEP_SECONDS, MAX_DELAY_SECONDS = 0.15, 0.5, 3.0
STEP_SHARE_OF_LATENESS = 0.15
SLOWEST_SECONDS = 15.0  # of an endpoint of which nothing is known

ASSUMED_DURATIONS = 12  # that stand for the usual seconds; each known duration replaces one
OUTER_QUANTILE = NormalDist().inv_cdf(0.95)

SLOWER_DURATIONS = 5  # in a row that show, all above a quantile of the earlier ones, that the service is slower now
SLOWER_QUANTILE = 0.75


@dataclass(frozen=True)
class _Plan:
    """The times of the polls, in seconds since the submit: single polls, then pauses of `step`."""

    early: tuple[float, ...]
    step: float
    start: float
    median: float
    slowest: float


class PollSchedule:
    """The times at which tasks of one endpoint are polled, by the `durations` of past tasks, latest last.

    Durations are seconds from submit to Ready. The last 64 count. `usual` are the seconds of a fast and of a slow
    image (5th and 95th percentile), which count as long as few durations are known. `max_step` limits the seconds
    between two frequent polls, `max_start` the seconds before the first of them.

    Tasks that share a schedule learn from each other while they wait. Safe to use from many threads.
    """

    def __init__(
        self,
        durations: Sequence[float] = (),
        max_step: float = MAX_STEP_SECONDS,
        *,
        usual: tuple[float, float] | None = None,
        max_start: float = inf,
    ) -> None:
        self._max_step, self._max_start, self._usual = max_step, max_start, usual
        # In the order of the submits: of tasks that were submitted together, the fastest are known first.
        self._past: list[tuple[float, int, float]] = []
        self._count = 0
        for duration in [duration for duration in durations if 0 < duration < inf][-MAX_DURATIONS:]:
            self._add(duration, -inf)
        self._lock = threading.Lock()
        self._plan = self._make_plan()

    def learn(self, seconds: float, submitted: float) -> None:
        """Add the duration of a task that was submitted at `submitted`, in monotonic seconds."""
        with self._lock:
            self._add(seconds, submitted)
            self._plan = self._make_plan()

    def delay(self, elapsed: float) -> float:
        """Return the seconds from a poll made `elapsed` seconds after the submit to the next poll, as known now."""
        plan = self._plan
        for moment in plan.early:
            if moment - elapsed >= MIN_STEP_SECONDS / 2:
                return moment - elapsed
        part = min((elapsed - plan.start) / (plan.median - plan.start), 1.0) if plan.median > plan.start else 1.0
        step = min(max(plan.step, MIN_STEP_SECONDS), self._max_step) * (FIRST_STEPS + (1 - FIRST_STEPS) * part)
        return min(max(step, STEP_SHARE_OF_LATENESS * (elapsed - plan.slowest)), MAX_DELAY_SECONDS)

    def _add(self, seconds: float, submitted: float) -> None:
        self._count += 1
        insort(self._past, (submitted, self._count, seconds))
        self._past = self._past[-MAX_DURATIONS:]
        latest = [duration for _, _, duration in self._past[-SLOWER_DURATIONS:]]
        earlier = sorted(duration for _, _, duration in self._past[:-SLOWER_DURATIONS])
        if len(earlier) >= SLOWER_DURATIONS and min(latest) > _quantile(earlier, SLOWER_QUANTILE):
            self._past = self._past[-SLOWER_DURATIONS:]

    def _make_plan(self) -> _Plan:
        past = [duration for _, _, duration in self._past]
        assumed = _spread(self._usual, ASSUMED_DURATIONS - self._count) if self._usual else []
        if len(past) + len(assumed) < MIN_DURATIONS:
            return _Plan((), self._max_step, 0.0, 0.0, SLOWEST_SECONDS)
        known = sorted(past + assumed)
        median = _quantile(sorted(past[-RECENT_DURATIONS:] + assumed), 0.5)
        # A little earlier, because no duration is measured that is shorter than the start was.
        start = min(START_SHARE * min(_quantile(known, START_QUANTILE), median), self._max_start)
        early = sorted(
            {moment for moment in (EARLY_POLL_SECONDS, EARLY_SHARE_OF_START * start, start) if moment <= start}
        )
        step = min(STEP_SHARE_OF_MEDIAN * median, STEP_SHARE_OF_SPREAD * (median - start))
        return _Plan(tuple(early), step, start, median, _quantile(known, 0.99))


def _spread(usual: tuple[float, float], count: int) -> list[float]:
    """Return durations that are spread like those of which `usual` are the 5th and the 95th percentile."""
    low, high = log(usual[0]), log(usual[1])
    curve = NormalDist((low + high) / 2, max((high - low) / (2 * OUTER_QUANTILE), 1e-6))
    return [exp(curve.inv_cdf((number + 0.5) / count)) for number in range(count)]


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


def backoff(limits: Limits, failures: int) -> float:
    """Return the seconds to wait after `failures` failed calls in a row: doubled each time, with a third of jitter."""
    longest = min(limits.backoff * 2.0 ** min(failures - 1, 16), limits.max_pause)
    return longest * random.uniform(0.67, 1.0)  # noqa: S311  # jitter needs no secure random numbers
