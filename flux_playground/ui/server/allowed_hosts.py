"""Refuses requests for a foreign host name: DNS rebinding lets a web page reach a program on this machine by one."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import Refusal, get_header

FOREIGN_HOST = Refusal(403, "To use this name, add it to FLUX_PLAYGROUND_HOSTS.")


class AllowedHostsMiddleware:
    """Passes requests whose Host header is an IP address, localhost or one of `hosts`."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self.app, self._hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not self._is_allowed(get_header(scope, b"host")):
            await FOREIGN_HOST.send(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_allowed(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name == "localhost" or name in self._hosts
        return True
