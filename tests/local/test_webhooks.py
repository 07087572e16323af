"""Webhooks of the local API: delivered to a real receiver, in both forms, signed, tried again, and nowhere else."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from flux_playground.local import LocalServer
from flux_playground.local.webhooks import RETRIES

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
Call = tuple[dict[str, str], bytes]


class Receiver:
    """A server that keeps what it is told; the first `failing` calls are answered with 500."""

    def __init__(self, failing: int = 0) -> None:
        self.calls: list[Call] = []
        self.times: list[float] = []
        self.failing = failing
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                outer.calls.append(({name.lower(): value for name, value in self.headers.items()}, data))
                outer.times.append(time.monotonic())
                self.send_response(500 if len(outer.calls) <= outer.failing else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?of=mine"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def wait(self, count: int, seconds: float = 15.0) -> list[Call]:
        until = time.monotonic() + seconds
        while len(self.calls) < count and time.monotonic() < until:
            time.sleep(0.01)
        return self.calls

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()


def submit(server: LocalServer, url: str, prompt: str = "#error a hill", secret: str = "hush") -> dict[str, Any]:
    body = {
        "finetune_id": "x",
        "prompt": prompt,
        "width": 96,
        "height": 64,
        "webhook_url": url,
        "webhook_secret": secret,
    }
    answer: dict[str, Any] = requests.post(server.url + PATH, json=body, headers={"x-key": "k"}, timeout=10).json()
    return answer


def test_a_webhook_is_told_of_a_picture_and_signed(receiver: Receiver) -> None:
    with LocalServer(speed=50) as server:
        task = submit(server, receiver.url, "a hill")
        headers, data = receiver.wait(1)[0]
        assert headers["x-bfl-signature"] == "sha256=" + hmac.new(b"hush", data, hashlib.sha256).hexdigest()
        body = json.loads(data)
        assert (body["id"], body["status"]) == (task["id"], "Ready")
        assert requests.get(body["result"]["sample"], timeout=10).status_code == 200


def test_the_other_form_carries_the_secret_itself(receiver: Receiver) -> None:
    with LocalServer(speed=50, webhook_form="secret") as server:
        task = submit(server, receiver.url, "#no-seed #no-sample a hill")
        headers, data = receiver.wait(1)[0]
        assert headers["x-webhook-secret"] == "hush"
        body = json.loads(data)
        assert (body["task_id"], body["status"]) == (task["id"], "SUCCESS")


def test_without_a_secret_nothing_is_signed(receiver: Receiver) -> None:
    with LocalServer(speed=50) as server:
        submit(server, receiver.url, secret="")
        headers, _ = receiver.wait(1)[0]
        assert "x-bfl-signature" not in headers


def test_a_webhook_that_fails_is_tried_again_after_1_5_and_30_seconds(receiver: Receiver) -> None:
    receiver.failing = 4
    with LocalServer(speed=50) as server:
        submit(server, receiver.url)
        receiver.wait(4)
        time.sleep(0.2)
    pauses = [later - earlier for earlier, later in zip(receiver.times, receiver.times[1:], strict=False)]
    assert RETRIES == (1.0, 5.0, 30.0)
    assert len(pauses) == 3
    assert all(pause >= expected / 50 for pause, expected in zip(pauses, RETRIES, strict=True))


def test_a_webhook_that_is_heard_is_not_told_twice(receiver: Receiver) -> None:
    receiver.failing = 1
    with LocalServer(speed=100) as server:
        submit(server, receiver.url)
        receiver.wait(2)
        time.sleep(0.5)
    assert len(receiver.calls) == 2


def test_a_webhook_to_another_machine_is_not_called_and_harms_nothing() -> None:
    with LocalServer(speed=100) as server:
        for url in ("http://192.0.2.1/hook", "https://example.invalid/"):
            task = submit(server, url)
            assert task["webhook_url"] == url
        time.sleep(0.3)
        assert requests.get(server.url + "/v1/get_result", params={"id": task["id"]}, timeout=10).status_code == 200
