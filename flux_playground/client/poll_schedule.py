"""When to ask again after a task. Knows only how long such tasks took; nothing of HTTP or of what is asked.

A client that asks at fixed times loses half an interval on every image, and asks a dozen times in vain before any
image can be ready. So this one waits until the earliest likely moment, and then asks often. Two single polls before
that are an insurance: a task may be refused within a second, and the service may have become faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf

MAX_DURATIONS = 64
RECENT_DURATIONS = 8
MIN_DURATIONS = 3
EARLY_POLL_SECONDS = 1.0
MIN_STEP_SECONDS, MAX_STEP_SECONDS, MAX_DELAY_SECONDS = 0.15, 0.5, 3.0
EARLY_SHARE_OF_FASTEST = 0.93
STEP_SHARE_OF_MEDIAN, STEP_SHARE_OF_ELAPSED = 0.048, 0.035


class PollSchedule:
    """The times to poll one task at, learned from the `durations` of past ones: seconds from submit to ready.

    The latest duration comes last; the last 64 count. One `Pace` may serve any number of tasks and threads.
    """

    def __init__(self, durations: Sequence[float] = ()) -> None:
        past = [duration for duration in durations if 0 < duration < inf][-MAX_DURATIONS:]
        self._step, self._early = MAX_STEP_SECONDS, [0.0]
        if len(past) >= MIN_DURATIONS:
            recent = sorted(past[-RECENT_DURATIONS:])
            start = min(_quantile(sorted(past), 0.05), EARLY_SHARE_OF_FASTEST * recent[0])
            self._step = min(max(STEP_SHARE_OF_MEDIAN * _quantile(recent, 0.5), MIN_STEP_SECONDS), MAX_STEP_SECONDS)
            self._early = sorted(moment for moment in (EARLY_POLL_SECONDS, 0.6 * start, start) if moment <= start)

    def delay(self, elapsed: float) -> float:
        """Seconds from a poll that is asked `elapsed` seconds after the submit to the next one."""
        for moment in self._early:
            if moment - elapsed >= MIN_STEP_SECONDS / 2:
                return moment - elapsed
        return min(max(self._step, STEP_SHARE_OF_ELAPSED * elapsed), MAX_DELAY_SECONDS)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]
