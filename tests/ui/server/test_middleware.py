"""The middleware in front of a small application."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any
from unittest.mock import AsyncMock

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from flux_playground import Settings
from flux_playground.ui.server.body_limit import BodyLimits
from flux_playground.ui.server.middleware import build_middleware
from flux_playground.ui.server.rate_limit import PAGE_TOKENS, PAGES_PER_ADDRESS, RateLimitMiddleware
from flux_playground.ui.server.token_bucket import RateLimiter, RateLimits
from tests.http_visitor import Stranger
from tests.waiting import WAIT_SECONDS, wait_until

JOIN = "/gradio_api/queue/join"


async def echo(request: Request) -> Response:
    """What was sent, and from where."""
    body = await request.body()
    return PlainTextResponse(f"{request.client.host if request.client else ''} {len(body)}")


@contextmanager
def guarded(settings: Settings, root: str = "", **options: Any) -> Iterator[Stranger]:
    """A visitor of an application behind the middleware."""
    routes = [Route(path, echo, methods=["GET", "POST"]) for path in (JOIN, "/config", "/mine/x", "/other/x")]
    app = Starlette(routes=routes, middleware=build_middleware(settings, {"mine"}, **options))
    with serving(app, root) as url:
        yield Stranger(url)


@contextmanager
def serving(app: Starlette, root: str = "") -> Iterator[str]:
    """The address of an application that is served until the block ends."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", proxy_headers=False, root_path=root))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join(WAIT_SECONDS)


def test_names_of_a_page_at_home() -> None:
    """A page at home is served under addresses, localhost and the names of its setting only."""
    with guarded(Settings(hosts=("studio.lan",))) as somebody:
        for name in ("127.0.0.1:7860", "[::1]", "localhost:7860", "192.168.1.5", "studio.lan:7860"):
            assert somebody.get("/config", host=name).status == 200, name
        for name in ("rebound.evil.example", "evil.local", "router", "x.localhost", "[", "[::1"):
            assert somebody.get("/config", host=name).status == 403, name
        assert somebody.post("/config", {}, origin="http://[", host="localhost").status == 403


def test_frames() -> None:
    """Only the page can frame the page; Hugging Face and the Space itself can frame a Space, other Spaces cannot."""
    with guarded(Settings()) as somebody:
        assert somebody.get("/config").headers["content-security-policy"].split("; ")[-1] == "frame-ancestors 'self'"
    with guarded(Settings(hosted=True, space_host="me-page.hf.space")) as somebody:
        policy = somebody.get("/config").headers["content-security-policy"].split("; ")[-1]
        assert policy == "frame-ancestors 'self' https://huggingface.co https://me-page.hf.space"


def test_hosted_page_has_any_name() -> None:
    """A hosted page is served under any name."""
    with guarded(Settings(hosted=True)) as somebody:
        assert somebody.get("/config", host="demo.example").status == 200


def test_private_routes() -> None:
    """Only the routes of the page and its own are open."""
    with guarded(Settings()) as somebody:
        assert somebody.get("/mine/x").status == 200
        assert somebody.get("/other/x").status == 404


def test_private_routes_below_root_path() -> None:
    """A page below a path has the same open routes."""
    with guarded(Settings(), root="/flux") as somebody:
        assert somebody.get("/mine/x").status == 200
        assert somebody.get("/other/x").status == 404


def test_cross_site() -> None:
    """A POST of the page itself passes; a POST of another site does not."""
    with guarded(Settings()) as somebody:
        host = somebody.url.split("/")[2]
        assert somebody.call("POST", JOIN, "1", origin=f"http://{host}").status == 200
        assert somebody.call("POST", JOIN, "1", origin="http://elsewhere", sec_fetch_site="same-origin").status == 200
        assert somebody.call("POST", JOIN, "1", origin="http://elsewhere").status == 403


def test_slow_body() -> None:
    """A body that does not arrive in time is refused."""
    with guarded(Settings(), body_limits=BodyLimits(body_seconds=0.3)) as somebody:
        head = f"POST {JOIN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nabc"
        assert somebody.raw(head.encode(), 5).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("chunked", [False, True])
def test_large_body(chunked: bool) -> None:
    """A body over the limit is refused, with and without its length."""
    with guarded(Settings(), body_limits=BodyLimits(body_bytes=100)) as somebody:
        body = b"65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n" if chunked else b"x" * 101
        length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 101"
        head = f"POST {JOIN} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n"
        assert somebody.raw(head.encode() + body, 5).startswith(b"HTTP/1.1 413")
        assert somebody.call("POST", JOIN, b"1" * 100).status == 200


def test_two_lengths_of_a_body() -> None:
    """A body with two lengths is refused, and what follows it is not read as another request."""
    lengths = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with guarded(Settings()) as somebody:
        host = somebody.url.split("/")[2].encode()
        first = b"POST " + JOIN.encode() + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + lengths
        heard = somebody.raw(first + b"GET /config HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")
    assert heard.startswith(b"HTTP/1.1 400")
    assert heard.count(b"HTTP/1.1") == 1


