"""The guard alone, before a small application of the test's own: what it lets through, and for how long."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from flux_playground.ui.server import security
from flux_playground.ui.server.request_rate import Limits, Throttle
from flux_playground.ui.server.security import Guard, Rules
from tests.http_visitor import Stranger

JOIN = "/gradio_api/queue/join"


async def echo(request: Request) -> Response:
    """What was sent, and from where."""
    body = await request.body()
    return PlainTextResponse(f"{request.client.host if request.client else ''} {len(body)}")


@contextmanager
def guarded(rules: Rules, root: str = "") -> Iterator[Stranger]:
    """Somebody before a guarded application."""
    routes = [Route(path, echo, methods=["GET", "POST"]) for path in (JOIN, "/config", "/mine/x", "/other/x")]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, rules=rules)])
    with serving(app, root) as url:
        yield Stranger(url)


@contextmanager
def serving(app: Starlette, root: str = "") -> Iterator[str]:
    """The address of an application that is served until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", proxy_headers=False, root_path=root))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(10)


def test_names_of_a_page_at_home() -> None:
    """A page at home is served under addresses, localhost and the names of its setting only."""
    with guarded(Rules(hosts=("studio.lan",))) as somebody:
        for name in ("127.0.0.1:7860", "[::1]", "localhost:7860", "192.168.1.5", "studio.lan:7860"):
            assert somebody.get("/config", host=name).status == 200, name
        for name in ("rebound.evil.example", "evil.local", "router", "x.localhost", "[", "[::1"):
            assert somebody.get("/config", host=name).status == 403, name
        assert somebody.post("/config", {}, origin="http://[", host="localhost").status == 403


def test_frames() -> None:
    """A page may be framed by itself; a Space also by Hugging Face and by itself, and by no other Space."""
    with guarded(Rules()) as somebody:
        assert somebody.get("/config").headers["content-security-policy"].split("; ")[-1] == "frame-ancestors 'self'"
    with guarded(Rules(hosted=True, space="me-page.hf.space")) as somebody:
        policy = somebody.get("/config").headers["content-security-policy"].split("; ")[-1]
        assert policy == "frame-ancestors 'self' https://huggingface.co https://me-page.hf.space"


def test_hosted_page_has_any_name() -> None:
    """A hosted page is served under any name."""
    with guarded(Rules(hosted=True)) as somebody:
        assert somebody.get("/config", host="demo.example").status == 200


def test_only_what_is_named_is_open() -> None:
    with guarded(Rules(own=frozenset({"mine"}))) as somebody:
        assert somebody.get("/mine/x").status == 200
        assert somebody.get("/other/x").status == 404


def test_a_page_below_a_path_has_the_same_doors() -> None:
    with guarded(Rules(own=frozenset({"mine"})), root="/flux") as somebody:
        assert somebody.get("/mine/x").status == 200
        assert somebody.get("/other/x").status == 404


def test_a_press_from_the_page_itself_is_let_through() -> None:
    with guarded(Rules()) as somebody:
        host = somebody.url.split("/")[2]
        assert somebody.call("POST", JOIN, "x", origin=f"http://{host}").status == 200
        assert somebody.call("POST", JOIN, "x", origin="http://elsewhere", sec_fetch_site="same-origin").status == 200
        assert somebody.call("POST", JOIN, "x", origin="http://elsewhere").status == 403


def test_a_body_that_trickles_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "SLOWEST", 0.3)
    with guarded(Rules()) as somebody:
        head = f"POST {JOIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc"
        began = time.monotonic()
        assert somebody.raw(head.encode(), 5).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 3


def test_what_one_address_sends_up_is_bounded() -> None:
    throttle = Throttle(Limits(bytes_each=(1000, 0)))
    with guarded(Rules(hosted=True, throttle=throttle)) as somebody:
        assert [somebody.call("POST", JOIN, b"x" * 600).status for _ in range(2)] == [200, 429]
        assert somebody.get("/config").status == 200


def test_requests_come_no_faster_than_they_may() -> None:
    throttle = Throttle(Limits(requests=(5, 0)))
    with guarded(Rules(hosted=True, throttle=throttle)) as somebody:
        statuses = [somebody.get("/config").status for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        assert somebody.get("/config").headers["retry-after"] == "10"
