"""Connections with limits for the adapter of requests.

They add what the libraries lack: a deadline for a whole response, the certainty whether a connection was open before a
failure, and a check of the address that was connected to.
"""

from __future__ import annotations

import http.client
import io
import socket
from functools import partial
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from ..url_policy import Origin, PrivateNames, is_address, is_allowed_peer
from .limits import Limits

CHUNK_BYTES = 65_536
MAX_POOLS = 32  # each for one server


class NotConnected(Exception):
    """No connection was open, so nothing was sent."""


class AddressBlocked(NotConnected):
    """The address must not be requested."""


class GuardedAdapter(HTTPAdapter):
    """requests' own adapter with our connections; a failure before a connection is open is `NotConnected`.

    With `guard`, the configured server, the peer of each connection is checked as an address that somebody else chose.
    """

    def __init__(self, limits: Limits, guard: Origin | None, names: PrivateNames = PrivateNames.NONE) -> None:
        self._extra = {"limits": limits, "guard": guard, "names": names}
        self._pools: dict[tuple[Origin, Any], Any] = {}
        super().__init__(pool_connections=MAX_POOLS, pool_maxsize=limits.max_connections)

    def open(
        self, request: requests.PreparedRequest, target: Origin, timeout: Timeout, proxies: Any, verify: Any
    ) -> BaseHTTPResponse:
        """Send a request and return its response, whose body is not read yet.

        That is what `send` does without a search for the pool and without a response of requests, which take a third of
        the time of a poll. Raises `NotConnected` and what urllib3 raises.
        """
        pool = self._pools.get((target, verify))
        if pool is None:
            pool = self.get_connection_with_tls_context(request, verify, proxies=proxies)
            self.cert_verify(pool, request.url, verify, None)
            if len(self._pools) >= MAX_POOLS:
                self._pools.clear()
            self._pools[target, verify] = pool
        response: BaseHTTPResponse = pool.urlopen(
            request.method,
            self.request_url(request, proxies),
            body=request.body,
            headers=request.headers,
            redirect=False,
            retries=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
            timeout=timeout,
        )
        return response

    def close(self) -> None:
        """Close the idle connections."""
        self._pools.clear()
        super().close()  # type: ignore[no-untyped-call,unused-ignore]

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, whose new connections will be ours."""
        try:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        except (requests.RequestException, HTTPError, ValueError):
            raise NotConnected("the environment names a proxy that is none") from None
        pool.ConnectionCls = _GuardedHTTPSConnection if pool.scheme == "https" else _GuardedConnection
        pool.conn_kw.update(self._extra)
        return pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Finds the certificates to trust."""
        try:
            super().cert_verify(*args, **kwargs)  # type: ignore[no-untyped-call,unused-ignore]
        except OSError:
            raise NotConnected("the environment names certificates that cannot be read") from None


class _GuardedConnection(HTTPConnection):
    """A connection that knows its limits and checks its peer; a failure before it is open is `NotConnected`."""

    def __init__(self, *args: Any, limits: Limits, guard: Origin | None, names: PrivateNames, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits, self._guard, self._names = limits, guard, names
        self._used = 0.0
        self.response_class = partial(_Response, limits.read_timeout)  # type: ignore[assignment]

    def connect(self) -> None:
        """Connects, and shakes hands where the scheme is https; raises `NotConnected`."""
        try:
            super().connect()
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise NotConnected(describe_cause(error)) from None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        address = sock.getpeername()[0]
        named = self.host if isinstance(self, HTTPSConnection) and not is_address(self.host) else ""
        if self._guard and not self.proxy and not is_allowed_peer(address, self._guard, named, self._names):
            sock.close()
            raise AddressBlocked(f"{self.host} leads to a private address here: {address}")
        return sock

    def send(self, data: Any) -> None:
        """Sends in pieces, all of it within the limit of a submit: a slow reader cannot hold it for ever."""
        end = monotonic() + self._limits.submit_timeout
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), CHUNK_BYTES):
            self.sock.settimeout(max(end - monotonic(), 0.001))
            super().send(data[start : start + CHUNK_BYTES])

    def getresponse(self) -> Any:
        """The response's status and headers; its body is read later, within the same deadline."""
        response = super().getresponse()
        self._used = monotonic()
        return response

    @property
    def is_connected(self) -> bool:
        """Whether it may be used again."""
        return super().is_connected and monotonic() - self._used < self._limits.idle_timeout


class _GuardedHTTPSConnection(_GuardedConnection, HTTPSConnection):
    """The same over TLS."""


class _Response(http.client.HTTPResponse):
    """A response that is read within a deadline: the timeout that its socket has when the reading begins."""

    def __init__(self, silence: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        whole = sock.gettimeout()
        end = monotonic() + (silence if whole is None else whole)
        self._bytes = _DeadlineReader(self.fp.detach(), sock, silence, end)
        self.fp = io.BufferedReader(self._bytes)

    def begin(self) -> None:
        """Reads the status and the headers; ones that end before their last line count as no response.

        Lines that are no headers are dropped: the library would log them, whatever they say.
        """
        super().begin()
        if self._bytes.ended:
            raise http.client.RemoteDisconnected("the headers were cut")
        self.headers.defects.clear()
        self.headers.set_payload("")


class _DeadlineReader(io.RawIOBase):
    """The bytes of a socket, none of which may be later than the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, silence: float, end: float) -> None:
        self._raw, self._sock, self._silence, self._end = raw, sock, silence, end
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the response takes too long as a whole")
        self._sock.settimeout(min(left, self._silence))
        count = self._raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def describe_cause(error: BaseException) -> str:
    """Return the cause of an error in our words: a library's message may quote a URL or a header."""
    if "Tunnel connection failed: 407" in str(error):
        return "the proxy asks for a user name and password (407)"
    words = {
        "ReadTimeout": "no whole response in time",
        "ReadTimeoutError": "no whole response in time",
        "ConnectionError": "the connection broke",
        "ProtocolError": "the connection broke",
        "IncompleteRead": "the response was cut",
        "NameResolutionError": "the name is unknown",
        "ConnectTimeoutError": "no connection in time",
        "NewConnectionError": "nothing listens at this address",
        "SSLError": "no safe connection",
    }
    return words.get(type(error).__name__, type(error).__name__)
