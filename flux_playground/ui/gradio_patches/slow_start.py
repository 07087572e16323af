"""Changes Gradio's server: it may start slowly, and closes silent connections.

Gradio gives up after a few seconds and says that the port is taken. Uvicorn keeps connections without a
request forever.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import gradio as gr
from gradio import http_server, networking
from gradio.exceptions import ServerFailedToStartError
from uvicorn.protocols.http.auto import AutoHTTPProtocol

START_SECONDS = 120.0
LOOK_SECONDS = 0.05
RESPONSE_SECONDS = 2.0
"""A check of the address that fails sooner was refused; one that takes longer had no response in time."""

SILENT_SECONDS = 60.0
"""Seconds after which a connection is closed on which no request has begun."""

log = logging.getLogger(__name__)

_Server: Any = getattr(http_server, "Server", object)
_url_ok: Any = getattr(networking, "url_ok", None)


class ImpatientProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Uvicorn's protocol, which closes a connection whose client sends no request, or only a part of its head."""

    def connection_made(self, transport: Any) -> None:
        """Start the time of a new connection."""
        super().connection_made(transport)
        self.loop.call_later(SILENT_SECONDS, self._close_if_silent)

    def _close_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()


class PatientServer(_Server):  # type: ignore[misc]
    """Gradio's server, which may take longer than five seconds to start and closes silent connections."""

    def __init__(self, config: Any, *arguments: Any, **options: Any) -> None:
        config.http = ImpatientProtocol
        super().__init__(config, *arguments, **options)

    def run_in_thread(self) -> None:
        """Start and wait; raises `ServerFailedToStartError` when the server has ended or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        try:
            super().run_in_thread()
        except ServerFailedToStartError:
            while not self.started:
                if not self.thread.is_alive() or time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)


def responds(url: str) -> bool:
    """Return whether the address responds; one that is only slow is asked again."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        began = time.monotonic()
        if _url_ok(url):
            return True
        if time.monotonic() - began < RESPONSE_SECONDS or time.monotonic() > deadline:
            return False


def wait_for_slow_start() -> None:
    """Let Gradio wait for its server for `START_SECONDS`."""
    names = ((http_server, "Server"), (_Server, "run_in_thread"), (networking, "url_ok"))
    missing = [name for owner, name in names if not hasattr(owner, name)]
    if missing:
        log.warning("Gradio %s has no %s: the patch 'slow start' is off.", gr.__version__, ", ".join(missing))
        return
    http_server.Server = PatientServer
    networking.url_ok = responds
