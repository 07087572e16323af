"""Identifies the caller of a request: signed-in user, or address and browser, as a keyed digest for quotas."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import replace
from typing import Any

from ...errors import Unauthorized
from ...playground import Visitor

SIGNED_IN_HEADER = "x-flux-playground-signed-in"
"""Set by `ProxyHeadersMiddleware` only; it removes this header from each request."""


def address_bucket(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 address; "unknown" for other text."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))  # a subscriber has a whole /64
    return str(parsed)


def mark(request: Any, secret: bytes) -> str:
    """A digest of the signed-in name, else of the address and the browser, such as `9f2c.41ab`.

    `request` is Gradio's or Starlette's. Without `secret` nobody can turn the digest back into an address.
    """
    headers = dict(request.headers)
    name = headers.get(SIGNED_IN_HEADER)
    if name:
        return _digest(secret, f"name {name}")[:16] + "."
    client = request.client
    browser = " ".join(str(headers.get(one, "")) for one in ("user-agent", "accept-language"))
    return f"{_digest(secret, address_bucket(client.host if client else ''))[:16]}.{_digest(secret, browser)[:8]}"


def named(mark: str) -> bool:
    """Whether a mark is that of a signed-in name."""
    return len(mark) > 1 and mark.endswith(".")


def caller(request: Any, visitor: Visitor, secret: bytes) -> Visitor:
    """Return the visitor of a program that calls the page, with the key of its `x-key` header.

    Raises `Unauthorized` for a blank header: the owner does not pay for a caller who means to use a key.
    """
    header = dict(request.headers).get("x-key")
    if header is not None and not str(header).strip():
        raise Unauthorized("The x-key header is blank. Enter your key again, or leave the header out.")
    key = str(header).strip() if header is not None else visitor.api_key
    return replace(visitor, mark=mark(request, secret), api_key=key)


def _digest(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
