"""One HTTP call with its limits: the only file that knows requests. Not what is asked, nor what an answer means.

Calls go through requests' transport without its session: no redirect is followed, nothing is repeated, no cookie is
kept and no password looked up, because that is all the session's work. Proxies and certificates are still taken
from the environment. On top of it come three things that the library does not do: a deadline for the answer as a
whole (its own timeout starts anew with every byte), the certainty whether anything was sent, and a look at
the address that was really connected to.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from .hosts import Origin, is_address, may_see_key, origin, permitted
from .limits import Limits

PIECE = 65_536
SECRET = 8
"""Characters that a key has at least; anything shorter may be a word of the answer."""


class NeverMade(Exception):
    """No connection stood, so nothing was sent."""


class Refused(NeverMade):
    """The address is one that we do not ask."""


class Lost(Exception):
    """Something was sent, or may have been, and no answer came back."""


@dataclass(frozen=True)
class Answer:
    """A status with what came after it; `fault` says why the body is not whole, and is empty when it is."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fault: str = ""

    def json(self) -> Any:
        """The body as JSON, or None when it was cut or is none."""
        try:
            return None if self.fault else json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Wire:
    """A pool of connections, shared by all threads, that are kept open between calls.

    With `guarded`, addresses that somebody else chose may be asked: the peer of every connection is checked
    before a byte is sent. Behind a proxy it is the proxy that looks the name up, so there only an
    address written as numbers can be checked.
    """

    def __init__(self, base: Origin, limits: Limits, *, guarded: bool = False) -> None:
        self._base, self._limits, self._guarded = base, limits, guarded
        self._adapter = _Adapter(limits, base if guarded else None)
        self._environment: dict[Origin, dict[str, Any]] = {}

    def call(
        self, method: str, url: str, *, whole: float, largest: int, key: str = "", body: bytes | None = None
    ) -> Answer:
        """The answer to one call, within `whole` seconds and `largest` bytes; raises `NeverMade` or `Lost`.

        The key is sent only where it may be seen, whatever the caller asked for; an answer that repeats it loses it,
        so that no error, record or log line can hold it.
        """
        request, target = self._prepared(method, url, body)
        if key and may_see_key(target, self._base):
            request.headers["x-key"] = key
        timeout = Timeout(connect=min(self._limits.connect, whole), read=None, total=whole)
        try:
            # requests takes urllib3's Timeout as it is, though its annotation only knows numbers
            answer = self._adapter.send(request, stream=True, timeout=timeout, **self._surroundings(target))  # type: ignore[arg-type,unused-ignore]
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise Lost(_reason(error)) from None
        with answer:
            data, fault = _read(answer, largest)
        if len(key) >= SECRET:
            data = data.replace(key.encode(), b"(key)")
        return Answer(answer.status_code, answer.headers, data, fault)

    def close(self) -> None:
        """Closes the connections that are idle."""
        self._adapter.close()

    def _prepared(self, method: str, url: str, body: bytes | None) -> tuple[requests.PreparedRequest, Origin]:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "flux-playground"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            request = requests.Request(method, url, headers=headers, data=body).prepare()
            target = origin(request.url or "")
        except (requests.RequestException, HTTPError, ValueError):
            raise Refused("not a usable address") from None
        if self._guarded and is_address(target.host) and not permitted(target.host, self._base):
            raise Refused(f"{target.host} is not asked")
        return request, target

    def _surroundings(self, target: Origin) -> dict[str, Any]:
        """The proxy and the certificates that the environment names for a host; looked up once."""
        if target not in self._environment:
            url = f"{target.scheme}://{target.host}:{target.port}"
            found = requests.Session().merge_environment_settings(url, {}, None, None, None)
            proxies = {} if target.loopback else found["proxies"]
            self._environment[target] = {"proxies": proxies, "verify": found["verify"]}
        return self._environment[target]


