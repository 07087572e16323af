"""Identifies the caller of a request: signed-in user, or address and browser, as a keyed digest for quotas."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import replace
from typing import Any

from ...errors import Unauthorized
from ...identity import Identity
from ...playground import Visitor

SIGNED_IN_HEADER = "x-flux-playground-signed-in"
"""Set by `ProxyHeadersMiddleware` only; it removes this header from each request."""


NETWORK_BITS, GROUPS_PER_NETWORK = 48, 8
"""A subscriber has an IPv6 network of /64 to /48. All addresses of a /48 network together count as few addresses."""


def address_bucket(address: str) -> str:
    """What counts as one address: an IPv4 address, or one of eight groups of the /64 networks of an IPv6 /48 network.

    "unknown" for other text.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        # By a hash: with a prefix, the first networks of all subscribers would be one group.
        group = hashlib.sha256(parsed.packed[:8]).digest()[0] % GROUPS_PER_NETWORK
        return f"{ipaddress.ip_network((parsed, NETWORK_BITS), strict=False)} {group}"
    return str(parsed)


def identity_of(request: Any, secret: bytes) -> Identity:
    """Return the identity of a caller: digests with `secret` of the signed-in name, else of address and browser.

    `request` is Gradio's or Starlette's.
    """
    headers = dict(request.headers)
    name = headers.get(SIGNED_IN_HEADER)
    if name:
        return Identity(_digest(secret, f"name {name}")[:16])
    client = request.client
    address = address_bucket(client.host if client else "")
    browser = " ".join(str(headers.get(header, "")) for header in ("user-agent", "accept-language"))
    return Identity(_digest(secret, address)[:16], _digest(secret, browser)[:8])


def caller(request: Any, visitor: Visitor, secret: bytes) -> Visitor:
    """Return the visitor of a program that calls the page, with the key of its `x-key` header.

    Raises `Unauthorized` for a blank header: the owner does not pay for a caller who means to use a key.
    """
    header = dict(request.headers).get("x-key")
    if header is not None and not str(header).strip():
        raise Unauthorized("The x-key header is blank. Enter your key again, or leave the header out.")
    key = str(header).strip() if header is not None else visitor.api_key
    return replace(visitor, identity=identity_of(request, secret), api_key=key)


def _digest(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
