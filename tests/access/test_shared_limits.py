"""Two processes of a database keep the allowance, the budget, the places of the queue and of tasks together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import QueueFull, QuotaExceeded
from flux_playground.generation import State
from flux_playground.identity import Identity
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.rate_limits import Allowance
from flux_playground.runs import queue_limits
from flux_playground.runs.queue_limits import MAX_RUNS_PER_VISITOR
from tests.conftest import FAST_POLLS
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
LIMIT = 3
PROCESS = """
import sys
from flux_playground import Playground, Settings
from tests.access.test_shared_limits import LIMIT, VALUES
from tests.conftest import FAST_POLLS
folder, url, database, count = sys.argv[1:]
settings = Settings(data=folder, base_url=url, api_key="owners-key", database=database, max_in_flight=LIMIT)
with Playground(settings, limits=FAST_POLLS) as playground:
    print("ready", flush=True)
    sys.stdin.readline()
    started = [playground.start(VALUES) for _ in range(int(count))]
    print(" ".join(list(playground.watch(one.id))[-1].state for one in started))
"""

PRESSES = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from flux_playground import Playground, Settings
from flux_playground.errors import PlaygroundError
from flux_playground.identity import Identity
from flux_playground.playground import Visitor
from flux_playground.rate_limits import Allowance
from tests.access.test_shared_limits import VALUES
from tests.conftest import FAST_POLLS
folder, url, database, budget = sys.argv[1:]
settings = Settings(data=folder, base_url=url, api_key="owners-key", database=database, hosted=True)
settings = settings.replace(allowance=Allowance(), budget=Allowance.read(budget) if budget else Allowance())
visitor, together = Visitor("ann", identity=Identity("1", "a")), threading.Barrier(10)
with Playground(settings, limits=FAST_POLLS) as playground:
    def press(number):
        together.wait()
        outcomes = []
        for _ in range(5):
            try:
                playground.start(VALUES, visitor)
                outcomes.append("started")
            except PlaygroundError as error:
                outcomes.append(type(error).__name__)
        return outcomes
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(10) as pool:
        print(*sum(pool.map(press, range(10)), []), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, or "" for that of the folder."""
    return str(request.getfixturevalue("empty_database")) if request.param == "postgresql" else ""


@contextmanager
def run_two(script: str, *values: object) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that have said that they are ready; `tell` lets them go on."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", script, *map(str, values)]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
            )
            for _ in range(2)
        ]
        try:
            assert [read_line(process) for process in processes] == ["ready"] * 2
            yield processes
        finally:
            for process in processes:
                process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(processes: list[subprocess.Popen[str]]) -> None:
    """Let both processes go on."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


@pytest.mark.usefixtures("released")
@pytest.mark.parametrize(
    ("budget", "passed", "error"), [("7/hour", 7, QuotaExceeded), ("", MAX_RUNS_PER_VISITOR, QueueFull)]
)
def test_presses_at_the_same_moment(
    server: LocalServer, tmp_path: Path, database: str, budget: str, passed: int, error: type[Exception]
) -> None:
    """Of a hundred presses of a visitor in two processes, as many pass as the budget or the queue has room for."""
    with run_two(PRESSES, tmp_path, server.url, database, budget) as processes:
        tell(processes)
        outcomes = Counter(" ".join(map(read_line, processes)).split())
        tell(processes)
    assert outcomes == {"started": passed, error.__name__: 100 - passed}


@pytest.mark.usefixtures("released")
def test_capacity_is_shared(
    server: LocalServer, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a visitor, an address and all visitors have in another process counts; a visitor's own key is apart."""
    for name, most in (("MAX_RUNS_PER_VISITOR", 2), ("MAX_RUNS_PER_ADDRESS", 3), ("MAX_RUNS", 6)):
        monkeypatch.setattr(queue_limits, name, most)
    settings = Settings(data=tmp_path, base_url=server.url, api_key="owners-key", database=database, hosted=True)
    settings = settings.replace(allowance=Allowance(), budget=Allowance())

    def press(playground: Playground, address: str, browser: str, key: str = "") -> None:
        playground.start(VALUES, Visitor(f"{address}{browser}", key, Identity(address, browser)))

    with Playground(settings, limits=FAST_POLLS) as one, Playground(settings, limits=FAST_POLLS) as two:
        press(one, "1", "a")
        press(two, "1", "a")
        for each in (one, two):
            with pytest.raises(QueueFull, match="2 of your images"):
                press(each, "1", "a")
        press(one, "1", "b")
        with pytest.raises(QueueFull, match="3 images of your address"):
            press(two, "1", "c")
        press(two, "2", "a", "own-key")
        press(one, "2", "a")
        press(two, "3", "a")
        for each in (one, two):
            with pytest.raises(QueueFull, match="6 images are"):
                press(each, "4", "a")


def test_tasks_in_flight_are_limited_together(
    server: LocalServer, tmp_path: Path, empty_database: str, released: threading.Event
) -> None:
    """Two processes with one key never have more tasks than the limit of one, and make all images."""
    with (
        psycopg.connect(empty_database, autocommit=True, prepare_threshold=None) as database,
        run_two(PROCESS, tmp_path, server.url, empty_database, 8) as processes,
    ):
        tell(processes)
        active = "SELECT count(*) FROM generations WHERE state IN ('submitting', 'running')"
        wait_until(lambda: database.execute(active).fetchone() == (LIMIT,))
        released.set()
        most = 0
        while any(process.poll() is None for process in processes):
            row = database.execute(active).fetchone()
            most = max(most, row[0] if row else 0)
        states = " ".join(map(read_line, processes)).split()
    assert states == [State.SUCCEEDED] * 16
    assert 0 < most <= LIMIT
