"""The calls of a task as steps: each step makes one call and ends with the pause before the next one.

A step is the code of a generator between two pauses, so that a task needs no thread while it waits. `Client` makes the
steps on its caller's thread; `runs.timetable` makes those of many tasks on a few threads.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import Enum
from threading import Event
from time import monotonic
from typing import TypeVar

Made = TypeVar("Made")

CHECK_SECONDS = 0.25
"""Seconds after which a wait asks again when it ends: other tasks may have shown that images are faster today."""


class Call(Enum):
    """What a call of a task does; a call that others wait for comes first."""

    DOWNLOAD = "download"
    SUBMIT = "submit"
    UPLOAD = "upload"  # the submit of a request with images, which takes longer and needs memory
    POLL = "poll"


@dataclass(frozen=True)
class Pause:
    """The pause before a call; `until` returns when it ends, in monotonic seconds, by what is known now."""

    call: Call
    until: Callable[[], float]

    def wait(self, stop: Event) -> None:
        """Wait on this thread until the pause ends or `stop` is set."""
        while (left := self.until() - monotonic()) > 0 and not stop.wait(min(left, CHECK_SECONDS)):
            pass


def at_once(call: Call) -> Pause:
    """Return a pause that is over."""
    return Pause(call, lambda: 0.0)


def pause_for(seconds: float, call: Call) -> Pause:
    """Return a pause that begins now."""
    end = monotonic() + seconds
    return Pause(call, lambda: end)


def make_steps(steps: Iterator[Made | Pause], stop: Event) -> Iterator[Made]:
    """Make all steps on this thread and yield what they yield; setting `stop` ends each pause."""
    for made in steps:
        if isinstance(made, Pause):
            made.wait(stop)
        else:
            yield made


def finish_steps(steps: Generator[Pause, None, Made], stop: Event) -> Made:
    """Make all steps on this thread and return their result; setting `stop` ends each pause."""
    while True:
        try:
            next(steps).wait(stop)
        except StopIteration as end:
            result: Made = end.value
            return result
