"""Several processes of one database pay nothing twice: killed at any instant, or without the database for a while."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flux_playground import Playground, Settings
from flux_playground.client import Client
from flux_playground.errors import StorageError
from flux_playground.generation import UNFINISHED, Generation, State
from flux_playground.local import LocalServer
from flux_playground.storage.database_connection import Cursor
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.storage.postgres import PostgresConnection
from flux_playground.storage.shared_queue import QUEUE, SharedQueue
from flux_playground.takeover import start_takeover
from tests.conftest import FAST_POLLS
from tests.postgres_server import PostgresServer, running_postgres
from tests.waiting import WAIT_SECONDS, wait_until

KEY, PRICE, LIMIT = "owners-key", 7, 5
VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
REPLICA = """
import sys
from flux_playground import Playground, Settings
from flux_playground.takeover import start_takeover
from tests.app.test_replicas import KEY, LIMIT, VALUES, die_at
from tests.conftest import FAST_POLLS
from tests.postgres_server import shorten_leases
shorten_leases()
folder, url, database, point, times = sys.argv[1:]
die_at(point, int(times))
settings = Settings(data=folder, base_url=url, api_key=KEY, database=database, max_in_flight=LIMIT)
with Playground(settings, limits=FAST_POLLS) as playground:
    start_takeover(playground, 0.1)
    while True:
        for started in [playground.start(VALUES) for _ in range(8)]:
            list(playground.watch(started.id))
"""
POINTS: dict[str, tuple[type, str, bool, State | None]] = {
    "queued": (GenerationStore, "save_new", True, None),
    "submitting": (SharedQueue, "take", True, None),
    "accepted": (GenerationStore, "save_with_retry", False, State.RUNNING),
    "running": (GenerationStore, "save_with_retry", True, State.RUNNING),
    "downloading": (GenerationStore, "save_image", False, None),
    "with an image": (GenerationStore, "save_image", True, None),
    "ready": (GenerationStore, "save_with_retry", True, State.SUCCEEDED),
}
"""Where a process is killed: before or after a method, when that writes a state."""


def die_at(point: str, times: int) -> None:
    """Let this process be killed when it comes to a point for the given time."""
    owner, name, is_after, state = POINTS[point]
    method, left = getattr(owner, name), itertools.count(times, -1)

    def call(self: Any, generation: Generation, *values: Any) -> Any:
        is_here = state is None or generation.state is state
        if is_here and not is_after and next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        result = method(self, generation, *values)
        if is_here and is_after and result is not False and next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, call)


@pytest.fixture
def api() -> Iterator[LocalServer]:
    """An account of its own, whose images take a third of a second."""
    with LocalServer(speed=20, credits=100_000, scale=0.1, renderer="flat") as running:
        yield running


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of the test's own, which it may end."""
    with running_postgres() as server:
        yield server


def paid(api: LocalServer) -> int:
    """How many submits were paid for."""
    with Client(api.url, KEY) as client:
        return round((100_000 - client.credits()) / PRICE)


def states(url: str) -> Counter[str]:
    """The number of records in each state."""
    with closing(psycopg.connect(url, autocommit=True)) as database:
        return Counter(dict(database.execute("SELECT state, count(*) FROM generations GROUP BY state").fetchall()))


def wait_for_the_end(url: str) -> Counter[str]:
    """The states of all records once none is unfinished."""
    wait_until(lambda: not set(states(url)) & set(UNFINISHED))
    return states(url)


def wait_for_more(started: list[str], number: int) -> None:
    """Wait until a number of further generations were started."""
    most = len(started) + number
    wait_until(lambda: len(started) >= most)


