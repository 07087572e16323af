"""Polls one task until it is ready, has failed, or the time is over.

A failed poll tells nothing about the task and is repeated. Only a definite status of the API ends a task.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from threading import Event
from time import monotonic
from typing import Any

from ..errors import (
    ContentModerated,
    Intercepted,
    InvalidImage,
    PlaygroundError,
    RequestModerated,
    StatusUnavailable,
    TaskFailed,
    TaskNotFound,
    TaskTimeout,
)
from .connections import NotConnected
from .limits import Limits
from .poll_schedule import PollSchedule, backoff
from .responses import NOT_FOUND, Result, Task, error_text, is_page, parse_error, parse_result, retry_after
from .steps import Call, Pause
from .transport import Response, ResponseLost

FAILURES: dict[str, tuple[type[TaskFailed], str]] = {
    "Error": (TaskFailed, "The API reports an error in this task."),
    "Request Moderated": (RequestModerated, "The API refused what was asked for."),
    "Content Moderated": (ContentModerated, "The API withheld the image."),
}
MIN_PAUSE_SECONDS = 0.05
MAX_PAGE_CHARACTERS = 200
LAST_POLL_SECONDS, LAST_POLL_SHARE = 5.0, 0.1
"""The last poll is made so long before the patience ends, which leaves time for its response and the image."""

log = logging.getLogger(__name__)


class Polling:
    """Polls one task: `ask` makes one poll within seconds, `schedule` says when, `deadline` (monotonic) until when.

    `age` is how many seconds ago the task was submitted, for a resumed task.
    """

    def __init__(
        self, ask: Callable[[float], Response], task: Task, schedule: PollSchedule, limits: Limits, age: float
    ) -> None:
        self._call, self._task = ask, task
        self._schedule, self._limits = schedule, limits
        self._submitted, self._is_fresh = monotonic() - age, age == 0
        self._asked = 0.0
        self._began = self._not_before = monotonic()
        self._is_scheduled = self._is_fresh
        self._failures = 0
        self._last_failure = ""
        self._status = ""
        self._last_status: int | None = None
        self._refused_since: float | None = None

    def steps(self, deadline: float, stop: Event) -> Iterator[Result | Pause]:
        """Yield the pause before each poll, and every response to the last; setting `stop` ends the polling.

        Raises the error of the task, or `TaskTimeout` at the deadline (monotonic).
        """
        last = deadline - min(LAST_POLL_SECONDS, LAST_POLL_SHARE * (deadline - monotonic()))
        while True:
            end = last if monotonic() < last else deadline
            yield Pause(Call.POLL, partial(self._next_moment, end))
            if stop.is_set():
                return
            if monotonic() >= deadline:
                raise self._timeout()
            result = self._ask(deadline)
            if result:
                self._status = result.status
                billed = {name: getattr(result, name) for name in ("cost", "input_mp", "output_mp")}
                self._task = replace(self._task, **billed)  # a later response may leave them out
                yield result
                self._raise_if_failed(result)
                if result.ready:
                    return

    def _next_moment(self, end: float) -> float:
        """Return when to poll next, by the durations known now, at most `end`."""
        if not self._is_scheduled:
            return min(self._not_before, end)
        return min(max(self._submitted + self._asked + self._schedule.delay(self._asked), self._not_before), end)

    def _ask(self, deadline: float) -> Result | None:
        """Make one poll and set the moment of the next; return None for a failed poll.

        The duration of the call is part of the pause.
        """
        self._asked = self._age
        try:
            response = self._call(deadline - monotonic())
        except (NotConnected, ResponseLost) as error:
            self._last_status = None
            self._again(str(error))
            return None
        self._last_status = response.status
        result = parse_result(response.json(), self._task)
        if result and result.status == NOT_FOUND:
            self._missing()
        elif response.status != 200:
            self._refused(response)
        elif result is None:
            page = f"an HTML page: {error_text(response.body[:4_000].decode('utf-8', 'replace'))[:MAX_PAGE_CHARACTERS]}"
            self._again(response.fault or (page if is_page(response) else "a response without a status"))
        else:
            self._failures, self._last_failure, self._refused_since = 0, "", None
            self._is_scheduled, self._not_before = True, monotonic() + MIN_PAUSE_SECONDS
            log.debug("task %s: %s, progress %s", result.id, result.status, result.progress)
            if result.sample:
                if self._is_fresh:
                    self._schedule.learn(self._age, self._submitted)
                log.info("task %s: ready after %.2f s", self._task.id, self._age)
            return result
        return None

    def _raise_if_failed(self, result: Result) -> None:
        """Raise the error of a status that ends the task without an image."""
        if result.status in FAILURES:
            kind, message = FAILURES[result.status]
            raise kind(message, detail=_failure_text(result.details), task_id=self._task.id)
        if result.ready and not result.sample:
            raise InvalidImage("The API says Ready but names no image.", task_id=self._task.id)

    def _refused(self, response: Response) -> None:
        """Repeat the poll after a status other than 200; a lasting refusal raises its error."""
        error = parse_error(response)
        error.task_id = self._task.id
        if NOT_FOUND.lower() in error.detail.lower():
            return self._missing()
        passing = response.status in (408, 425, 429) or response.status >= 500
        if not passing:
            self._end_if_lasting(error)
        reason = f"status {response.status}"
        if isinstance(error, Intercepted):
            reason += f", an HTML page: {error.detail[:MAX_PAGE_CHARACTERS]}"
        return self._again(reason, retry_after(response.headers) if response.status in (429, 503) else None)

    def _missing(self) -> None:
        """Repeat the poll: a single Task not found does not prove that the task is lost."""
        self._end_if_lasting(TaskNotFound("The API does not know this task.", task_id=self._task.id))
        self._failures = 0
        self._again("task not found")

    def _end_if_lasting(self, error: PlaygroundError) -> None:
        """Raises an error that polls have met for `not_found` seconds, with no good response in between."""
        if self._refused_since is None:
            self._refused_since = self._age
        elif self._age - self._refused_since >= self._limits.not_found_grace:
            raise error

    def _again(self, why: str, at_least: float | None = None) -> None:
        self._failures += 1
        self._last_failure = why
        pause = max(backoff(self._limits, self._failures), at_least or 0.0)
        self._is_scheduled, self._not_before = False, monotonic() + pause
        log.warning("task %s: poll failed (%s), again in %.2f s", self._task.id, why, pause)

    def _timeout(self) -> TaskTimeout:
        if not self._last_failure:
            waited = f"No image after {monotonic() - self._began:.0f} s of waiting."
            status = f" The last status was {self._status[:100]!r}." if self._status else ""
            return TaskTimeout(waited + status, task_id=self._task.id)
        return StatusUnavailable(
            f"The last request for the status failed: {self._last_failure}.",
            status_code=self._last_status,
            task_id=self._task.id,
        )

    @property
    def _age(self) -> float:
        return monotonic() - self._submitted


def _failure_text(details: Any) -> str:
    """Return why a task has failed: `details.error` where there is one, else all details."""
    error = details.get("error") if isinstance(details, dict) else None
    return error_text(error) or error_text(details)
