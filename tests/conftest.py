"""What the tests share: the local server, a real HTTP server on loopback; a playground that uses it; a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer

from .page_actions import FLAGS

SPEED = 60.0
SCALE = 0.25


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """The local server, sixty times as fast as the real API, with flat images of a quarter of the width and height."""
    with LocalServer(speed=SPEED, scale=SCALE, renderer="flat") as running:
        yield running


@pytest.fixture
def settings(server: LocalServer, tmp_path: Path) -> Settings:
    """Settings of somebody without a key, in a folder of the test's own."""
    return Settings(data=tmp_path / "data", demo_url=server.url)


@pytest.fixture
def playground(settings: Settings) -> Iterator[Playground]:
    """A playground that makes its images at the local server."""
    with Playground(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys; where there is none, the tests fail."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser window of somebody new, with nothing in its storage."""
    fresh = browser.new_context(viewport={"width": 1440, "height": 900})
    yield fresh
    fresh.close()
