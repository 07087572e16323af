"""The poll schedules of all endpoints: tasks of one endpoint at one server share one, and learn from each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from ..client import Client
from ..client.poll_schedule import PollSchedule
from ..errors import StorageError


class PollSchedules:
    """Creates the schedule of an endpoint on first use. Safe to use from many threads.

    `durations` returns the seconds of the latest images of an endpoint at a server, latest last; `usual` the seconds of
    a fast and of a slow image of an endpoint, by experience.
    """

    def __init__(
        self, durations: Callable[[str, str], Sequence[float]], usual: Callable[[str], tuple[float, float] | None]
    ) -> None:
        self._durations, self._usual = durations, usual
        self._schedules: dict[tuple[str, str], PollSchedule] = {}
        self._lock = threading.Lock()

    def get(self, client: Client, server: str, endpoint: str) -> PollSchedule:
        """Return the schedule of an endpoint at a server; `client` has the limits of a new one."""
        with self._lock:
            place, usual = (server, endpoint), self._usual(endpoint)
            if place not in self._schedules:
                try:
                    self._schedules[place] = client.poll_schedule(self._durations(*place), usual)
                except StorageError:  # the task is paid for
                    return client.poll_schedule((), usual)
            return self._schedules[place]
