"""The local server that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flux_playground.local import LocalServer

SPEED = 300.0


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """A fast local server with flat images."""
    with LocalServer(speed=SPEED, renderer="flat", scale=0.1) as running:
        yield running
