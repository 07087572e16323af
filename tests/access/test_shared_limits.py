"""Two processes of a shared database keep the allowance, the budget and the limit of tasks together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import psycopg

from flux_playground import Playground, Settings
from flux_playground.errors import QuotaExceeded
from flux_playground.generation import State
from flux_playground.identity import Identity
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.rate_limits import Allowance
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


def test_allowance_is_exact(server: LocalServer, tmp_path: Path, empty_database: str) -> None:
    """Of a hundred presses at the same moment on two playgrounds, as many pass as the budget allows."""
    settings = Settings(data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database)
    settings = settings.replace(hosted=True, allowance=Allowance(), budget=Allowance.read("7/hour"))
    outcomes: Counter[str] = Counter()
    barrier = threading.Barrier(20)

    def press(playground: Playground, number: int) -> None:
        visitor = Visitor(f"v{number}", identity=Identity(f"{number}", "x"))
        barrier.wait()
        for _ in range(5):
            try:
                playground.start(VALUES, visitor)
                outcomes["started"] += 1
            except QuotaExceeded:
                outcomes["refused"] += 1

    with ExitStack() as stack:
        both = [stack.enter_context(Playground(settings, limits=FAST_POLLS)) for _ in range(2)]
        threads = [threading.Thread(target=press, args=(both[number % 2], number)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == {"started": 7, "refused": 93}


def test_tasks_in_flight_are_limited_together(
    server: LocalServer, tmp_path: Path, empty_database: str, released: threading.Event
) -> None:
    """Two processes with one key never have more tasks than the limit of one, and make all images."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PROCESS, str(tmp_path), server.url, empty_database, "8"]
    with psycopg.connect(empty_database, autocommit=True, prepare_threshold=None) as database, ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
            )
            for _ in range(2)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        active = "SELECT count(*) FROM generations WHERE state IN ('submitting', 'running')"
        wait_until(lambda: database.execute(active).fetchone() == (LIMIT,))
        released.set()
        most = 0
        while any(process.poll() is None for process in processes):
            row = database.execute(active).fetchone()
            most = max(most, row[0] if row else 0)
        states = " ".join(process.stdout.read() for process in processes if process.stdout).split()
    assert states == [State.SUCCEEDED] * 16
    assert 0 < most <= LIMIT
