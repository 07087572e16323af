"""Repeated log lines are limited."""

from __future__ import annotations

import asyncio
import io
import logging
import socket
from typing import Any

import pytest
import uvicorn

from flux_playground.log_limit import (
    LIMITED_LOGGERS,
    MAX_KINDS,
    MAX_LINES_PER_SECOND,
    RepeatFilter,
    limit_repeated_lines,
)


def record(text: str, level: int = logging.ERROR) -> logging.LogRecord:
    """A record of a logger."""
    return logging.LogRecord("asyncio", level, "", 0, text, (), None)


def test_repeated_lines_are_limited() -> None:
    """A few lines of one kind pass in a second; other kinds pass, and the next second says what was left out."""
    now = 0.0
    limit = RepeatFilter(lambda: now)
    passed = [limit.filter(record(f"out of resource\nsocket {number}")) for number in range(100)]
    assert passed.count(True) == MAX_LINES_PER_SECOND
    assert limit.filter(record("another text"))
    assert limit.filter(record("out of resource", logging.WARNING))
    now = 1.0
    late = record("out of resource\nsocket 100")
    assert limit.filter(late)
    assert f"({100 - MAX_LINES_PER_SECOND} similar lines left out)" in late.getMessage()


def test_kinds_are_bounded() -> None:
    """The filter keeps a limited number of texts."""
    limit = RepeatFilter()
    for number in range(3 * MAX_KINDS):
        assert limit.filter(record(f"{number} different"))
    assert len(limit._kinds) <= MAX_KINDS


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loggers with the limit, for one test."""
    for name in LIMITED_LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    limit_repeated_lines()


@pytest.mark.usefixtures("limited")
def test_limit_stays_when_the_server_is_configured() -> None:
    """Uvicorn's configuration of its loggers keeps the limit."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError

    uvicorn.Config(app, log_level="warning").configure_logging()
    assert all(logging.getLogger(name).filters for name in LIMITED_LOGGERS)


@pytest.mark.usefixtures("limited")
def test_no_free_file_handles_write_few_lines() -> None:
    """A server that can accept no connection for want of file handles writes a few lines a second."""
    written = logging.StreamHandler(io.StringIO())
    logger = logging.getLogger("asyncio")
    logger.addHandler(written)

    class Full(socket.socket):
        """A listening socket whose `accept` fails as without free file handles."""

        refused = 0

        def accept(self) -> Any:
            Full.refused += 1
            raise OSError(24, "Too many open files")

    async def serve() -> None:
        with Full() as listener, socket.socket() as client:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            listener.setblocking(False)
            server = await asyncio.start_server(lambda reader, writer: None, sock=listener, backlog=500)
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
            while Full.refused < 100:
                await asyncio.sleep(0)
            server.close()

    try:
        asyncio.run(serve())
    finally:
        logger.removeHandler(written)
    text = written.stream.getvalue()
    assert 0 < text.count("out of system resource") < 50  # of 500, in however many seconds
