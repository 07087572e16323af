"""The local server itself: its sockets, its thread, its folder; how it starts and how it ends.

Knows uvicorn; nothing of what is answered.
"""

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
from .backend import Desk, Options
from .ports import Addresses

START_PATIENCE = 20.0  # seconds
THREAD = "local API"


class LocalServer:
    """The image API on this machine, answering from now on until `close`, in a thread of this process.

    `document` is a Document, a file, or None for the shipped one. `port` 0 is any free one; samples and regional polls
    are answered on ports of their own unless `one_address`. `folder` keeps tasks and pictures over a restart; without
    one they are in a temporary folder that goes when the server closes. `speed` divides every time that is taken,
    `key` is the only one that is accepted (any, if empty), `seed` settles chance, `bad_days` are words of
    `bad_days.py` without their #. `credits` is what each key begins with, `sample_lifetime` how many seconds the
    address of a sample lives; `scale` makes the sides of every picture so many times as long.

    Raises `InvalidDocument`, `ValueError` for an unknown bad day, and `OSError` where a port is taken.
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
        bad_days: Sequence[str] = (),
        credits: float = 100_000.0,  # noqa: A002
        sample_lifetime: float = 600.0,
        polls_per_second: int = 1200,
        webhook_form: str = "signature",
        webhooks_anywhere: bool = False,
        painters: int = 2,
        scale: float = 1.0,
        one_address: bool = False,
    ) -> None:
        document = document if isinstance(document, Document) else load(document)
        options = Options(
            speed=speed,
            key=key,
            seed=seed,
            bad_days=tuple(bad_days),
            credits=credits,
            sample_lifetime=sample_lifetime,
            polls_per_second=polls_per_second,
            webhook_form=webhook_form,
            webhooks_anywhere=webhooks_anywhere,
            painters=painters,
            scale=scale,
        )
        with ExitStack() as closing:
            if folder is None:
                folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="flux-local-"))
            desk = Desk(options, Path(folder).expanduser().resolve(), regions=1 if one_address else 2)
            closing.callback(desk.close)
            wanted = [port] if one_address else [port, 0, 0, 0]
            sockets = [closing.enter_context(_bound(host, one)) for one in wanted]
            ports = [sock.getsockname()[1] for sock in sockets]
            main, samples, *regions = ports * 3 if one_address else ports
            self.url = f"http://{_shown(host)}:{main}"
            addresses = Addresses(main, samples, tuple(regions))
            self._api = Api(document, desk, addresses)
            self._app = self._api.app()
            closing.callback(_serve(self._answer, sockets))
            self._closing = closing.pop_all()

    def serve(self, document: Document) -> None:
        """Answer for another document from now on; the tasks that there are go on."""
        self._api = Api(document, self._api.desk, self._api.addresses)
        self._app = self._api.app()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def close(self) -> None:
        """Stops answering, and ends the painters; a temporary folder is removed. Closing again does nothing."""
        self._closing.close()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _serve(app: ASGIApp, sockets: list[socket.socket]) -> Callable[[], None]:
    """Serves from now on, in a thread; what is returned ends it."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        interface="asgi3",
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=75,  # as long as a load balancer's: a client must not find its connection closed under it
        server_header=False,
        backlog=512,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=(sockets,), name=THREAD, daemon=True)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    thread.start()
    until = time.monotonic() + START_PATIENCE
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise OSError("The local server did not start.")
        time.sleep(0.002)

    def end() -> None:
        server.should_exit = True
        thread.join()

    return end


def _is_news(record: logging.LogRecord) -> bool:
    """Whether something is worth a line in the log: an answer of ours that is cut or never given is meant to be so."""
    return record.threadName != THREAD or "ASGI callable returned without" not in record.getMessage()


def _shown(host: str) -> str:
    """The host as it is written in an address: a server that listens everywhere is shown on loopback."""
    everywhere = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = everywhere.get(host, host)
    return f"[{host}]" if ":" in host else host


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends each answer at once; otherwise a poll on an open connection takes 40 ms.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
