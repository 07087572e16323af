"""The ports of one local server.

The real API takes requests, serves polls of each region, and delivers images on different hosts. Here, ports take the
place of these hosts.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class Ports:
    """The ports of one server; all equal with `single_port`."""

    main: int
    delivery: int
    regions: tuple[int, ...]

    def url(self, request: Request, port: int) -> str:
        """Return the URL of a port with the host name that the request used."""
        host = request.url.hostname or "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def is_main(self, request: Request) -> bool:
        """Whether a request arrived at the main port."""
        return _port(request) == self.main

    def is_delivery(self, request: Request) -> bool:
        """Whether a request arrived at the port that delivers images."""
        return _port(request) == self.delivery

    def serves_region(self, request: Request, region: int) -> bool:
        """Whether a request arrived at a port that knows the tasks of a region: the main port or the region's."""
        return _port(request) in (self.main, self.regions[region % len(self.regions)])


def _port(request: Request) -> int:
    port: int = request.scope["server"][1]
    return port
