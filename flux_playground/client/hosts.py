"""Which address may be asked, and which may see the key. Knows URLs and IP addresses; sends nothing.

The rules: the key goes to the configured server only, and, where that is one of `*.bfl.ai`, to its sisters, always
over https. Anything else is asked without it. Plain http is for the local machine, and only when the configured
server is there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Origin:
    """The part of a URL that says who is asked: scheme, host in lower case, port."""

    scheme: str
    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether this is the machine that we run on, by its name."""
        return self.host == "localhost" or (is_address(self.host) and ip_address(self.host).is_loopback)

    @property
    def bfl(self) -> bool:
        """Whether this is one of the API's own hosts, safely reached."""
        return self.scheme == "https" and self.port == 443 and f".{self.host}".endswith(".bfl.ai")


def origin(url: str) -> Origin:
    """The origin of an absolute http(s) URL without a user in it; ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or "\\" in url:
        raise ValueError("not an absolute http or https address")
    return Origin(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme])


def usable(url: str, base: Origin) -> bool:
    """Whether this address may be asked at all when `base` is the configured server."""
    try:
        target = origin(url)
    except ValueError:
        return False
    if target.scheme == "http":
        return base.loopback and target.loopback
    return not is_address(target.host) or permitted(target.host, base)


def may_see_key(target: Origin, base: Origin) -> bool:
    """Whether the key may be sent there: to the configured server, and between the API's own hosts."""
    safe = target.scheme == "https" or target.loopback
    return safe and (target == base or (base.bfl and target.bfl))


def permitted(address: str, base: Origin) -> bool:
    """Whether a connection to this IP address may be used for an address that somebody else chose.

    Nothing private, link-local, reserved or shared; the local machine only when the configured server is there.
    """
    peer = ip_address(address.partition("%")[0])
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    if peer.is_loopback:
        return base.loopback
    return peer.is_global and not peer.is_multicast


def is_address(host: str) -> bool:
    """Whether a host is written as an IP address."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def polling_url(base_url: str, task_id: str, given: Any) -> str:
    """Where to ask after a task: the address given, as given, if it is one that may be asked.

    A path belongs to the configured server; plain http is asked over https; for what is missing or no address
    at all, the API's documented one is used.
    """
    base, url = origin(base_url), given if isinstance(given, str) else ""
    if url.startswith("/") and not url.startswith("//"):
        url = urlunsplit((*urlsplit(base_url)[:2], "", "", "")) + url
    if url.startswith("http://") and not usable(url, base):
        url = "https://" + url.removeprefix("http://")
    if usable(url, base):
        return url
    return f"{base_url}/v1/get_result?id={quote(task_id, safe='')}"
