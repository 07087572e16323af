"""One task, asked after until it is ready, has failed, or our patience has ended. Not how it was submitted.

A poll that goes wrong says nothing of the task: it is asked again. Only the API's clear word ends a task.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from threading import Event
from time import monotonic

from ..errors import (
    BadSample,
    ContentModerated,
    RequestModerated,
    TaskFailed,
    TaskLost,
    TaskTimeout,
    Unauthorized,
)
from ..pacing import Pace
from .answers import NOT_FOUND, Result, Task, in_words, read_error, read_result, retry_after
from .connections import NeverMade
from .limits import Limits
from .wire import Answer, Lost, Wire

FAILURES: dict[str, tuple[type[TaskFailed], str]] = {
    "Error": (TaskFailed, "The API reports an error in this task."),
    "Request Moderated": (RequestModerated, "The API refused what was asked for."),
    "Content Moderated": (ContentModerated, "The API withheld the image."),
}
SOONEST = 0.05
log = logging.getLogger(__name__)


class Polling:
    """The waiting for one task: asks at `url` through `wire`, sooner or later as `pace` says.

    `age` is how many seconds ago the task was submitted, for one that is taken up again.
    """

    def __init__(self, wire: Wire, url: str, key: str, task: Task, pace: Pace, limits: Limits, age: float) -> None:
        self._wire, self._url, self._key, self._task = wire, url, key, task
        self._pace, self._limits = pace, limits
        self._submitted = monotonic() - age
        self._pause = 0.0 if age else pace.pause(0.0)
        self._failures = 0

    def results(self, patience: float, stop: Event) -> Iterator[Result]:
        """Every answer until Ready; raises what ended the task, or `TaskTimeout` after `patience` seconds."""
        deadline = monotonic() + patience
        while not stop.wait(min(self._pause, max(deadline - monotonic(), 0.0))):
            result = self._ask()
            if result:
                yield result
                if result.ready:
                    return
            if monotonic() >= deadline:
                raise TaskTimeout(f"No image after {patience:.0f} s of waiting.", task_id=self._task.id)

    def _ask(self) -> Result | None:
        """One poll: what it says, or None when it says nothing; sets the pause until the next.

        The time that the call itself took is part of the pause: a slow network makes nobody wait twice.
        """
        asked = self._age
        try:
            answer = self._wire.call(
                "GET", self._url, key=self._key, whole=self._limits.poll, largest=self._limits.answer_bytes
            )
        except (NeverMade, Lost) as error:
            self._again(str(error))
            return None
        result = read_result(answer.json(), self._task)
        if result and result.status == NOT_FOUND:
            self._missing()
        elif answer.status != 200:
            self._refused(answer)
        elif result is None:
            self._again(answer.fault or "an answer without a status")
        else:
            self._failures = 0
            self._pause = max(asked + self._pace.pause(asked) - self._age, SOONEST)
            return self._checked(result)
        return None

    def _checked(self, result: Result) -> Result:
        """A result that is as good as its status, or the error that it stands for."""
        log.debug("task %s: %s, progress %s", result.id, result.status, result.progress)
        if result.status in FAILURES:
            kind, message = FAILURES[result.status]
            raise kind(message, detail=in_words(result.details), task_id=self._task.id)
        if result.ready and not result.sample:
            raise BadSample("The API says Ready but names no image.", task_id=self._task.id)
        if result.ready:
            log.info("task %s: ready after %.2f s", self._task.id, self._age)
        return result

    def _refused(self, answer: Answer) -> None:
        """A status other than 200: the key's fault ends it, a fault of the call is asked again after soon."""
        error = read_error(answer)
        error.task_id = self._task.id
        if isinstance(error, Unauthorized):
            raise error
        if NOT_FOUND.lower() in error.detail.lower():
            return self._missing()
        passing = answer.status in (408, 425, 429) or answer.status >= 500
        if not passing and self._age >= self._limits.not_found:
            raise error
        return self._again(
            f"status {answer.status}", retry_after(answer.headers) if answer.status in (429, 503) else None
        )

    def _missing(self) -> None:
        """The API does not know the task: soon after the submit that can mean "not yet"."""
        if self._age >= self._limits.not_found:
            raise TaskLost("The API does not know this task.", task_id=self._task.id)
        self._failures = 0
        self._again("not found")

    def _again(self, why: str, at_least: float | None = None) -> None:
        self._failures += 1
        self._pause = max(self._limits.pause(self._failures), at_least or 0.0)
        log.warning("task %s: poll failed (%s), again in %.2f s", self._task.id, why, self._pause)

    @property
    def _age(self) -> float:
        return monotonic() - self._submitted
