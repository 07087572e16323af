"""When to ask again after a task. Knows only how long such tasks took; nothing of HTTP or of what is asked.

A client that asks at fixed times loses half an interval on every image, and asks a dozen times in vain before any
image can be ready. So this one waits until the earliest likely moment, and then asks often. Two single polls before
that are an insurance: a task may be refused within a second, and the service may have become faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf

REMEMBERED = 64
RECENT = 8
ENOUGH = 3
FIRST = 1.0
SHORTEST, LONGEST, LATEST = 0.15, 0.5, 3.0
EARLIER = 0.93
OF_MEDIAN, OF_ELAPSED = 0.048, 0.035


class Pace:
    """The times to poll one task at, learned from the `durations` of past ones: seconds from submit to ready.

    The latest duration comes last; the last 64 count. One `Pace` may serve any number of tasks and threads.
    """

    def __init__(self, durations: Sequence[float] = ()) -> None:
        past = [duration for duration in durations if 0 < duration < inf][-REMEMBERED:]
        self._step, self._early = LONGEST, [0.0]
        if len(past) >= ENOUGH:
            recent = sorted(past[-RECENT:])
            start = min(_quantile(sorted(past), 0.05), EARLIER * recent[0])
            self._step = min(max(OF_MEDIAN * _quantile(recent, 0.5), SHORTEST), LONGEST)
            self._early = sorted(moment for moment in (FIRST, 0.6 * start, start) if moment <= start)

    def pause(self, elapsed: float) -> float:
        """Seconds from a poll that is asked `elapsed` seconds after the submit to the next one."""
        for moment in self._early:
            if moment - elapsed >= SHORTEST / 2:
                return moment - elapsed
        return min(max(self._step, OF_ELAPSED * elapsed), LATEST)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]
