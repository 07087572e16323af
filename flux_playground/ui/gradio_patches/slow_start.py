"""Waits for a page that starts slowly: Gradio gives up after a few seconds and says that the port is taken."""

from __future__ import annotations

import logging
import time
from typing import Any

import gradio as gr
from gradio import http_server, networking
from gradio.exceptions import ServerFailedToStartError

START_SECONDS = 120.0
LOOK_SECONDS = 0.05
RESPONSE_SECONDS = 2.0
"""A check of the address that fails sooner was refused; one that takes longer had no response in time."""

log = logging.getLogger(__name__)

_Server: Any = getattr(http_server, "Server", object)
_url_ok: Any = getattr(networking, "url_ok", None)


class PatientServer(_Server):  # type: ignore[misc]
    """Gradio's server, which may take longer than five seconds to start."""

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
