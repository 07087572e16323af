"""The local server itself: its sockets, its thread, its folder; how it starts and how it ends.

Knows uvicorn; nothing of what is answered.
"""

from __future__ import annotations

import logging
import socket
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import uvicorn

from ..schema import Document, load
from .api import Addresses, Api
from .desk import Desk, Options

START_PATIENCE = 20.0  # seconds


class LocalServer:
    """The image API on this machine, answering from `__init__` on until `close`, in a thread of this process.

    `document` is a Document, a file, or None for the shipped one. `port` 0 is any free one; samples and regional polls
    are answered on ports of their own unless `one_address`. `folder` keeps tasks and pictures over a restart; without
    one they are in a temporary folder that goes when the server closes. `speed` divides every time that is taken,
    `seed` settles chance, `bad_days` are words of `bad_days.py` without their #. `credits` is what each key begins
    with, `sample_lifetime` how many seconds the address of a sample lives.

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
        seed: int | None = None,
        bad_days: Sequence[str] = (),
        credits: float = 100_000.0,  # noqa: A002
        sample_lifetime: float = 600.0,
        polls_per_second: int = 1200,
        webhook_form: str = "signature",
        webhooks_anywhere: bool = False,
        painters: int = 2,
        one_address: bool = False,
    ) -> None:
        document = document if isinstance(document, Document) else load(document)
        self._temporary = tempfile.TemporaryDirectory(prefix="flux-local-") if folder is None else None
        place = Path(self._temporary.name if self._temporary else str(folder)).expanduser().resolve()
        options = Options(
            speed=speed,
            seed=seed,
            bad_days=tuple(bad_days),
            credits=credits,
            sample_lifetime=sample_lifetime,
            polls_per_second=polls_per_second,
            webhook_form=webhook_form,
            webhooks_anywhere=webhooks_anywhere,
            painters=painters,
        )
        self._desk = Desk(options, place, 1 if one_address else 2)
        self._sockets = [_bound(host, wanted) for wanted in ([port] if one_address else [port, 0, 0, 0])]
        ports = [sock.getsockname()[1] for sock in self._sockets]
        addresses = (
            Addresses(ports[0], ports[0], (ports[0],))
            if one_address
            else Addresses(ports[0], ports[1], tuple(ports[2:]))
        )
        self.url = f"http://{_shown(host)}:{ports[0]}"
        self._server = self._start(Api(document, self._desk, addresses))

    def _start(self, api: Api) -> uvicorn.Server:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # a cut answer is meant, and no error
        config = uvicorn.Config(
            api.app(),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
            backlog=512,
        )
        server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, args=(self._sockets,), name="local API", daemon=True)
        self._thread.start()
        until = time.monotonic() + START_PATIENCE
        while not server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                raise OSError("The local server did not start.")
            time.sleep(0.002)
        return server

    def close(self) -> None:
        """Stops answering, and ends the painters; a temporary folder is removed. Closing again does nothing."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join()
            self._desk.close()
        for sock in self._sockets:
            sock.close()
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> LocalServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _shown(host: str) -> str:
    """The host as it is written in an address: a server that listens everywhere is shown on loopback."""
    everywhere = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104
    host = everywhere.get(host, host)
    return f"[{host}]" if ":" in host else host


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
