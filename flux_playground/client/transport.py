"""Sends one HTTP request within limits.

The calls use the adapter of requests without its session: redirects, retries, cookies and passwords of the session are
not wanted. Proxies and certificates come from the environment.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from time import monotonic
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from ..url_policy import Origin, PrivateNames, is_address, is_allowed_peer, is_allowed_url, may_receive_key, origin
from .arriving_body import ArrivingBody
from .connections import CHUNK_BYTES, AddressBlocked, GuardedAdapter, NotConnected, describe_cause
from .limits import Limits
from .redact_key import MIN_SECRET_LENGTH, find_forms, remove_forms

MAX_KEPT_REQUESTS = 512
"""Prepared requests without a key that are kept: a task is polled many times."""

Watch = Callable[[ArrivingBody], None]

SURROGATE = re.compile("[\ud800-\udfff]")
SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class ResponseLost(Exception):
    """The request was sent, or may have been, and no response arrived."""


@dataclass(frozen=True)
class Response:
    """A response; `fault` says why the body is incomplete, "" for a complete one."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fault: str = ""

    def json(self) -> Any:
        """Return the body as JSON, or None for an incomplete or invalid body; each lone surrogate becomes U+FFFD."""
        try:
            value = None if self.fault else json.loads(self.body)
            return _replace_surrogates(value) if SURROGATE_ESCAPE.search(self.body) else value
        except (ValueError, RecursionError):
            return None


def _replace_surrogates(value: Any) -> Any:
    """A copy of a JSON value whose texts can be encoded: a prompt that was cut may end in half of an emoji."""
    if isinstance(value, str):
        return SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_replace_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_replace_surrogates(name): _replace_surrogates(item) for name, item in value.items()}
    return value


class URLNotAllowed(AddressBlocked):
    """The URL policy does not allow this URL."""


class BadRedirect(Exception):
    """The redirects do not end, or lead to an invalid URL."""


def redirect_target(url: str, response: Response) -> str | None:
    """Return the URL that a response redirects to, or None for no redirect; raises `BadRedirect` for an invalid URL."""
    if response.status not in (301, 302, 303, 307, 308):
        return None
    try:
        return urljoin(url, response.headers.get("Location", ""))
    except ValueError:
        raise BadRedirect("leads to an invalid URL") from None


def prepare(method: str, url: str, body: bytes | None = None) -> tuple[requests.PreparedRequest, Origin]:
    """Return a request without a key, and where it goes; raises what requests raises, and `ValueError`."""
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "flux-playground"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    request = requests.Request(method, url, headers=headers, data=body).prepare()
    return request, origin(request.url or "")