def test_long_url() -> None:
    """A URL that Gradio fails at is refused; a long link is not."""
    with guarded(Settings()) as somebody:
        assert somebody.get("/config?" + "a" * 59_000).status == 200
        assert somebody.get("/config?" + "a" * 61_000).status == 414


def test_upload_rate() -> None:
    """The bytes that one address sends are limited."""
    limiter = RateLimiter(RateLimits(bytes_per_address=(1000, 0)))
    with guarded(Settings(hosted=True), rate_limiter=limiter) as somebody:
        assert [somebody.call("POST", JOIN, b'"%s"' % (b"x" * 598)).status for _ in range(2)] == [200, 429]
        assert somebody.get("/config").status == 200


def test_request_rate() -> None:
    """The requests of one address are limited."""
    limiter = RateLimiter(RateLimits(requests_per_address=(5, 0)))
    with guarded(Settings(hosted=True), rate_limiter=limiter) as somebody:
        statuses = [somebody.get("/mine/x").status for _ in range(7)]
        assert statuses == [200] * 5 + [429] * 2
        assert somebody.get("/mine/x").headers["retry-after"] == "10"


def test_page_counts_for_several_requests() -> None:
    """The page, which takes time to write, counts for several requests."""
    limiter = RateLimiter(RateLimits(requests_per_address=(2 * PAGE_TOKENS + 1, 0)))
    with guarded(Settings(hosted=True), rate_limiter=limiter) as somebody:
        assert [somebody.get("/config").status for _ in range(3)] == [200, 200, 429]
        assert [somebody.get("/mine/x").status for _ in range(2)] == [200, 429]


def test_pages_of_one_address_wait() -> None:
    """Of a burst of pages for one address two are rendered at once; another address does not wait for them."""
    rendering, peak = Counter[str](), Counter[str]()
    all_places_taken, is_free = threading.Event(), threading.Event()

    async def render(request: Request) -> Response:
        address = request.client.host if request.client else ""
        rendering[address] += 1
        peak[address] = max(peak[address], rendering[address])
        if peak["127.0.7.7"] == PAGES_PER_ADDRESS:
            all_places_taken.set()
        if address == "127.0.7.7":
            await asyncio.to_thread(is_free.wait, WAIT_SECONDS)
        rendering[address] -= 1
        return PlainTextResponse("page")

    def load(url: str, address: str) -> int:
        with closing(Stranger(url, address).connect(timeout=WAIT_SECONDS)) as connection:
            connection.request("GET", "/config")
            return connection.getresponse().status

    app = Starlette(routes=[Route("/config", render)], middleware=build_middleware(Settings(hosted=True)))
    with serving(app) as url, ThreadPoolExecutor(20) as pool:
        burst = [pool.submit(load, url, "127.0.7.7") for _ in range(20)]
        try:
            assert all_places_taken.wait(WAIT_SECONDS)
            assert load(url, "127.0.7.8") == 200
        finally:
            is_free.set()
        assert {page.result() for page in burst} == {200}
    assert peak == {"127.0.7.7": PAGES_PER_ADDRESS, "127.0.7.8": 1}


def test_large_bodies_of_one_address_wait() -> None:
    """Two large bodies of one address are read at once; its small ones and those of another address do not wait."""
    reading: Counter[str] = Counter()

    async def read(_: Scope, receive: Receive, __: Send) -> None:
        await receive()

    async def read_all() -> None:
        limited, arrival = RateLimitMiddleware(read), asyncio.Event()

        async def send(address: str, size: int) -> None:
            async def receive() -> Message:
                reading[f"{address}: {size}"] += 1
                await arrival.wait()
                return {"type": "http.request", "body": b"x"}

            headers = [(b"content-length", str(size).encode())]
            scope = {"type": "http", "path": JOIN, "client": (address, 1), "headers": headers}
            await limited(scope, receive, AsyncMock())

        bodies = [("127.0.7.7", 4_000_000)] * 5 + [("127.0.7.7", 500), ("127.0.7.8", 4_000_000)]
        sent = [asyncio.ensure_future(send(*body)) for body in bodies]
        for _ in range(50):
            await asyncio.sleep(0)
        assert reading == {"127.0.7.7: 4000000": 2, "127.0.7.7: 500": 1, "127.0.7.8: 4000000": 1}
        arrival.set()
        await asyncio.gather(*sent)

    asyncio.run(read_all())
    assert reading["127.0.7.7: 4000000"] == 5


@pytest.mark.parametrize(("hosted", "status"), [(False, b"404"), (True, b"413")])
def test_size_of_an_import(hosted: bool, status: bytes) -> None:
    """At home a large export passes to the route; a hosted page has the limit of every upload."""
    with guarded(Settings(hosted=hosted)) as somebody:
        head = "POST /mine/gallery/import HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 200000000\r\n\r\nabc"
        assert somebody.raw(head.encode(), 3).startswith(b"HTTP/1.1 " + status)
