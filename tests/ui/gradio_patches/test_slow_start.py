"""A page that starts slowly is waited for; one that cannot start is not."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
import uvicorn
from gradio import http_server, networking
from gradio.exceptions import ServerFailedToStartError
from starlette.applications import Starlette

from flux_playground.ui.gradio_patches import slow_start
from flux_playground.ui.gradio_patches.slow_start import PatientServer, responds, wait_for_slow_start
from tests.waiting import WAIT_SECONDS


@pytest.fixture(autouse=True)
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten seconds pass in each look of Gradio at its clock."""
    clock = itertools.count(0, 10).__next__
    monkeypatch.setattr(http_server, "time", SimpleNamespace(time=clock, sleep=time.sleep))


def server(port: int = 0) -> PatientServer:
    """A server that does not start at once."""

    @asynccontextmanager
    async def start(_: Starlette) -> AsyncIterator[None]:
        await asyncio.sleep(0.1)
        yield

    return PatientServer(uvicorn.Config(Starlette(lifespan=start), port=port, log_level="critical"))


def test_slow_server_is_waited_for() -> None:
    """A server that starts after Gradio's five seconds is used."""
    slow = server()
    slow.run_in_thread()
    assert slow.started
    slow.close()


def test_silent_connections_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing arrives, or only a part of a head, is closed."""
    monkeypatch.setattr(slow_start, "SILENT_SECONDS", 0.05)
    slow = server()
    slow.run_in_thread()
    address = slow.servers[0].sockets[0].getsockname()
    for part in (b"", b"GET / HTTP/1.1\r\nHost: a"):
        with socket.create_connection(address, WAIT_SECONDS) as silent:
            silent.sendall(part)
            assert silent.recv(1) == b""
    slow.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_failed_server_is_an_error() -> None:
    """A server whose port is taken ends the waiting."""
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(ServerFailedToStartError):
        server(listener.getsockname()[1]).run_in_thread()


def test_slow_response_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that responds too late is asked again; one that refuses is not."""
    answers = iter([False, True, False])
    monkeypatch.setattr(slow_start, "_url_ok", lambda _: next(answers))
    monkeypatch.setattr(slow_start, "RESPONSE_SECONDS", 0.0)
    assert responds("http://127.0.0.1:9/")
    monkeypatch.setattr(slow_start, "RESPONSE_SECONDS", 60.0)
    assert not responds("http://127.0.0.1:9/")


def test_missing_names_are_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Without Gradio's names the page starts as Gradio has it."""
    monkeypatch.delattr(networking, "url_ok")
    wait_for_slow_start()
    assert "no url_ok: the patch 'slow start' is off" in caplog.text
