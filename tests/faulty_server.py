"""A real HTTP server on loopback that acts out what no product should: one line per fault; and a client in a hurry.

    with Hostile({"/v1/submit": [reset(), reply({"id": "a"})]}) as server: ...

A path's acts are played one per call, the last one for ever. What arrives is kept in `seen`, byte for byte.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flux_playground.client import Limits

QUICK = Limits(
    connect_timeout=20,
    read_timeout=20,
    submit_timeout=20,
    poll_timeout=20,
    download_timeout=20,
    submit_attempts=3,
    account_attempts=3,
    download_attempts=3,
    backoff=0.01,
    max_pause=0.04,
    max_retry_after=1.5,
    not_found_grace=0.3,
    resign_timeout=0.8,
    rate_limit_timeout=1.0,
    idle_timeout=60,
    max_poll_start=0.05,
    max_response_bytes=100_000,
    max_image_bytes=1_000_000,
)
"""Short pauses and few attempts, for a server that responds: the timeouts are long, because a busy machine is slow."""

IMPATIENT = replace(
    QUICK, connect_timeout=0.3, read_timeout=0.3, submit_timeout=0.45, poll_timeout=0.4, download_timeout=0.6
)
"""Short timeouts, for a server that never ends its response."""

Act = Callable[[socket.socket, "Seen"], bool]
"""Plays one answer; true when the connection stays open for another call."""


@dataclass(frozen=True)
class Unfinished:
    """An act that a client must end with a timeout."""

    act: Act

    def __call__(self, sock: socket.socket, seen: Seen) -> bool:
        """Play the act."""
        return self.act(sock, seen)


def limits_for(*acts: Act) -> Limits:
    """Return the limits of a client of a server that is scripted so."""
    if not any(isinstance(act, Unfinished) for act in acts):
        return QUICK
    is_last = isinstance(acts[-1], Unfinished)  # else a whole response follows, which a busy machine sends late
    return IMPATIENT if is_last else replace(IMPATIENT, read_timeout=1.5, poll_timeout=1.5, download_timeout=1.5)


@dataclass
class Seen:
    """One call as it arrived; `at` is monotonic."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    raw: bytes = field(repr=False)
    at: float = field(default_factory=time.monotonic)


class Hostile:
    """Serves until it is left; `seen` holds every call, `connections` counts what was accepted."""

    def __init__(
        self, script: Mapping[str, list[Act] | Act], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self._script = {path: list(acts) if isinstance(acts, list) else [acts] for path, acts in script.items()}
        self._tls = tls
        self._listener = socket.create_server((host, 0), backlog=512)
        self.open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.seen: list[Seen] = []
        self.connections = 0
        self.host, self.port = host, self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"

    def __enter__(self) -> Hostile:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def calls(self, start: str = "") -> list[Seen]:
        """The calls whose path begins so."""
        return [call for call in self.seen if call.path.startswith(start)]

    def script(self, path: str, *acts: Act) -> None:
        """Plays these acts at a path from now on."""
        self._script[path] = list(acts)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with self._lock:
            self.open.add(sock)
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            while (seen := _receive(sock)) and self._act(seen)(sock, seen):
                pass
        except OSError:
            pass
        finally:
            sock.close()
            with self._lock:
                self.open.discard(sock)

    def _act(self, seen: Seen) -> Act:
        with self._lock:
            self.seen.append(seen)
            acts = self._script.get(seen.path.partition("?")[0], [reply({"detail": "Not Found"}, 404)])
            return acts.pop(0) if len(acts) > 1 else acts[0]


def _receive(sock: socket.socket) -> Seen | None:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = sock.recv(65_536)
        if not piece:
            return None
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += sock.recv(65_536)
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body, raw + body)


def raw(data: bytes, *, stays: bool = False) -> Act:
    """These bytes, and then the end of the connection."""

    def act(sock: socket.socket, _: Seen) -> bool:
        sock.sendall(data)
        return stays

    return act


def reply(body: Any, status: int = 200, **headers: str) -> Act:
    """A well-made answer: JSON, or bytes as they are. Header names are written with underscores."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw(head(len(data), status, **headers) + data, stays=True)


def head(length: int | None, status: int = 200, **headers: str) -> bytes:
    """A status line and headers."""
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def redirect(to: str, status: int = 302) -> Act:
    """Somewhere else."""
    return reply(b"", status, Location=to)


def reset() -> Act:
    """The call is read, then the connection is torn."""

    def act(sock: socket.socket, _: Seen) -> bool:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return act


def hang_up() -> Act:
    """The call is read, then the connection is closed without a word."""
    return raw(b"")


def silence(seconds: float = 30.0) -> Act:
    """The call is read, then nothing happens."""

    def act(sock: socket.socket, _: Seen) -> bool:
        sock.settimeout(seconds)
        sock.recv(1)
        return False

    return Unfinished(act)


def cut(body: bytes, promised: int) -> Act:
    """Fewer bytes than were promised."""
    return raw(head(promised) + body)


def trickle(data: bytes, every: float = 0.02) -> Act:
    """One byte after the other."""

    def act(sock: socket.socket, _: Seen) -> bool:
        for byte in data:
            sock.sendall(bytes([byte]))
            time.sleep(every)
        return False

    return Unfinished(act)


def endless(data: bytes, first: bytes) -> Act:
    """The same bytes for ever, after these first ones."""

    def act(sock: socket.socket, _: Seen) -> bool:
        sock.sendall(first)
        while True:
            sock.sendall(data)

    return Unfinished(act)


def later(seconds: float, then: Act) -> Act:
    """The same, after a while."""

    def act(sock: socket.socket, seen: Seen) -> bool:
        time.sleep(seconds)
        return then(sock, seen)

    return act


def closed_port(host: str = "127.0.0.1") -> str:
    """The address of a port where nobody listens, and that no other test is given."""
    return f"http://{host}:9"
