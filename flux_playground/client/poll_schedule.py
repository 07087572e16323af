"""When to poll a task, and how long to wait after a failed call.

A client that polls at fixed times loses half an interval on every image and polls a dozen times before any image can
be ready. This schedule waits until the earliest likely moment and then polls often. Two single polls before that moment
notice a task that is refused within a second, and a service that has become faster.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil, inf

from .limits import Limits

MAX_DURATIONS = 64
RECENT_DURATIONS = 8
MIN_DURATIONS = 3
EARLY_POLL_SECONDS = 1.0
MIN_STEP_SECONDS, MAX_STEP_SECONDS, MAX_DELAY_SECONDS = 0.15, 0.5, 3.0
EARLY_SHARE_OF_FASTEST = 0.93
STEP_SHARE_OF_MEDIAN, STEP_SHARE_OF_ELAPSED = 0.048, 0.035


class PollSchedule:
    """The times at which a task is polled, from the `durations` of past tasks: seconds from submit to ready.

    The latest duration comes last; the last 64 count. `max_step` limits the seconds between two frequent polls. A
    schedule may serve any number of tasks and threads.
    """

    def __init__(self, durations: Sequence[float] = (), max_step: float = MAX_STEP_SECONDS) -> None:
        past = [duration for duration in durations if 0 < duration < inf][-MAX_DURATIONS:]
        self._step, self._early = max_step, [0.0]
        if len(past) >= MIN_DURATIONS:
            recent = sorted(past[-RECENT_DURATIONS:])
            start = min(_quantile(sorted(past), 0.05), EARLY_SHARE_OF_FASTEST * recent[0])
            self._step = min(max(STEP_SHARE_OF_MEDIAN * _quantile(recent, 0.5), MIN_STEP_SECONDS), max_step)
            self._early = sorted(moment for moment in (EARLY_POLL_SECONDS, 0.6 * start, start) if moment <= start)

    def delay(self, elapsed: float) -> float:
        """Return the seconds from a poll made `elapsed` seconds after the submit to the next poll."""
        for moment in self._early:
            if moment - elapsed >= MIN_STEP_SECONDS / 2:
                return moment - elapsed
        return min(max(self._step, STEP_SHARE_OF_ELAPSED * elapsed), MAX_DELAY_SECONDS)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]


def backoff(limits: Limits, failures: int) -> float:
    """Return the seconds to wait after `failures` failed calls in a row: doubled each time, with a third of jitter."""
    longest = min(limits.backoff * 2.0 ** min(failures - 1, 16), limits.max_pause)
    return longest * random.uniform(0.67, 1.0)  # noqa: S311  # jitter needs no secure random numbers