def _read(answer: requests.Response, largest: int) -> tuple[bytes, str]:
    """A body, and why it is not whole ("" when it is); the buffer is the answer's own."""
    stated = answer.headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated) > largest:
        return b"", "too large"
    chunks, size = [], 0
    try:
        for chunk in answer.raw.stream(PIECE, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > largest:
                return b"", "too large"
    except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
        return b"".join(chunks), _reason(error)
    return b"".join(chunks), ""


def _reason(error: BaseException) -> str:
    """A cause in a few words of our own: a library's message may quote a URL or a header."""
    words = {
        "ReadTimeout": "no whole answer in time",
        "ReadTimeoutError": "no whole answer in time",
        "ConnectionError": "the connection broke",
        "ProtocolError": "the connection broke",
        "IncompleteRead": "the answer was cut",
        "NameResolutionError": "the name is unknown",
        "ConnectTimeoutError": "no connection in time",
        "NewConnectionError": "no connection",
        "SSLError": "no safe connection",
    }
    return words.get(type(error).__name__, type(error).__name__)


class _Adapter(HTTPAdapter):
    """requests' transport, with our connections in its pools."""

    def __init__(self, limits: Limits, guard: Origin | None) -> None:
        self._extra = {"limits": limits, "guard": guard}
        super().__init__(pool_connections=32, pool_maxsize=limits.connections)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The pool for a request, whose new connections will be ours."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _SafeConnection if pool.scheme == "https" else _Connection
        pool.conn_kw.update(self._extra)
        return pool


class _Connection(HTTPConnection):
    """A connection that knows its limits and checks its peer; whatever fails before it stands is `NeverMade`."""

    def __init__(self, *args: Any, limits: Limits, guard: Origin | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits, self._guard = limits, guard
        self._used = 0.0
        self.response_class = partial(_Response, limits.silence)  # type: ignore[assignment]

    def connect(self) -> None:
        """Connects, and shakes hands where the scheme is https; raises `NeverMade`."""
        try:
            super().connect()
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise NeverMade(_reason(error)) from None

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        if self._guard and not self.proxy and not permitted(sock.getpeername()[0], self._guard):
            sock.close()
            raise Refused(f"{self.host} leads to an address that is not asked")
        return sock

    def send(self, data: Any) -> None:
        """Sends in pieces, all of it within the limit of a submit: a slow reader cannot hold it for ever."""
        end = monotonic() + self._limits.submit
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(max(end - monotonic(), 0.001))
            super().send(data[start : start + PIECE])

    def getresponse(self) -> Any:
        """The answer's status and headers; its body is read later, within the same deadline."""
        answer = super().getresponse()
        self._used = monotonic()
        return answer

    @property
    def is_connected(self) -> bool:
        """Whether it may be used again."""
        return super().is_connected and monotonic() - self._used < self._limits.idle


class _SafeConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Response(http.client.HTTPResponse):
    """An answer that is read within a deadline: the timeout that its socket has when the reading begins."""

    def __init__(self, silence: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        whole = sock.gettimeout()
        end = monotonic() + (silence if whole is None else whole)
        self._bytes = _Timed(self.fp.detach(), sock, silence, end)
        self.fp = io.BufferedReader(self._bytes)

    def begin(self) -> None:
        """Reads the status and the headers; ones that end before their last line count as no answer.

        Lines that are no headers are dropped: the library would log them, whatever they say.
        """
        super().begin()
        if self._bytes.ended:
            raise http.client.RemoteDisconnected("the headers were cut")
        self.headers.defects.clear()
        self.headers.set_payload("")


class _Timed(io.RawIOBase):
    """The bytes of a socket, none of which may be later than the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, silence: float, end: float) -> None:
        self._raw, self._sock, self._silence, self._end = raw, sock, silence, end
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError("the answer takes too long as a whole")
        self._sock.settimeout(min(left, self._silence))
        count = self._raw.readinto(buffer)
        self.ended = count == 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
