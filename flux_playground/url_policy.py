"""Which URLs may be requested, and which may receive the API key.

The key is sent to the configured server only and, if that is one of `*.bfl.ai`, to the others, always over https. Other
URLs are requested without it. Plain http is allowed on the local machine only, when the configured server is there too.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
API_DOMAIN = ".bfl.ai"
PORTS = {"http": 80, "https": 443}
PRIVATE_NETWORKS = tuple(
    map(ip_network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15", "fc00::/7"))
)
IPV4_IN_LAST_32_BITS = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))


@dataclass(frozen=True)
class Origin:
    """The scheme, the host in lower case and the port of a URL."""

    scheme: str
    host: str
    port: int

    @cached_property
    def loopback(self) -> bool:
        """Whether the host names this machine."""
        return self.host == "localhost" or (is_address(self.host) and ip_address(self.host).is_loopback)

    @property
    def bfl(self) -> bool:
        """Whether this is one of the API's own hosts, over https."""
        return self.scheme == "https" and self.port == 443 and f".{self.host}".endswith(API_DOMAIN)


def origin(url: str) -> Origin:
    """Return the origin of an absolute http(s) URL without user information; raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or "\\" in url:
        raise ValueError("not an absolute http or https address")
    return Origin(parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme])


def is_allowed_url(url: str, base: Origin) -> bool:
    """Return whether this URL may be requested when `base` is the configured server."""
    try:
        target = origin(url)
    except ValueError:
        return False
    if target.scheme == "http":
        return base.loopback and target.loopback
    return not is_address(target.host) or is_allowed_peer(target.host, base)


def may_receive_key(target: Origin, base: Origin) -> bool:
    """Return whether the key may be sent there: to the configured server, and among the API's own hosts."""
    safe = target.scheme == "https" or target.loopback
    return safe and (target == base or (base.bfl and target.bfl))


def may_be_named_by_document(server: str) -> bool:
    """Return whether a document may name this server for a key: the API's own hosts and this machine only."""
    host = urlsplit(server).hostname or ""
    return host.endswith(API_DOMAIN) or host in LOOPBACK


class PrivateNames(Enum):
    """Which host names may lead to a private address over verified https."""

    NONE = "none"
    OWN = "own"  # the configured server and its sisters
    ANY = "any"  # others too, where the configured server's own name leads to a private address


def is_allowed_peer(address: str, base: Origin, name: str = "", names: PrivateNames = PrivateNames.NONE) -> bool:
    """Whether a connection to this IP address may be used for a URL from outside the program.

    Nothing private, link-local, reserved or shared; the local machine only when the configured server is there.
    `name` is the host name that led there over verified https ("" for an address literal); `names` says which ones
    may lead to a private address, as they do behind a fake-IP proxy or a split DNS.
    """
    peer = _embedded(ip_address(address.partition("%")[0]))
    if peer.is_loopback:
        return base.loopback
    if name and names is not PrivateNames.NONE and is_private(peer):
        own = not base.loopback and (name == base.host or (base.bfl and f".{name}".endswith(".bfl.ai")))
        return own or (names is PrivateNames.ANY and leads_to_private(base))
    return peer.is_global and not peer.is_multicast and not (isinstance(peer, IPv6Address) and peer.is_site_local)


def is_private(address: IPv4Address | IPv6Address) -> bool:
    """Whether this is an address of a local network or of a fake-IP resolver; not one of this machine or link."""
    return any(address in network for network in PRIVATE_NETWORKS)


def leads_to_private(base: Origin) -> bool:
    """Return whether the system's resolver gives a private address for this server's name."""
    if is_address(base.host) or base.scheme != "https":
        return False
    try:
        found = socket.getaddrinfo(base.host, base.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return any(is_private(_embedded(ip_address(str(one[4][0]).partition("%")[0]))) for one in found)


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for (mapped, NAT64, 6to4 and others), else the address itself."""
    if not isinstance(address, IPv6Address) or address.is_loopback:
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if any(address in network for network in IPV4_IN_LAST_32_BITS):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_address(host: str) -> bool:
    """Return whether a host is an IP address."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def endpoint(base_url: str, path: str) -> str:
    """Return the URL of a path at the server; a base that ends in the path's `/v1` does not double it."""
    base, path = base_url.rstrip("/"), "/" + path.lstrip("/")
    return base.removesuffix("/v1") + path if path.startswith("/v1/") else base + path


def polling_url(base_url: str, task_id: str, given: Any) -> str:
    """Return the URL to poll a task at: the given one, unchanged, if it may be requested.

    A path belongs to the configured server; plain http is changed to https; for an invalid URL, the documented
    one of the API is used.
    """
    base, url = origin(base_url), given if isinstance(given, str) else ""
    if url.startswith("/") and not url.startswith("//"):
        url = urlunsplit((*urlsplit(base_url)[:2], "", "", "")) + url
    if url.startswith("http://") and not is_allowed_url(url, base):
        url = "https://" + url.removeprefix("http://")
    if is_allowed_url(url, base):
        return url
    return endpoint(base_url, f"/v1/get_result?id={quote(task_id, safe='')}")
