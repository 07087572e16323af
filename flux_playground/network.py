"""Checks the page's address and the environment's proxies at the start."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from urllib.parse import urlsplit

from .errors import InvalidSettings
from .url_policy import LOOPBACK

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def usable_proxies(environ: Mapping[str, str], host: str = "") -> dict[str, str]:
    """The variables to set so that loopback and `host` are never asked through a proxy, and SOCKS is understood.

    Raises `InvalidSettings` for a proxy that cannot be used.
    """
    proxies = {name: text.strip() for name, text in environ.items() if name.lower() in PROXIES and text.strip()}
    if not proxies:
        return {}
    changed = {name: _proxy(name, text) for name, text in proxies.items()}
    direct = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").strip(", ")
    if direct != "*":
        own = [*LOOPBACK, *([host] if host and host not in (*LOOPBACK, "0.0.0.0", "::") else [])]  # noqa: S104
        direct = ",".join([*([direct] if direct else []), *own])
    return {**changed, "no_proxy": direct, "NO_PROXY": direct}


def _proxy(name: str, text: str) -> str:
    """A proxy's address as the libraries read it; plain `socks://` has the names looked up by the proxy."""
    text = re.sub(r"(?i)^socks://", "socks5h://", text if "://" in text else f"http://{text}")
    try:
        url = urlsplit(text)
        usable = url.scheme in ("http", "https", "socks5", "socks5h") and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise InvalidSettings(f"{name} must be the address of an http, https or socks5 proxy.")
    if url.scheme.startswith("socks") and not (find_spec("socks") and find_spec("socksio")):
        raise InvalidSettings(f"{name} names a SOCKS proxy: unset {name}, or `pip install flux-playground[socks]`.")
    return text


def number_of(text: str, name: str, takes: str = "a port from 1 to 65535") -> int:
    """A port, or a number of ports; raises `InvalidSettings` that names where it was given and what that takes."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= 65_535):
        raise InvalidSettings(f"{name} must be {takes}.")
    return int(text)


def check_address(host: str, port: int | None, host_name: str, port_name: str) -> None:
    """Raise `InvalidSettings` for a host that this machine does not have, or a port that is taken."""
    try:
        found = socket.getaddrinfo(host or "127.0.0.1", port or 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidSettings(f"{host_name} must be a name or an address of this machine.") from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if port is None:
                raise InvalidSettings(f"{host_name} must be a name or an address of this machine.") from None
            why = f"{error.strerror[:1].lower()}{error.strerror[1:]}" if error.strerror else "refused"
            raise InvalidSettings(f"The port {port} of {port_name} cannot be used: {why}.") from None


def check_root_path(text: str) -> None:
    """Raise `InvalidSettings` for a root path of gradio's that is neither a path nor an address."""
    try:
        fine = not text or text.startswith("/") or bool(urlsplit(text).scheme in ("http", "https"))
    except ValueError:
        fine = False
    if not fine:
        raise InvalidSettings("GRADIO_ROOT_PATH must begin with a slash, such as /flux.")
