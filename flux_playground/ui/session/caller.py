"""Whom a request comes from, as far as that can be believed: its signed-in name, its address, its browser, its mark.

What a request says of proxies before us, or of who signed in there, is believed only where the owner has named the
proxy: everybody else's word for it is struck out. Knows who a visitor is, not gradio.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.types import Scope

from ...playground import Visitor

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SAID = {
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
"""Headers in which a proxy says for whom it asks; gradio believes some of them whoever sends them."""

SIGNED_IN = "x-flux-playground-signed-in"
"""The header in which `believed` says who is signed in; nobody else's word in it is left standing."""

LONGEST_NAME = 320
"""Characters of a signed-in name, as many as an e-mail address can have; a longer one is nobody's."""


def believed(scope: Scope, proxies: Sequence[Network], user_header: str = "") -> Scope:
    """The request as it may be believed: `client` is the address that it comes from, and no header says otherwise.

    `user_header` is where a proxy says who signed in there; what it says then stands in the header `SIGNED_IN`.
    """
    own = user_header.lower().encode()
    heard = [value.strip() for name, value in scope["headers"] if own and name.lower() == own]
    struck = {SIGNED_IN.encode(), own}
    headers = [(name, value) for name, value in scope["headers"] if name.lower() not in struck]
    peer = (scope.get("client") or ("", 0))[0]
    if not _within(peer, proxies):
        return {**scope, "headers": [(name, value) for name, value in headers if name.lower() not in SAID]}
    if len(heard) == 1 and 0 < len(heard[0]) <= LONGEST_NAME:
        headers.append((SIGNED_IN.encode(), heard[0]))
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    address = peer
    # The last one was written by the proxy before us; what stands before it is its sender's own word, unless trusted.
    for hop in reversed([_without_port(hop.strip()) for hop in named.split(",") if hop.strip()]):
        address = hop
        if not _within(hop, proxies):
            break
    return {**scope, "client": (address, 0), "headers": headers}


def _without_port(hop: str) -> str:
    """Return the address of a hop: some proxies write ports, as in 192.0.2.1:5678 and [2001:db8::1]:5678."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def place(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of an IPv6 one; any other text as nobody's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))  # a subscriber has all of these
    return str(found)


def mark(request: Any, secret: bytes) -> str:
    """The mark of whoever sends a request: their signed-in name, else their address and browser, told to nobody.

    `request` is gradio's or starlette's; `secret` keeps the mark from being turned back into an address.
    """
    headers = dict(request.headers)
    name = headers.get(SIGNED_IN)
    if name:
        return _digest(secret, f"name {name}")[:16] + "."
    client = request.client
    browser = " ".join(str(headers.get(one, "")) for one in ("user-agent", "accept-language"))
    return f"{_digest(secret, place(client.host if client else ''))[:16]}.{_digest(secret, browser)[:8]}"


def named(mark: str) -> bool:
    """Whether a mark is that of a signed-in name."""
    return len(mark) > 1 and mark.endswith(".")


def caller(request: Any, visitor: Visitor, secret: bytes) -> Visitor:
    """A program that calls the page, as a visitor: counted like one, with the key of its `x-key` header if any."""
    key = str(dict(request.headers).get("x-key", "")).strip() or visitor.api_key
    return replace(visitor, mark=mark(request, secret), api_key=key)


def _digest(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def _within(address: str, networks: Sequence[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)
