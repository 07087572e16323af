"""Several processes of one database pay nothing twice: killed at any instant, or without the database for a while."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from flux_playground import Playground, Settings
from flux_playground.client import Client
from flux_playground.errors import StorageError
from flux_playground.generation import UNFINISHED, State
from flux_playground.local import LocalServer
from flux_playground.takeover import start_takeover
from tests.conftest import FAST_POLLS
from tests.postgres_server import PostgresServer, running_postgres
from tests.waiting import wait_until

KEY, PRICE, LIMIT = "owners-key", 7, 5
VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
REPLICA = """
import sys
from flux_playground import Playground, Settings
from flux_playground.takeover import start_takeover
from tests.app.test_replicas import KEY, LIMIT, VALUES
from tests.conftest import FAST_POLLS
from tests.postgres_server import shorten_leases
shorten_leases()
folder, url, database = sys.argv[1:]
settings = Settings(data=folder, base_url=url, api_key=KEY, database=database, max_in_flight=LIMIT)
with Playground(settings, limits=FAST_POLLS) as playground:
    start_takeover(playground, 0.1)
    print("ready", flush=True)
    while True:
        for started in [playground.start(VALUES) for _ in range(8)]:
            list(playground.watch(started.id))
"""


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


@pytest.mark.usefixtures("short_leases")
@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.long)])
def test_killed_replicas(api: LocalServer, tmp_path: Path, empty_database: str, kills: int) -> None:
    """Of two replicas one is killed again and again; each image is paid once, and the limit of tasks holds."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", REPLICA, str(tmp_path), api.url, empty_database]
    chance, replicas, most = random.Random(kills), list[subprocess.Popen[str]](), 0

    def count_active() -> int:
        nonlocal most
        found = states(empty_database)
        most = max(most, active := found[State.SUBMITTING] + found[State.RUNNING])
        return active

    def start() -> None:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        replicas.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    def kill() -> None:
        process = replicas.pop(0)
        process.send_signal(signal.SIGKILL)
        process.communicate()

    try:
        start()
        for _ in range(kills):
            start()
            until = time.monotonic() + chance.uniform(0.1, 1.0)
            while time.monotonic() < until:
                count_active()
            wait_until(lambda: count_active() == LIMIT)
            kill()
    finally:
        while replicas:
            kill()
    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=empty_database)
    with Playground(settings, limits=FAST_POLLS) as successor:
        start_takeover(successor, 0.05)
        ended = wait_for_the_end(empty_database)
    assert set(ended) <= {State.SUCCEEDED, State.CANCELLED, State.SUBMIT_UNKNOWN}
    assert ended[State.SUCCEEDED] <= paid(api) <= ended[State.SUCCEEDED] + ended[State.SUBMIT_UNKNOWN]
    assert ended[State.SUCCEEDED] >= kills
    assert 0 < most <= LIMIT


@pytest.mark.usefixtures("short_leases")
def test_outage_of_the_database(
    api: LocalServer, tmp_path: Path, postgres: PostgresServer, released: threading.Event
) -> None:
    """While the database is away nothing is sent, running tasks end, and their records are written when it is back."""
    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=postgres.url)
    with Playground(settings, limits=FAST_POLLS) as playground:
        start_takeover(playground, 0.05)
        runs = [playground.start(VALUES) for _ in range(4)]
        wait_until(lambda: states(postgres.url)[State.RUNNING] == 4)
        postgres.stop()
        try:
            with pytest.raises(StorageError, match="cannot be read"):
                playground.start(VALUES)
            released.set()
            ended = [list(playground.watch(one.id))[-1] for one in runs]
        finally:
            postgres.start()
        assert [one.state for one in ended] == [State.SUCCEEDED] * 4
        assert wait_for_the_end(postgres.url) == {State.SUCCEEDED: 4}
        again = playground.start(VALUES)
        assert list(playground.watch(again.id))[-1].state == State.SUCCEEDED
        assert playground.store.database.is_primary
    assert paid(api) == 5
