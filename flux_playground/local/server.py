"""The local server: its sockets, thread and folder."""

from __future__ import annotations

import logging
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ..schema import Document, load
from .api import Api
from .backend import Backend, Options
from .ports import Ports
from .webhooks import WebhookSender

START_TIMEOUT_SECONDS = 20.0
SHUTDOWN_TIMEOUT_SECONDS = 1
KEEP_ALIVE_SECONDS = 75  # as a load balancer: a client must not find its idle connection closed
POLL_PORTS = 2
DEAD_REGIONS = ("refuse", "drop", "hang")
THREAD_NAME = "local API"


class LocalServer:
    """The image API on this machine. It serves from construction to `close`, in a thread of this process.

    `document` is a `Document`, a file, or None for the shipped one. `port` 0 is any free port. Polls and images have
    ports of their own unless `single_port` is set. `folder` keeps tasks and images over a restart; None is a
    temporary folder. `regions` have ports of their own and share accounts, but each one has other finetunes.
    `dead_region` adds a region that refuses connections ("refuse"), never completes one ("drop") or never responds
    ("hang"). `urls` are those of all regions, `url` is the first. `speed` divides every duration. `key` is the only
    accepted key, "" accepts any. `seed` makes ids, seeds and durations repeatable. `faults` are words of `faults.py`
    without their #. `credits` is the initial balance of each key, `sample_lifetime` the seconds until an image URL
    expires, None for those of the supplement. `renderer` is "landscape" or "flat" (one color, computed from request
    and seed, in a few milliseconds).
    `scale` multiplies both sides of every image.

    Raises `InvalidDocument`, `ValueError` for an unknown fault or renderer, and `OSError` for a port in use.
    """

    def __init__(
        self,
        document: Document | str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        folder: str | Path | None = None,
        speed: float = 1.0,
        key: str = "",
        seed: int | None = None,
        faults: Sequence[str] = (),
        credits: float = 100_000.0,  # noqa: A002
        sample_lifetime: float | None = None,
        polls_per_second: int = 1200,
        webhook_format: str = "signature",
        allow_remote_webhooks: bool = False,
        renderer: str = "landscape",
        render_workers: int = 2,
        scale: float = 1.0,
        single_port: bool = False,
        regions: int = 1,
        dead_region: str = "",
    ) -> None:
        if regions < 1 or dead_region not in ("", *DEAD_REGIONS):
            raise ValueError(f"A server needs a region; a dead one is one of {', '.join(DEAD_REGIONS)}.")
        document = document if isinstance(document, Document) else load(document)
        options = Options(
            speed=speed,
            key=key,
            seed=seed,
            faults=tuple(faults),
            credits=credits,
            sample_lifetime=sample_lifetime,
            polls_per_second=polls_per_second,
            webhook_format=webhook_format,
            allow_remote_webhooks=allow_remote_webhooks,
            renderer=renderer,
            render_workers=render_workers,
            scale=scale,
        )
        with ExitStack() as cleanup:
            if folder is None:
                folder = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="flux-local-"))
            backend = Backend(options, Path(folder).expanduser().resolve())
            cleanup.callback(backend.close)
            webhooks = WebhookSender(options)
            cleanup.callback(webhooks.close)
            count = regions if single_port else regions + 1 + POLL_PORTS
            sockets = [cleanup.enter_context(_bind(host, port if index == 0 else 0)) for index in range(count)]
            numbers = tuple(sock.getsockname()[1] for sock in sockets)
            delivery, *polls = (numbers[0],) if single_port else numbers[regions:]
            dead = _open_dead_port(cleanup, host, dead_region) if dead_region else None
            ports = Ports(numbers[:regions], delivery, tuple(polls), dead)
            self.urls = tuple(f"http://{_url_host(host)}:{number}" for number in ports.servers)
            self.url = self.urls[0]
            self._api = Api(document, backend, ports, webhooks)
            self._app = self._api.app()
            cleanup.callback(_serve(self._handle, sockets))
            self._cleanup = cleanup.pop_all()

    def serve(self, document: Document) -> None:
        """Serve another document from now on; existing tasks continue."""
        self._api = Api(document, self._api.backend, self._api.ports, self._api.webhooks)
        self._app = self._api.app()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def close(self) -> None:
        """Stop serving, end the render processes and remove a temporary folder; may be called again."""
        self._cleanup.close()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _serve(app: ASGIApp, sockets: list[socket.socket]) -> Callable[[], None]:
    """Serve in a thread; return the function that stops it."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        interface="asgi3",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
        backlog=512,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=(sockets,), name=THREAD_NAME, daemon=True)
    logging.getLogger("uvicorn.error").addFilter(_is_unexpected)
    thread.start()
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise OSError("The local server did not start.")
        time.sleep(0.002)

    def stop() -> None:
        server.should_exit = True
        thread.join()

    return stop


def _is_unexpected(record: logging.LogRecord) -> bool:
    """Whether a log record is not about a response that a fault cut off or left out."""
    return record.threadName != THREAD_NAME or "ASGI callable returned without" not in record.getMessage()


def _url_host(host: str) -> str:
    """Return the host as written in a URL; for a server on all addresses, the loopback address."""
    loopback = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = loopback.get(host, host)
    return f"[{host}]" if ":" in host else host


def _open_dead_port(cleanup: ExitStack, host: str, kind: str) -> int:
    """Return a port of which one of `DEAD_REGIONS` is true until the cleanup."""
    sock = cleanup.enter_context(_bind(host, 0))
    address: tuple[str, int] = sock.getsockname()
    if kind == "hang":  # the system makes connections, and nothing reads from them
        sock.listen()
    elif kind == "drop":  # the system has no place for another connection
        sock.listen(0)
        for _ in range(2):
            waiting = cleanup.enter_context(socket.socket(sock.family))
            waiting.setblocking(False)
            waiting.connect_ex(address)
    return address[1]


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With an explicit protocol asyncio sets TCP_NODELAY; without it a poll on an open connection takes 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
