"""What the tests share: the local server, a real HTTP server on loopback, and a playground that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer

SPEED = 60.0
SCALE = 0.25


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """The local server, sixty times as fast as the real API, its pictures a quarter as wide and high."""
    with LocalServer(speed=SPEED, scale=SCALE) as running:
        yield running


@pytest.fixture
def settings(server: LocalServer, tmp_path: Path) -> Settings:
    """Settings of somebody without a key, in a folder of the test's own."""
    return replace(Settings(), data=tmp_path / "data", demo_url=server.url)


@pytest.fixture
def playground(settings: Settings) -> Iterator[Playground]:
    """A playground that makes its images at the local server."""
    with Playground(settings) as opened:
        yield opened
