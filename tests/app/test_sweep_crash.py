"""`kill -9` at any instant of a sweep: its plan is kept, no cell is paid for twice, and Resume makes only the rest.

A real process is killed, many times over, each time at another line of what a sweep passes through.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.client import Client
from flux_playground.local import LocalServer
from flux_playground.storage.sweep_store import SweepState
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.sheet import CellState, count_states
from tests.waiting import wait_until

PRICE, CREDITS, CELLS = 7, 1000, 6

# For each point: a process of its own makes a sweep of six images and kills itself at that line, counted as the lines
# are executed on all threads. Prints how each process ended.
VICTIMS = """
import json, os, signal, sys, threading
from pathlib import Path
from flux_playground import Playground, Settings
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisText

url, folder, points = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
PARTS = ("runs/pipeline.py", "sweep_run.py", "sweep_control.py", "storage/", "client/client.py")

def make(name, fatal):
    seen = 0
    def step(frame, event, argument):
        nonlocal seen
        seen += event == "line"
        if event == "line" and seen == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return step
    def enter(frame, event, argument):
        file = frame.f_code.co_filename
        return step if "flux_playground/" in file and any(part in file for part in PARTS) else None
    settings = Settings(data=folder / name, base_url=url, api_key=name, max_in_flight=2)
    with Playground(settings) as playground, Sweeps(playground) as sweeps:
        values = {"finetune_id": "mine", "prompt": "a cat", "seed": 7}
        threading.settrace(enter)
        sweep = sweeps.create(values, [AxisText("seed", "6 random")])
        sweeps.start(sweep.id)
        ended = threading.Event()
        run = sweeps.run(sweep.id)
        run.add_listener(lambda: run.has_ended and ended.set())
        while not run.has_ended:
            ended.wait(0.05)
    (folder / f"{name}.lines").write_text(str(seen))

def killed(name, fatal):
    child = os.fork()
    if child == 0:
        make(name, fatal)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

wholes = ("whole", "again")
assert [killed(name, 0) for name in wholes] == [0, 0]
lines = min(int((folder / f"{name}.lines").read_text()) for name in wholes)  # a slow one polls more often
keys = [f"key-{n}-of-{points}" for n in range(points)]
print(json.dumps([[key, killed(key, 1 + n * lines // points)] for n, key in enumerate(keys)]))
"""


@pytest.fixture(scope="module")
def fast() -> Iterator[LocalServer]:
    """A server that is fast and has an account for each key."""
    with LocalServer(speed=200, credits=CREDITS, scale=0.1, renderer="flat") as running:
        yield running


def count_paid(server: LocalServer, key: str) -> int:
    """How many submits a key has paid for."""
    with Client(server.url, key) as client:
        return round((CREDITS - client.credits()) / PRICE)


def resume(server: LocalServer, folder: Path, key: str) -> Counter[CellState]:
    """The states of the cells after a restart and Resume."""
    with (
        Playground(Settings(data=folder, base_url=server.url, api_key=key)) as playground,
        Sweeps(playground) as sweeps,
    ):
        playground.resume()
        (sweep,) = sweeps.recent()
        assert sweep.state is not SweepState.RUNNING
        sweeps.start(sweep.id)
        run = sweeps.run(sweep.id)
        wait_until(lambda: run is None or run.has_ended)
        assert sweeps.get(sweep.id).state is SweepState.DONE
        return count_states(sweeps.cells(sweep.id))


@pytest.mark.parametrize("points", [6, pytest.param(40, marks=pytest.mark.long)])
def test_no_cell_is_paid_twice(fast: LocalServer, tmp_path: Path, points: int) -> None:
    """Killed at any point and resumed, a sweep has paid once for each image, and at most once for what is unknown."""
    command = [sys.executable, "-c", VICTIMS, fast.url, str(tmp_path), str(points)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    killed, before = 0, []
    for key, code in json.loads(ended.stdout):
        assert code in (-signal.SIGKILL, 0), (key, ended.stderr)
        killed += code != 0
        before.append(count_paid(fast, key))
        states = resume(fast, tmp_path / key, key)
        unknown = states[CellState.SUBMIT_UNKNOWN]
        assert states[CellState.SUCCEEDED] + unknown == CELLS, (key, states)
        assert unknown <= 2, "two are in flight at once"
        assert states[CellState.SUCCEEDED] <= count_paid(fast, key) <= CELLS, (key, states)
    assert killed >= points // 2, "hardly any process was killed"
    assert len(set(before)) >= 3, "all were killed at the same stage"
