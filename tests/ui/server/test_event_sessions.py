"""The event stream of a session that Gradio does not know."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from flux_playground.bounded_json import InvalidJson
from flux_playground.ui.server.event_sessions import EventSessionMiddleware, QueueSessions
from flux_playground.ui.server.json_body import check_structure, parse_body

QUEUE = SimpleNamespace(
    pending_messages_per_session={"known": object()}, pending_event_ids_session={}, event_ids_to_events={}
)
GRADIO = SimpleNamespace(get_blocks=lambda: SimpleNamespace(_queue=QUEUE))
OTHER_GRADIO = SimpleNamespace(get_blocks=lambda: SimpleNamespace(_queue=SimpleNamespace()))


def status(query: bytes, app: Any = GRADIO, path: str = "/gradio_api/queue/data", root: str = "") -> int:
    """The status of a response; 200 is that of the application behind."""
    statuses: list[int] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": path, "root_path": root, "query_string": query, "app": app}
    asyncio.run(EventSessionMiddleware(behind)({**scope, "headers": []}, receive, send))
    return statuses[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"session_hash=known", 200),
        (b"session_hash=unknown", 404),
        (b"session_hash=", 404),
        (b"session_hash=known&session_hash=unknown", 404),
        (b"", 200),
    ],
)
def test_stream_of_unknown_session(query: bytes, expected: int) -> None:
    """The stream of an unknown session is not found; Gradio reports a missing name."""
    assert status(query) == expected
    assert status(query, path="/gradio_api/queue/data/") == expected
    assert status(query, path="/page/gradio_api/queue/data", root="/page") == expected


def test_other_gradio_is_passed_on() -> None:
    """A Gradio without the private attribute, another application, another path: the request is passed on."""
    assert status(b"session_hash=unknown", OTHER_GRADIO) == 200
    assert status(b"session_hash=unknown", SimpleNamespace()) == 200
    assert status(b"session_hash=unknown", path="/gradio_api/queue/join") == 200


def test_one_address_drops_only_its_own_sessions() -> None:
    """The oldest sessions of an address with too many of them are dropped, unless a stream reads them."""
    dropped: list[str] = []
    sessions = QueueSessions(dropped.append, max_sessions=6, max_per_address=3)
    sessions.add("other", "b")
    sessions.start_stream("a0")
    for number in range(5):
        sessions.add(f"a{number}", "a")
    assert dropped == ["a1", "a2"]
    sessions.end_stream("a0")
    for number in range(4):
        sessions.add(f"c{number}", f"c{number}")
    assert dropped == ["a1", "a2", "a0", "a3"]


def post(value: bytes, queue: Any, path: str = "/gradio_api/queue/join") -> int:
    """The status of an event; 200 is that of the application behind, which reads the whole body."""
    statuses: list[int] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"] == value
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    pieces = [{"type": "http.request", "body": value[at : at + 50_000]} for at in range(0, len(value) or 1, 50_000)]

    async def receive() -> Any:
        piece = pieces.pop(0)
        return {**piece, "more_body": bool(pieces)}

    app = SimpleNamespace(get_blocks=lambda: SimpleNamespace(_queue=queue))
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "app": app, "headers": []}
    asyncio.run(EventSessionMiddleware(behind)({**scope, "client": ("192.0.2.1", 5)}, receive, send))
    return statuses[0]


@pytest.mark.parametrize(
    ("body", "status_"),
    [
        (b'{"session_hash": "a1b2c3", "data": ["x"]}', 200),
        (b'{"session_hash": "%s"}' % (b"h" * 65), 400),
        (b'{"session_hash": "a", "event_id": "%s"}' % (b"h" * 65), 400),
        (b'{"session_hash": "full"}', 429),
        (b'{"data": [%s{}]}' % (b"{}," * 100_000), 400),
        (b'{"data": ["%s"]}' % (b'{},[\\"' * 100_000), 200),
        (b'{"data": ["%s"]}' % (b'","' * 100_000), 400),
        (b'{"data": %s%s}' % (b"[" * 100, b"]" * 100), 400),
        (b'{"data": [%s]}' % (b"9" * 4_000), 400),
        (b'{"data": ', 400),
        (b"", 200),
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/cancel", "/mcp"])
def test_event_is_checked_before_gradio_keeps_it(body: bytes, status_: int, path: str) -> None:
    """A long name, too many values, deep nesting, a long number and a full session are refused."""
    queue = SimpleNamespace(
        pending_messages_per_session={}, pending_event_ids_session={"full": set(range(50))}, event_ids_to_events={}
    )
    if status_ == 429 and not path.endswith("join"):
        status_ = 200
    assert post(body, queue, path) == status_
    assert post(body, SimpleNamespace(), path) == (200 if status_ == 429 else status_)


def test_dropped_session_leaves_gradio() -> None:
    """Gradio forgets the messages of a dropped session, and its running events send no more."""
    event = SimpleNamespace(alive=True)
    queue = SimpleNamespace(
        pending_messages_per_session={"old": 1, "new": 2},
        pending_event_ids_session={"old": {"e"}},
        event_ids_to_events={"e": event},
    )
    middleware = EventSessionMiddleware(None)  # type: ignore[arg-type]
    middleware._queue = queue
    middleware._forget("old")
    assert queue.pending_messages_per_session == {"new": 2}
    assert queue.pending_event_ids_session == {}
    assert not event.alive


@pytest.mark.parametrize("text", ['["\\\\", [1]]', '{"a": "\\"[[[["}', '["é\\u0022"]'])
def test_structure_ignores_texts(text: str) -> None:
    """Brackets and commas in texts are no structure."""
    check_structure(text.encode())
    assert parse_body(text.encode())
    with pytest.raises(InvalidJson):
        parse_body(text.encode()[:-1])


def test_call_without_a_session_is_counted() -> None:
    """A call of the page's API gets a session, which counts for the address of its caller."""
    bodies: list[bytes] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        bodies.append((await receive())["body"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b'{"data": ["x"]}'}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    middleware = EventSessionMiddleware(behind)
    scope = {"type": "http", "method": "POST", "path": "/gradio_api/call/generate", "query_string": b"", "headers": []}
    for _ in range(2):
        asyncio.run(middleware({**scope, "app": GRADIO, "client": ("192.0.2.1", 5)}, receive, send))
    sessions = [json.loads(body)["session_hash"] for body in bodies]
    assert list(middleware._sessions._shares._addresses) == sessions
    assert len(set(sessions)) == 2
