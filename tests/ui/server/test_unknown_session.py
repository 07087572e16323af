"""The event stream of a session that Gradio does not know."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flux_playground.ui.server.unknown_session import UnknownSessionMiddleware

QUEUE = SimpleNamespace(pending_messages_per_session={"known": object()})
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
    asyncio.run(UnknownSessionMiddleware(behind)({**scope, "headers": []}, receive, send))
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
