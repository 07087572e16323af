"""What the API answers when it refuses, in whatever form, becomes one of our errors; and what the account says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.client import Client, Task
from flux_playground.client.responses import parse_error, parse_result, parse_task
from flux_playground.client.transport import Response
from flux_playground.errors import (
    APIError,
    FinetuneNotFound,
    Intercepted,
    InvalidRequest,
    InvalidSettings,
    NoSuchAddress,
    OutOfCredits,
    PlaygroundError,
    Unauthorized,
)

from ..faulty_server import QUICK, Act, Hostile, reply, reset

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = "0d9f5cf1-1111-2222-3333-444455556666"
REQUEST = {"finetune_id": "mine"}
NAMES = ["id", "status", "result", "sample", "seed", "cost", "progress", "detail", "loc", "msg", "type", "input"]


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile({}) as running:
        yield running


def failure(server: Hostile, act: Act) -> PlaygroundError:
    server.script(PATH, act)
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(PlaygroundError) as caught:
        client.submit(PATH, REQUEST)
    return caught.value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["Ready", "Task not found"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(NAMES), inner),
)


@given(JSON, st.integers(300, 599))
def test_any_json(values: Any, status: int) -> None:
    """Any JSON is read without an unexpected error."""
    parse_task(values)
    parse_result(values, Task("t", ""))
    error = parse_error(Response(status, {}, json.dumps(values).encode()))
    assert len(error.detail) <= 2_000
    json.dumps(error.as_dict())


ANSWERS: dict[str, tuple[type[PlaygroundError], int, Any]] = {
    "401": (Unauthorized, 401, {"detail": "no"}),
    "403": (Unauthorized, 403, {"detail": "Not authenticated - Invalid Authentication"}),
    "402": (OutOfCredits, 402, {"detail": "Insufficient credits"}),
    "a malformed key": (Unauthorized, 422, {"detail": "Invalid API key format"}),
    "a missing key": (Unauthorized, 422, {"detail": [{"loc": ["header", "x-key"], "msg": "missing", "type": "m"}]}),
    "404": (NoSuchAddress, 404, {"detail": "Not Found"}),
    "410": (NoSuchAddress, 410, {"detail": "Gone"}),
    "403 of a firewall": (Intercepted, 403, b"<html><title>Attention Required!</title>"),
    "401 of a sign-in page": (Intercepted, 401, b"<!doctype html><title>Sign in</title>"),
    "407": (Intercepted, 407, b"proxy"),
    "400": (APIError, 400, b""),
    "413": (APIError, 413, b"<html>too large</html>"),
    "a finetune elsewhere": (FinetuneNotFound, 404, {"detail": "Finetune not found or not ready"}),
    "the same under 400": (FinetuneNotFound, 400, {"detail": "Finetune not found or not ready"}),
    "the same under 422": (FinetuneNotFound, 422, {"detail": "Finetune not found or not ready"}),
    "the same under 500": (FinetuneNotFound, 500, {"detail": "Finetune not found or not ready"}),
    "422 as text": (InvalidRequest, 422, {"detail": "seed is odd"}),
    "422 as an empty list": (InvalidRequest, 422, {"detail": []}),
    "422 as HTML": (InvalidRequest, 422, b"<html>no</html>"),
    "422 of nothing": (InvalidRequest, 422, b""),
    "422 of odd items": (InvalidRequest, 422, {"detail": [5, {"loc": 3, "msg": None}]}),
}


@pytest.mark.parametrize(("kind", "status", "body"), ANSWERS.values(), ids=ANSWERS.keys())
def test_refusals(server: Hostile, kind: type[PlaygroundError], status: int, body: Any) -> None:
    """Each refusal has its own error and is not repeated."""
    error = failure(server, reply(body, status))
    assert type(error) is kind
    assert error.status_code == status
    assert error.message
    assert len(server.seen) == 1


def test_422(server: Hostile) -> None:
    """A 422 names its fields and does not repeat what was sent."""
    image = "iVBORw0KGgo" + "A" * 5_000
    detail = [
        {
            "type": "less_than_equal",
            "loc": ["body", "finetune_strength"],
            "msg": "at most 2",
            "input": image,
            "ctx": {"le": 2},
        },
        {"type": "missing", "loc": ["body", "axes", 0], "msg": f"not {image}", "input": {"image_prompt": image}},
    ]
    error = failure(server, reply({"detail": detail}, 422))
    assert isinstance(error, InvalidRequest)
    assert [(d.field, d.loc, d.type) for d in error.details] == [
        ("finetune_strength", ("body", "finetune_strength"), "less_than_equal"),
        ("axes", ("body", "axes", 0), "missing"),
    ]
    assert error.details[0].msg == "at most 2"
    assert "AAAAA" not in json.dumps(error.as_dict())


DETAILS = {
    "text": ({"detail": "plain"}, "plain"),
    "an object": ({"detail": {"why": "full"}}, '{"why": "full"}'),
    "a list": ({"detail": ["one", 2]}, '["one", 2]'),
    "another name": ({"message": "hm"}, '{"message": "hm"}'),
    "bare text": (b"just words", "just words"),
    "JSON text": (b'"words"', "words"),
    "HTML": (b"<!doctype html><body><script>var a;</script><b>Bad</b>\n request</body>", "Bad request"),
    "nothing": (b"", ""),
    "null": ({"detail": None}, ""),
    "no UTF-8": (b"\xff\xfe caf\xe9", "�� caf�"),
}


@pytest.mark.parametrize(("body", "detail"), DETAILS.values(), ids=DETAILS.keys())
def test_detail(server: Hostile, body: Any, detail: str) -> None:
    """The detail is text in each form of the response."""
    assert failure(server, reply(body, 400)).detail == detail


def test_long_detail(server: Hostile) -> None:
    """A long detail is cut."""
    assert len(failure(server, reply({"detail": "word " * 5_000}, 400)).detail) == 2_000


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel", "\x00"])
def test_invalid_key(server: Hostile, key: str) -> None:
    """A key that no header can hold is refused and not repeated."""
    with Client(server.url, key, limits=QUICK) as client, pytest.raises(Unauthorized) as caught:
        client.submit(PATH, REQUEST)
    assert key not in str(caught.value) + repr(caught.value)
    assert server.seen == []


@pytest.mark.parametrize(
    "base", ["http://api.bfl.ai", "http://10.0.0.1", "api.bfl.ai", "ftp://api.bfl.ai", "https://u:p@api.bfl.ai", ""]
)
def test_invalid_server(base: str) -> None:
    """A server that must not receive the key is refused."""
    with pytest.raises(InvalidSettings):
        Client(base, KEY)


def test_path_with_another_host(server: Hostile) -> None:
    """No path leads the key to another host."""
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(APIError):
        client.submit("@evil.test/v1", REQUEST)
    assert [call.path for call in server.seen] == ["/@evil.test/v1"]


def test_lost_response(server: Hostile) -> None:
    """A call of the account is repeated when its response is lost."""
    server.script("/v1/credits", reset(), reply({}, 502), reply({"credits": 12.5}))
    with Client(server.url, KEY, limits=QUICK) as client:
        assert client.credits() == 12.5


@pytest.mark.parametrize("body", [{}, {"credits": None}, {"credits": True}, {"credits": "many"}, [], b"<html>"])
def test_invalid_credits(server: Hostile, body: Any) -> None:
    """Credits that cannot be read are an error."""
    server.script("/v1/credits", reply(body))
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(APIError):
        client.credits()


def test_finetunes(server: Hostile) -> None:
    """Finetunes are those that the API lists."""
    server.script("/v1/my_finetunes", reply({"finetunes": ["one", {"finetune_id": "two"}]}))
    server.script("/v1/finetune_details", reply({"finetune_details": {"trigger_word": "TOK"}}))
    with Client(server.url, KEY, limits=QUICK) as client:
        assert client.finetunes() == ["one", {"finetune_id": "two"}]
        assert client.finetune("a/b&c") == {"trigger_word": "TOK"}
    assert server.seen[-1].path == "/v1/finetune_details?finetune_id=a%2Fb%26c"


def test_missing_finetune(server: Hostile) -> None:
    """A missing finetune has an error of its own."""
    server.script("/v1/finetune_details", reply({"detail": "Finetune not found or not ready"}, 404))
    with Client(server.url, KEY, limits=QUICK) as client, pytest.raises(FinetuneNotFound):
        client.finetune("x")


def test_long_error_text_is_cut_first(server: Hostile) -> None:
    """An error text of many unclosed tags or long words is cut before it is read."""
    for detail in ("<script " * 18_000, ("a" * 255 + " ") * 40_000):
        began = time.process_time()
        error = failure(server, reply({"detail": detail[:90_000]}, 400))
        assert len(error.detail) <= 2_000
        assert time.process_time() - began < 2


def test_deep_detail_stays_a_422(server: Hostile) -> None:
    """A 422 whose detail is nested deeply is still a rejected request."""
    deep: Any = "x"
    for _ in range(300):
        deep = [deep]
    assert type(failure(server, reply({"detail": deep}, 422))) is InvalidRequest


def test_title_is_quoted_once(server: Hostile) -> None:
    """The heading of a page that repeats its title is not quoted twice."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    error = failure(server, reply(page, 400))
    assert error.detail == "502 Bad Gateway"
