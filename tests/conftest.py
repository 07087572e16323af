"""What the tests share: the local server, a real HTTP server on loopback; a playground that uses it; a real browser."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from hypothesis import HealthCheck

from flux_playground import Playground, Settings
from flux_playground.client import Limits
from flux_playground.local import LocalServer
from flux_playground.local.tasks import Task
from flux_playground.storage import postgres_lease
from flux_playground.storage.sqlite import DATABASE_NAME

from .app_process import running_quick
from .hosted_page import HostedPage, serve_hosted_page
from .postgres_server import PostgresServer, running_postgres, shorten_leases
from .s3_server import S3Server, running_s3_server

# `pytest --hypothesis-profile=long` is what `make test-long` runs.
HYPOTHESIS: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
hypothesis.settings.register_profile("quick", max_examples=25, derandomize=True, **HYPOTHESIS)
hypothesis.settings.register_profile("long", max_examples=600, **HYPOTHESIS)
hypothesis.settings.load_profile("quick")

SPEED = 60.0
SCALE = 0.25
FAST_POLLS = Limits(max_poll_step=0.01, max_poll_start=0.1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser, so that no worker is left alone with a long file and Chromium starts once in each."""
    items.sort(key=lambda item: item.path.parent.name != "browser")


@pytest.fixture(scope="session")
def server() -> Iterator[LocalServer]:
    """The local server, sixty times as fast as the real API, with flat images of a quarter of the width and height."""
    with LocalServer(speed=SPEED, scale=SCALE, renderer="flat") as running:
        yield running


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3 server, started once."""
    with running_s3_server() as running:
        yield running


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server, whose credentials are in the environment."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def released(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Tasks of the local servers in this process run until this event is set."""
    event, is_done = threading.Event(), Task.is_done
    monkeypatch.setattr(Task, "is_done", lambda task, now: event.is_set() and is_done(task, now))
    return event


@pytest.fixture
def settings(server: LocalServer, tmp_path: Path) -> Settings:
    """Settings of somebody without a key, in a folder of the test's own."""
    return Settings(data=tmp_path / "data", demo_url=server.url)


@pytest.fixture
def playground(settings: Settings) -> Iterator[Playground]:
    """A playground that makes its images at the local server, with short polls."""
    with Playground(settings, limits=FAST_POLLS) as opened:
        yield opened


class HomePages:
    """One program at home after the other: the next one starts when the history of the last is nearly full."""

    def __init__(self, folders: Callable[[], Path]) -> None:
        self._folders, self._closing = folders, ExitStack()
        self._folder, self._url = Path(), ""

    def url(self) -> str:
        """The address of a page with room for 20 more cards in its history."""
        if not self._url or self._count_cards() > 40:  # of 60
            self.close()
            self._folder = self._folders()
            program = running_quick(self._folder, FLUX_PLAYGROUND_LOCAL_SPEED="20")
            self._url = self._closing.enter_context(program)
        return self._url

    def _count_cards(self) -> int:
        with closing(sqlite3.connect(self._folder / "data" / DATABASE_NAME)) as database:
            return int(database.execute("SELECT count(*) FROM generations").fetchone()[0])

    def close(self) -> None:
        """End the program."""
        self._closing.close()


@pytest.fixture(scope="session")
def home_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomePages]:
    """The programs at home that the tests share."""
    pages = HomePages(lambda: tmp_path_factory.mktemp("home"))
    yield pages
    pages.close()


@pytest.fixture
def home(home_pages: HomePages) -> str:
    """The address of a page at home, which other tests use as well: 0.3 s an image, 3 s one with #slow."""
    return home_pages.url()


@pytest.fixture(scope="session")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedPage]:
    """One hosted page for all tests that need no other; each visitor comes from an address of its own."""
    with serve_hosted_page(tmp_path_factory.mktemp("hosted")) as page:
        yield page


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that all tests of a worker share; the first store creates the tables."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def empty_database(postgres_server: PostgresServer) -> str:
    """The URL of a database without rows."""
    with closing(psycopg.connect(postgres_server.url, autocommit=True)) as database:
        tables = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        if names := [name for (name,) in tables if name != "migrations"]:
            database.execute(f"TRUNCATE {', '.join(names)}".encode())
    return postgres_server.url


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes count as ended after three seconds."""
    for name in ("RENEW_SECONDS", "LEASE_SECONDS"):
        monkeypatch.setattr(postgres_lease, name, getattr(postgres_lease, name))  # set back at the end
    shorten_leases()
