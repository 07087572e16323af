"""The webhooks of the local API."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import queue
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from flux_playground.local import LocalServer, webhooks
from flux_playground.local.backend import Options
from flux_playground.local.webhooks import RETRY_DELAYS_SECONDS, WebhookSender
from tests.waiting import WAIT_SECONDS

from .requests_to_server import accept, download, wait_for_end

BODY = {"id": "1", "status": "Ready", "result": None}


class Receiver:
    """An HTTP server that keeps the webhooks it gets; the first `failures` get status 500."""

    def __init__(self) -> None:
        self.calls: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
        self.failures = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                status = 500 if receiver.calls.qsize() < receiver.failures else 200
                receiver.calls.put(({name.lower(): value for name, value in self.headers.items()}, data))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?of=mine"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        """Stop the server."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before attempts, which take no time."""
    seconds: list[float] = []

    async def record(delay: float) -> None:
        seconds.append(delay)
        await asyncio.sleep(0)

    # Only in the module: servers of other tests sleep in the same process.
    names = {name: getattr(asyncio, name) for name in dir(asyncio) if not name.startswith("__")}
    monkeypatch.setattr(webhooks, "asyncio", SimpleNamespace(**{**names, "sleep": record}))
    return seconds


def send(url: str, secret: str = "hush", options: Options | None = None) -> bool:
    """Send one webhook."""

    async def run() -> bool:
        sender = WebhookSender(options or Options())
        try:
            return await sender.send(url, secret, BODY)
        finally:
            sender.close()

    return asyncio.run(run())


def test_signature(server: LocalServer, receiver: Receiver) -> None:
    """A webhook is signed with the secret and has a URL that works."""
    task = accept(server, webhook_url=receiver.url, webhook_secret="hush")
    headers, data = receiver.calls.get(timeout=WAIT_SECONDS)
    assert headers["x-bfl-signature"] == "sha256=" + hmac.new(b"hush", data, hashlib.sha256).hexdigest()
    body = json.loads(data)
    assert (body["id"], body["status"]) == (task["id"], "Ready")
    assert download(body)


def test_secret_format(receiver: Receiver) -> None:
    """The other format has the secret as a header."""
    assert send(receiver.url, options=Options(webhook_format="secret"))
    headers, data = receiver.calls.get(timeout=WAIT_SECONDS)
    assert headers["x-webhook-secret"] == "hush"
    assert json.loads(data) == {"task_id": "1", "status": "SUCCESS", "result": None}


def test_no_secret(receiver: Receiver) -> None:
    """A webhook without a secret is not signed."""
    assert send(receiver.url, secret="")
    headers, _ = receiver.calls.get(timeout=WAIT_SECONDS)
    assert "x-bfl-signature" not in headers


def test_retries(receiver: Receiver, delays: list[float]) -> None:
    """A failed webhook is sent again after 1, 5 and 30 seconds, divided by the speed."""
    receiver.failures = 9
    assert not send(receiver.url, options=Options(speed=10))
    assert receiver.calls.qsize() == 4
    assert delays == [0.0, 0.1, 0.5, 3.0]
    assert RETRY_DELAYS_SECONDS == (1.0, 5.0, 30.0)


def test_retry_ends(receiver: Receiver, delays: list[float]) -> None:
    """A webhook that succeeds is not sent again."""
    receiver.failures = 1
    assert send(receiver.url)
    assert delays == [0.0, 1.0]
    assert receiver.calls.qsize() == 2


@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/hook", "https://example.invalid/", "ftp://127.0.0.1/", "http://", "http://[", "x"]
)
def test_rejected_url(url: str, delays: list[float]) -> None:
    """A webhook to another machine, or to an unusable URL, is not sent."""
    assert not send(url)


def test_header_injection(receiver: Receiver, delays: list[float]) -> None:
    """A secret with a line break is not sent."""
    assert not send(receiver.url, secret="a\r\nx-more: 1", options=Options(webhook_format="secret"))
    assert receiver.calls.empty()


def test_silent_receiver(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many webhooks to a silent receiver leave the pool of the event loop, which reads images, unused."""
    monkeypatch.setattr(webhooks, "ATTEMPT_TIMEOUT_SECONDS", 1000.0)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=100) as silent,
        LocalServer(speed=300, renderer="flat", scale=0.1) as busy,
    ):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for number in range(60):
            accept(busy, webhook_url=url, prompt="#error", key=f"key-{number % 6}")
        silent.settimeout(20)
        connections = [silent.accept()[0] for _ in range(webhooks.MAX_CONNECTIONS)]
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()
        assert download(wait_for_end(accept(busy)["polling_url"]))
        for connection in connections:
            connection.close()


def test_pending_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit a webhook is dropped."""
    monkeypatch.setattr(webhooks, "MAX_PENDING_WEBHOOKS", 2)
    started = []

    async def deliver(number: int) -> None:
        started.append(number)

    async def run() -> None:
        sender = WebhookSender(Options())
        for number in range(3):
            sender.schedule(deliver(number))
        await asyncio.sleep(0)
        sender.close()

    asyncio.run(run())
    assert started == [0, 1]
