"""Reads the client address and the signed-in user from the headers of trusted proxies, and removes all others."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from ..session.caller import SIGNED_IN_HEADER

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

FORWARDING_HEADERS = {
    b"forwarded",
    b"x-client-ip",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-server",
    b"x-gradio-server",
    b"x-original-host",
    b"x-real-ip",
}
"""Headers in which a proxy describes its client; Gradio uses some of them from every sender."""

MAX_USER_NAME_CHARS = 320
"""The length of the longest e-mail address."""


class ProxyHeadersMiddleware:
    """Sets `scope["client"]` to the client of the trusted proxies, and `SIGNED_IN_HEADER` to the user of `user_header`.

    uvicorn's middleware of this name keeps forged headers, and knows no signed-in user.
    """

    def __init__(self, app: ASGIApp, trusted_proxies: Sequence[Network] = (), user_header: str = "") -> None:
        self.app, self._trusted_proxies, self._user_header = app, trusted_proxies, user_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scope = trust_proxy_headers(scope, self._trusted_proxies, self._user_header)
        await self.app(scope, receive, send)


def trust_proxy_headers(scope: Scope, proxies: Sequence[Network], user_header: str = "") -> Scope:
    """The scope with the address of the client; headers of proxies are kept only if the peer is one of `proxies`.

    A user name that is sent twice, is blank or has more than `MAX_USER_NAME_CHARS` characters is ignored.
    """
    user_name = user_header.lower().encode()
    users = [value.strip() for name, value in scope["headers"] if user_name and name.lower() == user_name]
    removed = {SIGNED_IN_HEADER.encode(), user_name}
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in removed]
    peer = (scope.get("client") or ("", 0))[0]
    if not _is_in(peer, proxies):
        return {
            **scope,
            "headers": [(name, value) for name, value in headers if name.lower() not in FORWARDING_HEADERS],
        }
    if len(users) == 1 and 0 < len(users[0]) <= MAX_USER_NAME_CHARS:
        headers.append((SIGNED_IN_HEADER.encode(), users[0]))
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    address = peer
    # The last hop was added by the proxy before us. Each earlier hop is only as reliable as the hop that added it.
    for hop in reversed([_strip_port(hop.strip()) for hop in forwarded.split(",") if hop.strip()]):
        address = hop
        if not _is_in(hop, proxies):
            break
    return {**scope, "client": (address, 0), "headers": headers}


def _strip_port(hop: str) -> str:
    """The address of a hop: some proxies add ports, as in 192.0.2.1:5678 and [2001:db8::1]:5678."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_in(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in networks)