@pytest.mark.usefixtures("short_leases")
@pytest.mark.parametrize(("rounds", "most_times"), [(1, 6), pytest.param(6, 60, marks=pytest.mark.long)])
def test_killed_replicas(api: LocalServer, tmp_path: Path, empty_database: str, rounds: int, most_times: int) -> None:
    """Of three replicas two are killed in every state; each image is paid once, and the limit of tasks holds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    chance, in_flight, replicas = random.Random(rounds), 0, list[subprocess.Popen[bytes]]()

    def has_room(most: int) -> bool:
        nonlocal in_flight
        found = states(empty_database)
        in_flight = max(in_flight, found[State.SUBMITTING] + found[State.RUNNING])
        return sum(replica.poll() is None for replica in replicas) <= most

    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=empty_database, max_in_flight=LIMIT)
    with Playground(settings, limits=FAST_POLLS) as survivor:
        start_takeover(survivor, 0.05)
        try:
            for point in [*POINTS] * rounds:
                values = tmp_path, api.url, empty_database, point, chance.randint(1, most_times)
                command = [sys.executable, "-c", REPLICA, *map(str, values)]
                replicas.append(subprocess.Popen(command, env=environment))
                wait_until(lambda: has_room(most=1), 2 * WAIT_SECONDS)
            wait_until(lambda: has_room(most=0), 2 * WAIT_SECONDS)
            assert {replica.returncode for replica in replicas} == {-signal.SIGKILL}
        finally:
            for replica in replicas:
                replica.kill()
                replica.wait()
        ended = wait_for_the_end(empty_database)
    assert set(ended) <= {State.SUCCEEDED, State.CANCELLED, State.SUBMIT_UNKNOWN}
    assert ended[State.SUCCEEDED] <= paid(api) <= ended[State.SUCCEEDED] + ended[State.SUBMIT_UNKNOWN]
    assert 0 < in_flight <= LIMIT
    assert rounds == 1 or ended.total() > 1_000


@pytest.mark.parametrize("seconds", [0, pytest.param(10, marks=pytest.mark.long)])
def test_outage_of_the_database(
    api: LocalServer,
    tmp_path: Path,
    postgres: PostgresServer,
    released: threading.Event,
    request: pytest.FixtureRequest,
    seconds: float,
) -> None:
    """In an outage longer than a lease nothing is sent or lost: tasks end, and what waits is sent afterwards."""
    if not seconds:
        request.getfixturevalue("short_leases")
    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=postgres.url, max_in_flight=4)
    with Playground(settings, limits=FAST_POLLS) as playground, Playground(settings, limits=FAST_POLLS) as other:
        for each in (playground, other):
            start_takeover(each, 0.05)
        runs = [playground.start(VALUES) for _ in range(4)]
        wait_until(lambda: states(postgres.url)[State.RUNNING] == 4)
        waiting = [each.start(VALUES) for each in (playground, other)]
        wait_until(
            lambda: all(each.queue_position(one.id) for each, one in zip((playground, other), waiting, strict=True))
        )
        stopped_at = time.monotonic()
        postgres.stop()
        try:
            playground.store.check_folder()  # a restart of the program would lose what is in its memory
            for call in (playground.store.check_writable, lambda: playground.start(VALUES)):
                with pytest.raises(StorageError, match="cannot be read"):
                    call()
            released.set()
            ended = [list(playground.watch(one.id))[-1] for one in runs]
            wait_until(lambda: not (playground.store.database.is_primary or other.store.database.is_primary))
            wait_until(lambda: time.monotonic() - stopped_at > seconds)
        finally:
            postgres.start()
        assert [one.state for one in ended] == [State.SUCCEEDED] * 4
        assert wait_for_the_end(postgres.url) == {State.SUCCEEDED: 6}
        again = playground.start(VALUES)
        assert list(playground.watch(again.id))[-1].state == State.SUCCEEDED
    assert paid(api) == 7


@pytest.mark.usefixtures("short_leases")
@pytest.mark.parametrize("statement", [QUEUE, "COMMIT"], ids=["before", "after"])
def test_outage_at_a_turn(
    api: LocalServer, tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    """A request whose turn comes as the database ends waits, also if its place was taken, and is sent once."""
    take, execute, ending = SharedQueue.take, PostgresConnection.execute, list[int]()
    ended = threading.Event()

    def begin(self: SharedQueue, generation: Generation) -> bool:
        ending.append(threading.get_ident())
        return take(self, generation)

    def end_at(self: PostgresConnection, query: str, values: Sequence[Any] = ()) -> Cursor:
        if ended.is_set() or query != statement or threading.get_ident() not in ending:
            return execute(self, query, values)
        if statement == "COMMIT":
            execute(self, query, values)
        ended.set()
        postgres.stop()
        return execute(self, query, values)

    monkeypatch.setattr(SharedQueue, "take", begin)
    monkeypatch.setattr(PostgresConnection, "execute", end_at)
    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=postgres.url, max_in_flight=4)
    with Playground(settings, limits=FAST_POLLS) as playground:
        waiting = playground.start(VALUES)
        assert ended.wait(WAIT_SECONDS)
        try:
            wait_until(lambda: not playground.store.database.is_primary)
            assert (playground.get(waiting.id).state, paid(api)) == (State.QUEUED, 0)
        finally:
            postgres.start()
        assert list(playground.watch(waiting.id))[-1].state == State.SUCCEEDED
    assert paid(api) == 1


@pytest.mark.long
@pytest.mark.usefixtures("short_leases")
def test_outages_at_any_moment(api: LocalServer, tmp_path: Path, postgres: PostgresServer) -> None:
    """Two processes that make images all the time lose none and pay none twice when the database ends ten times."""
    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=postgres.url, max_in_flight=LIMIT)
    chance, is_over, started = random.Random(1), threading.Event(), list[str]()

    def make(playground: Playground) -> None:
        while not is_over.is_set():
            with suppress(StorageError):
                one = playground.start(VALUES)
                started.append(one.id)
                list(playground.watch(one.id))

    with Playground(settings, limits=FAST_POLLS) as one, Playground(settings, limits=FAST_POLLS) as two:
        threads = [threading.Thread(target=make, args=(each,)) for each in (one, two) * LIMIT]
        for each in (one, two):
            start_takeover(each, 0.05)
        for thread in threads:
            thread.start()
        try:
            for number in range(10):
                wait_for_more(started, chance.randint(1, 30))
                postgres.stop()
                if number % 3 == 0:
                    wait_until(lambda: not (one.store.database.is_primary or two.store.database.is_primary))
                postgres.start()
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        ended = wait_for_the_end(postgres.url)
        assert {one.get(each).state for each in started} == {State.SUCCEEDED}
    assert set(ended) <= {State.SUCCEEDED, State.CANCELLED}
    assert paid(api) == ended[State.SUCCEEDED]