class Transport:
    """A pool of connections, shared by all threads, that are kept open between calls.

    With `guarded`, addresses that somebody else chose may be asked: the peer of every connection is checked
    before a byte is sent. Behind a proxy it is the proxy that looks the name up, so there only an
    address written as numbers can be checked.
    """

    def __init__(
        self, base: Origin, limits: Limits, *, guarded: bool = False, names: PrivateNames = PrivateNames.NONE
    ) -> None:
        self._base, self._limits, self._guarded = base, limits, guarded
        self._transport = GuardedAdapter(limits, base if guarded else None, names)
        self._lock = threading.Lock()
        self._active, self._used = 0, 0.0
        self._closing = False
        self._environment: dict[Origin, dict[str, Any]] = {}
        self._forms = lru_cache(maxsize=1)(find_forms)  # building them takes longer than a search
        self._prepare_get = lru_cache(MAX_KEPT_REQUESTS)(partial(prepare, "GET"))

    def call(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        max_bytes: int,
        key: str = "",
        body: bytes | None = None,
        watch: Watch | None = None,
    ) -> Response:
        """Send one request within `timeout` seconds and read at most `max_bytes` bytes of its response.

        `watch` may read the body of a response with status 200 while it arrives.

        Raises `NotConnected` or `ResponseLost`.

        The key is sent only where it may be seen, whatever the caller asked for; a response that repeats it loses it,
        so that no error, record or log line can hold it.
        """
        if timeout <= 0:
            raise NotConnected("no time is left")
        with self._lock:
            self._active += 1
        try:
            return self._send(method, url, timeout, max_bytes, key, body, watch)
        finally:
            self._rest()

    def get(self, url: str, *, timeout: float, max_bytes: int, watch: Watch | None = None) -> Response:
        """GET a URL without the key and follow redirects, each to an allowed URL; limits as for `call`, all together.

        Raises `URLNotAllowed`, `AddressBlocked`, `NotConnected`, `ResponseLost`, `BadRedirect`.
        """
        end = monotonic() + timeout
        for _ in range(self._limits.max_redirects + 1):
            if not is_allowed_url(url, self._base):
                raise URLNotAllowed("must be https and public")
            response = self.call("GET", url, timeout=end - monotonic(), max_bytes=max_bytes, watch=watch)
            target = redirect_target(url, response)
            if target is None:
                return response
            url = target
        raise BadRedirect("leads from redirect to redirect")

    def _send(
        self,
        method: str,
        url: str,
        timeout: float,
        max_bytes: int,
        key: str,
        body: bytes | None,
        watch: Watch | None,
    ) -> Response:
        request, target = self._prepared(method, url, body)
        if key and may_receive_key(target, self._base):
            request.headers["x-key"] = key
        surroundings = self._surroundings(target)
        if any(str(proxy).lower().startswith("socks") for proxy in surroundings["proxies"].values()):
            raise NotConnected("the environment names a SOCKS proxy, which API calls do not support; set https_proxy")
        limits = Timeout(connect=min(self._limits.connect_timeout, timeout), read=None, total=timeout)
        try:
            response = self._transport.open(request, target, limits, **surroundings)
        except (requests.RequestException, HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise ResponseLost(describe_cause(error)) from None
        try:
            data, fault = _read_body(response, max_bytes, watch if response.status == 200 else None)
        finally:
            response.close()
            response.release_conn()
        if len(key) >= MIN_SECRET_LENGTH or response.status >= 400:
            data = remove_forms(data, self._forms(key))
        return Response(response.status, response.headers, data, fault)

    def _rest(self) -> None:
        """End a call; one timer closes the connections after `limits.idle_timeout` seconds without calls."""
        with self._lock:
            self._active -= 1
            self._used = monotonic()
            if not self._closing:
                self._closing = True
                self._start_timer(self._limits.idle_timeout)

    def _start_timer(self, seconds: float) -> None:
        timer = threading.Timer(seconds, self._close_if_idle)
        timer.daemon = True
        timer.start()

    def _close_if_idle(self) -> None:
        with self._lock:  # no call can begin meanwhile, so none finds its pool closed
            left = self._limits.idle_timeout - (monotonic() - self._used)
            if self._active or left > 0:
                self._start_timer(max(left, self._limits.idle_timeout / 4))
                return
            self._closing = False
            self._transport.close()

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def _prepared(self, method: str, url: str, body: bytes | None) -> tuple[requests.PreparedRequest, Origin]:
        is_plain = method == "GET" and body is None
        try:
            request, target = self._prepare_get(url) if is_plain else prepare(method, url, body)
        except (requests.RequestException, HTTPError, ValueError):
            raise AddressBlocked("not a usable address") from None
        if self._guarded and is_address(target.host) and not is_allowed_peer(target.host, self._base):
            raise AddressBlocked(f"{target.host} is not asked")
        return request.copy(), target

    def _surroundings(self, target: Origin) -> dict[str, Any]:
        """The proxy and the certificates that the environment names for a host; looked up once."""
        if target not in self._environment:
            url = f"{target.scheme}://{target.host}:{target.port}"
            found = requests.Session().merge_environment_settings(url, {}, None, None, None)
            proxies = {} if target.loopback else found["proxies"]
            self._environment[target] = {"proxies": proxies, "verify": found["verify"]}
        return self._environment[target]


def _read_body(response: BaseHTTPResponse, max_bytes: int, watch: Watch | None) -> tuple[bytes, str]:
    """A body, and why it is not whole ("" when it is); the buffer is the response's own."""
    stated = response.headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated) > max_bytes:
        return b"", "too large"
    body = ArrivingBody(response.stream(CHUNK_BYTES, decode_content=True), max_bytes)
    if watch:
        watch(body)
    return body.read_all()
