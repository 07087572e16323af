"""When to ask again after a task. Knows only how long such tasks took; nothing of HTTP or of what is asked.

A client that asks at fixed times loses half an interval on every image, and asks a dozen times in vain before any
image can be ready. So this one waits until the earliest likely moment, and then asks often. Two single polls before
that are an insurance: a task may be refused within a second, and the service may have become faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

REMEMBERED = 64
RECENT = 8
ENOUGH = 3
FIRST = 1.0
SHORTEST, LONGEST, LATEST = 0.15, 0.5, 3.0
SHARE = 0.041


class Pace:
    """The times to poll one task at, learned from the `durations` of past ones: seconds from submit to ready.

    The latest duration comes last; the last 64 count. One `Pace` may serve any number of tasks.
    """

    def __init__(self, durations: Sequence[float] = ()) -> None:
        past = [d for d in list(durations)[-REMEMBERED:] if d > 0]
        known = len(past) >= ENOUGH
        ordered = sorted(past)
        self._start = min(_quantile(ordered, 0.05), 0.95 * min(past[-RECENT:])) if known else 0.0
        self._end = _quantile(ordered, 0.99) if known else 0.0
        self._step = min(max(SHARE * _quantile(ordered, 0.5), SHORTEST), LONGEST) if known else LONGEST
        self._early = sorted(t for t in (FIRST, 0.6 * self._start, self._start) if t <= self._start)

    def pause(self, elapsed: float) -> float:
        """Seconds from now to the next poll, `elapsed` seconds after the submit."""
        for moment in self._early:
            if moment - elapsed >= SHORTEST / 2:
                return moment - elapsed
        if elapsed <= self._end:
            return self._step
        return min(max(self._step, SHARE * elapsed), LATEST)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of them lies."""
    return ordered[max(ceil(share * len(ordered)) - 1, 0)]
