"""The ports of one local server.

The real API takes requests, serves polls, and delivers images on different hosts, and has hosts for each region. Here,
ports take the place of these hosts.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from .tasks import Task


@dataclass(frozen=True)
class Ports:
    """The ports of one server: those of its regions, which take requests, those of polls, and that of images.

    Without ports of their own, polls are served by the region of the task. `dead` is the port of a region that does
    not respond.
    """

    regions: tuple[int, ...]
    delivery: int
    polls: tuple[int, ...] = ()
    dead: int | None = None

    def url(self, request: Request, port: int) -> str:
        """Return the URL of a port with the host name that the request used."""
        host = request.url.hostname or "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def region(self, request: Request) -> int | None:
        """Return the index of the region at whose port a request arrived; None for another port."""
        port = _port(request)
        return self.regions.index(port) if port in self.regions else None

    def is_delivery(self, request: Request) -> bool:
        """Whether a request arrived at the port that delivers images."""
        return _port(request) == self.delivery

    def knows(self, request: Request, task: Task) -> bool:
        """Whether a request arrived at a port that knows a task: that of its region or that of its polling URL."""
        return _port(request) in (self._region_port(task), self.polling_port(task))

    def polling_port(self, task: Task) -> int:
        """Return the port in the polling URL of a task."""
        return self.polls[task.poll_host % len(self.polls)] if self.polls else self._region_port(task)

    def _region_port(self, task: Task) -> int:
        return self.regions[task.region % len(self.regions)]  # the number of regions may change over a restart

    @property
    def servers(self) -> tuple[int, ...]:
        """The ports of all regions, that of the dead one last."""
        return self.regions if self.dead is None else (*self.regions, self.dead)


def _port(request: Request) -> int:
    port: int = request.scope["server"][1]
    return port
