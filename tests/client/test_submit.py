"""A submit costs money: it is made again only when it certainly did nothing, and what is uncertain is said to be."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.client import Client, Limits, Task
from flux_playground.errors import APIError, APIUnreachable, PlaygroundError, RateLimited, SubmitUnknown

from ..faulty_server import (
    QUICK,
    Act,
    Hostile,
    closed_port,
    cut,
    endless,
    hang_up,
    head,
    later,
    limits_for,
    raw,
    redirect,
    reply,
    reset,
    silence,
    trickle,
)
from ..waiting import WAIT_SECONDS, wait_until

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = "0d9f5cf1-1111-2222-3333-444455556666"
REQUEST = {"finetune_id": "mine", "prompt": "a lake 🌊", "seed": 2**64 - 1}
PATIENT = replace(QUICK, rate_limit_timeout=WAIT_SECONDS)
ACCEPTED = {"id": "task-1", "polling_url": None, "cost": 7.000000000000001}


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile({PATH: reply(ACCEPTED)}) as running:
        yield running


def submit(server: Hostile, *acts: Act, limits: Limits | None = None) -> Task:
    """Submit a request to a server that responds as scripted."""
    if acts:
        server.script(PATH, *acts)
    with Client(server.url, KEY, limits=limits or limits_for(*acts)) as client:
        return client.submit(PATH, REQUEST)


def failure(server: Hostile, *acts: Act) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        submit(server, *acts)
    return caught.value


def test_request_and_key(server: Hostile) -> None:
    """The request arrives as it was given, with the key."""
    task = submit(server)
    [call] = server.seen
    assert (call.method, call.path) == ("POST", PATH)
    assert json.loads(call.body) == REQUEST
    assert call.headers["x-key"] == KEY
    assert call.headers["content-type"] == "application/json"
    assert task == Task("task-1", f"{server.url}/v1/get_result?id=task-1", 7.000000000000001)


def test_polling_url(server: Hostile) -> None:
    """The polling URL of the response is used unchanged."""
    url = f"{server.url}/v1/get_result?id=a%2Fb&x=1"
    assert submit(server, reply({**ACCEPTED, "polling_url": url})).polling_url == url


def test_webhook_response(server: Hostile) -> None:
    """A response without a polling URL gets the documented one."""
    answer = {"id": "a b/c", "status": "Pending", "webhook_url": "https://example.com"}
    task = submit(server, reply(answer))
    assert task == Task("a b/c", f"{server.url}/v1/get_result?id=a%20b%2Fc", None)


@pytest.mark.parametrize("given", [None, "", 5, "banana", "//evil.test/x", "ftp://evil.test", "http://", ["x"]])
def test_invalid_polling_url(server: Hostile, given: Any) -> None:
    """An invalid polling URL is replaced by the documented one."""
    task = submit(server, reply({"id": "t", "polling_url": given}))
    assert task.polling_url == f"{server.url}/v1/get_result?id=t"


def test_relative_polling_url(server: Hostile) -> None:
    """A relative polling URL belongs to the server."""
    assert submit(server, reply({"id": "t", "polling_url": "/p?q=1"})).polling_url == f"{server.url}/p?q=1"


@pytest.mark.parametrize("cost", [None, "7", True, float("nan"), float("inf"), [7], 10**400])
def test_invalid_cost(server: Hostile, cost: Any) -> None:
    """An invalid cost is unknown, not free."""
    assert submit(server, reply({"id": "t", "cost": cost})).cost is None


DOUBTFUL = {
    "503 without Retry-After": reply({"detail": "overloaded"}, 503),
    "a reset after the request": reset(),
    "a closed connection": hang_up(),
    "silence": silence(),
    "an answer that never begins": trickle(head(0)),
    "headers that trickle": trickle(head(20) + b" " * 20, every=0.05),
    "a body that trickles": raw(head(1000)),
    "endless headers": endless(b"X: y\r\n", b"HTTP/1.1 200 OK\r\n"),
    "endless interim answers": endless(b"HTTP/1.1 100 Continue\r\n\r\n", b""),
    "no HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "no status": raw(b"HTTP/1.1 \r\n\r\n"),
    "a strange length": raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{"),
    "broken chunks": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "broken compression": reply(b"no gzip", Content_Encoding="gzip"),
    "a cut answer": cut(b'{"id": "task-1"', 100),
    "a whole id in a cut answer": cut(b'{"id": "task-1"}', 100),
    "an HTML page": reply(b"<html>hello</html>"),
    "an empty answer": reply(b""),
    "a list": reply([{"id": "task-1"}]),
    "no id": reply({"polling_url": "https://api.bfl.ai/x"}),
    "an id that is no text": reply({"id": 5}),
    "an empty id": reply({"id": " "}),
    "deep nesting": reply(b"[" * 60_000),
    "too large an answer": reply({"id": "x" * 200_000}),
    "no content": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "500": reply({"detail": "Internal Server Error"}, 500),
    "500 without a body": raw(head(100, 500)),
    "502": reply(b"<html><title>502 Bad Gateway</title></html>", 502),
    "504": reply(b"", 504),
    "408": reply(b"", 408),
    "a redirect": redirect("/elsewhere", 307),
    "a redirect without an address": reply(b"", 302),
    "a 503 that was cut in its headers": raw(b"HTTP/1.1 503 Service Unavail"),
}


@pytest.mark.parametrize("act", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_unknown_outcome(server: Hostile, act: Act) -> None:
    """A submit whose outcome is unknown is not repeated."""
    error = failure(server, act, reply(ACCEPTED))
    assert type(error) is SubmitUnknown
    assert len(server.seen) == 1


def test_detail_of_an_unknown_outcome(server: Hostile) -> None:
    """The error of an unknown outcome keeps the text of the response."""
    error = failure(server, reply(b"<html><style>p{}</style><h1>502 Bad Gateway</h1> nginx</html>", 502))
    assert (error.status_code, error.detail) == (502, "502 Bad Gateway nginx")


SURE = {
    "429": (RateLimited, reply({"detail": "too many"}, 429)),
    "503": (APIError, reply({"detail": "overloaded"}, 503, Retry_After="0")),
    "503 in HTML, cut": (APIError, raw(head(100, 503, Retry_After="0") + b"<html>busy")),
}


@pytest.mark.parametrize(("kind", "act"), SURE.values(), ids=SURE.keys())
def test_repeated_submit(server: Hostile, kind: type, act: Act) -> None:
    """A submit that certainly had no effect is repeated."""
    assert submit(server, act, act, reply(ACCEPTED), limits=PATIENT).id == "task-1"
    assert len(server.seen) == 3


@pytest.mark.parametrize(("kind", "act"), SURE.values(), ids=SURE.keys())
def test_attempts_are_limited(server: Hostile, kind: type, act: Act) -> None:
    """A submit without effect is repeated a limited number of times."""
    assert type(failure(server, act)) is kind
    if kind is RateLimited:  # another program uses the account's places: wait for a turn
        assert len(server.seen) > 1
    else:
        assert len(server.seen) == QUICK.submit_attempts


def test_refused_connection() -> None:
    """A refused connection means that nothing was sent."""
    with Client(closed_port(), KEY, limits=QUICK) as client, pytest.raises(APIUnreachable):
        client.submit(PATH, REQUEST)


@pytest.mark.parametrize("base", ["https://flux-playground.invalid", "https://a..b", "https://" + "x" * 70 + ".test"])
def test_unknown_host(base: str) -> None:
    """An unknown host name means that nothing was sent."""
    with Client(base, KEY, limits=QUICK) as client, pytest.raises(APIUnreachable):
        client.submit(PATH, REQUEST)


def test_failed_handshake(server: Hostile) -> None:
    """A failed TLS handshake means that nothing was sent."""
    limits = replace(QUICK, connect_timeout=0.1)
    with Client(server.url.replace("http", "https"), KEY, limits=limits) as client, pytest.raises(APIUnreachable):
        client.submit(PATH, REQUEST)
    assert server.connections == QUICK.submit_attempts
    assert server.calls(PATH) == []


def test_retry_after_in_seconds(server: Hostile) -> None:
    """A submit is repeated after the seconds of `Retry-After`."""
    submit(server, reply({}, 429, Retry_After="0.3"), reply(ACCEPTED), limits=PATIENT)
    first, second = server.seen
    assert second.at - first.at >= 0.3


def test_retry_after_as_a_date(server: Hostile) -> None:
    """A date in `Retry-After` is read by the clock of the server."""
    now = datetime(2031, 1, 1, tzinfo=UTC)
    then = format_datetime(now + timedelta(seconds=1), usegmt=True)
    submit(server, reply({}, 503, Retry_After=then, Date=format_datetime(now, usegmt=True)), reply(ACCEPTED))
    first, second = server.seen
    assert second.at - first.at >= 1.0


@pytest.mark.parametrize(
    "odd", ["soon", "-5", "nan", "inf", "Wed, 99 Foo 2031", "", "1e9999", "Wed, 01 Jan 2020 00:00:00 GMT"]
)
def test_invalid_retry_after(server: Hostile, odd: str) -> None:
    """A `Retry-After` that is no time is ignored."""
    submit(server, reply({}, 429, Retry_After=odd), reply(ACCEPTED), limits=PATIENT)
    assert len(server.seen) == 2


def test_long_retry_after(server: Hostile) -> None:
    """A long `Retry-After` is reported at once."""
    error = failure(server, reply({"detail": "later"}, 429, Retry_After="3600"))
    assert isinstance(error, RateLimited)
    assert (error.retry_after, error.status_code, error.detail) == (3600, 429, "later")
    assert len(server.seen) == 1


def test_stop(server: Hostile) -> None:
    """Stop ends the waiting before another attempt."""
    stop = Event()
    stop.set()
    server.script(PATH, reply({}, 429, Retry_After="1"))
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(RateLimited):
        client.submit(PATH, REQUEST, stop=stop)
    assert len(server.seen) == 1


def test_closed_connection(server: Hostile) -> None:
    """A connection that the server has closed is not used again."""
    server.script(PATH, raw(head(len(b'{"id":"a"}')) + b'{"id":"a"}'), reply({"id": "b"}))
    with Client(server.url, KEY, limits=QUICK) as client:
        assert client.submit(PATH, REQUEST).id == "a"
        wait_until(lambda: not server.open)
        assert client.submit(PATH, REQUEST).id == "b"
    assert (server.connections, len(server.seen)) == (2, 2)


def test_idle_connection(server: Hostile) -> None:
    """A connection is used again unless it was idle for `limits.idle_timeout`."""
    for idle_timeout, connections in ((WAIT_SECONDS, 1), (0.01, 3)):
        with Client(server.url, KEY, limits=replace(QUICK, idle_timeout=idle_timeout)) as client:
            client.submit(PATH, REQUEST)
            time.sleep(0.02)
            client.submit(PATH, REQUEST)
            assert server.connections == connections


def test_reset_of_a_kept_connection(server: Hostile) -> None:
    """A reset of a kept connection is an unknown outcome too."""
    server.script(PATH, reply(ACCEPTED), reset())
    with Client(server.url, KEY, limits=QUICK) as client:
        client.submit(PATH, REQUEST)
        with pytest.raises(SubmitUnknown):
            client.submit(PATH, REQUEST)
    assert (server.connections, len(server.seen)) == (1, 2)


def test_large_request(server: Hostile) -> None:
    """A large request reaches a server that reads slowly."""
    server.script(PATH, later(0.2, reply(ACCEPTED)))
    with Client(server.url, KEY, limits=replace(QUICK, submit_timeout=WAIT_SECONDS)) as client:
        client.submit(PATH, {"image_prompt": "A" * 8_000_000})
    assert len(server.seen[0].body) > 8_000_000


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: b"HTTP/1.1 200 OK\r\n" + tail))
def test_any_bytes(data: bytes) -> None:
    """Any other bytes are an unknown outcome, and nothing is sent again."""
    with Hostile({PATH: raw(data)}) as server:
        assert type(failure(server)) is SubmitUnknown
        assert len(server.seen) == 1
