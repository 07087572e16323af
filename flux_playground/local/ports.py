"""The addresses of one server: its own, the one that samples are fetched from, and those of its regions.

The real API delivers from other hosts than it takes requests on, and answers for a task in its own region only; on
one machine, ports stand for hosts. Knows ports and the Host header; nothing of what is answered where.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request


@dataclass(frozen=True)
class Addresses:
    """The ports of one server; all the same where it has one address only."""

    main: int
    samples: int
    regions: tuple[int, ...]

    def url(self, request: Request, port: int) -> str:
        """The address of a port as whoever asks can reach it, by the host that they asked."""
        host = request.url.hostname or "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def is_main(self, request: Request) -> bool:
        """Whether a request came to the server's own address."""
        return _port(request) == self.main

    def is_samples(self, request: Request) -> bool:
        """Whether a request came to the address of samples."""
        return _port(request) == self.samples

    def answers_for(self, request: Request, region: int) -> bool:
        """Whether a task of a region is known where a request came to: there, and at the server's own address."""
        return _port(request) in (self.main, self.regions[region % len(self.regions)])


def _port(request: Request) -> int:
    port: int = request.scope["server"][1]
    return port
