"""One HTTP call with its limits. Not what is asked, nor what an answer means.

Calls go through requests' transport without its session: no redirect is followed, nothing is repeated, no cookie is
kept and no password looked up, because that is all the session's work. Proxies and certificates are still taken
from the environment. This file and `connections.py` are the only ones that know requests.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import requests
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from ..url_policy import Origin, PrivateNames, is_address, may_see_key, origin, permitted
from .connections import PIECE, NeverMade, Refused, Transport, reason
from .limits import Limits

SECRET = 8
"""Characters that a key has at least; anything shorter may be a word of the answer."""


def redact(data: bytes, key: str) -> bytes:
    """The data without the key, as it is, in another case, escaped for JSON, URLs or HTML, or in base64.

    A key shorter than `SECRET` is only removed where it is a word of its own.
    """
    if not key:
        return data
    spelled = b"".join(_spellings(ord(character)) for character in key)
    if len(key) < SECRET:
        spelled = rb"(?<![A-Za-z0-9])" + spelled + rb"(?![A-Za-z0-9])"
    data = re.sub(spelled, b"(key)", data, flags=re.IGNORECASE)
    for shift in range(3) if len(key) >= SECRET else ():
        coded = base64.b64encode(b"\0" * shift + key.encode()).rstrip(b"=")
        coded = coded[(0, 2, 3)[shift] : -1]  # the first and the last characters also depend on the neighbors
        for form in {coded, coded.replace(b"+", b"-").replace(b"/", b"_")}:
            data = data.replace(form, b"(key)")
    return data


def _spellings(code: int) -> bytes:
    plain = re.escape(bytes([code]))
    return rb"(?:\\*%b|\\+u00%02x|%%(?:25)*%02x|&#(?:x0*%x|0*%d);)" % (plain, code, code, code, code)


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

    def __init__(
        self, base: Origin, limits: Limits, *, guarded: bool = False, names: PrivateNames = PrivateNames.NONE
    ) -> None:
        self._base, self._limits, self._guarded = base, limits, guarded
        self._transport = Transport(limits, base if guarded else None, names)
        self._lock = threading.Lock()
        self._active, self._used = 0, 0.0
        self._closing = False
        self._environment: dict[Origin, dict[str, Any]] = {}

    def call(
        self, method: str, url: str, *, whole: float, largest: int, key: str = "", body: bytes | None = None
    ) -> Answer:
        """The answer to one call, within `whole` seconds and `largest` bytes; raises `NeverMade` or `Lost`.

        The key is sent only where it may be seen, whatever the caller asked for; an answer that repeats it loses it,
        so that no error, record or log line can hold it.
        """
        with self._lock:
            self._active += 1
        try:
            return self._send(method, url, whole, largest, key, body)
        finally:
            self._rest()

    def _send(self, method: str, url: str, whole: float, largest: int, key: str, body: bytes | None) -> Answer:
        request, target = self._prepared(method, url, body)
        if key and may_see_key(target, self._base):
            request.headers["x-key"] = key
        surroundings = self._surroundings(target)
        if any(str(proxy).lower().startswith("socks") for proxy in surroundings["proxies"].values()):
            raise NeverMade("the environment names a SOCKS proxy, which API calls do not support; set https_proxy")
        timeout = Timeout(connect=min(self._limits.connect, whole), read=None, total=whole)
        try:
            # requests takes urllib3's Timeout as it is, though its annotation only knows numbers
            answer = self._transport.send(request, stream=True, timeout=timeout, **surroundings)  # type: ignore[arg-type,unused-ignore]
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise Lost(reason(error)) from None
        with answer:
            data, fault = _read(answer, largest)
        if len(key) >= SECRET or answer.status_code >= 400:
            data = redact(data, key)
        return Answer(answer.status_code, answer.headers, data, fault)

    def _rest(self) -> None:
        """Ends a call; one timer for this wire closes its connections once they were idle for `limits.idle`."""
        with self._lock:
            self._active -= 1
            self._used = monotonic()
            if not self._closing:
                self._closing = True
                self._start_timer(self._limits.idle)

    def _start_timer(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._close_if_idle)
        timer.daemon = True
        timer.start()

    def _close_if_idle(self) -> None:
        with self._lock:  # no call can begin meanwhile, so none finds its pool closed
            left = self._limits.idle - (monotonic() - self._used)
            if self._active or left > 0:
                self._start_timer(max(left, self._limits.idle / 4))
                return
            self._closing = False
            self._transport.close()

    def close(self) -> None:
        """Closes the connections that are idle."""
        self._transport.close()

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
        return b"".join(chunks), reason(error)
    return b"".join(chunks), ""
