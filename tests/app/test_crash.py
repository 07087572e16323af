"""`kill -9` at any instant: every task that was submitted is taken up again, and none is submitted twice.

A real process is killed, many times over, each time at another line of the pipeline, of the store or of the client.
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
from flux_playground.generation import State
from flux_playground.local import LocalServer

PRICE = 7

# For each point: a process of its own makes one image and kills itself at that line of what a generation passes
# through, counted as they are executed. Prints the number of lines of a whole generation, and how each process ended.
VICTIMS = """
import json, os, signal, sys, threading
from pathlib import Path
from flux_playground import Playground, Settings

url, folder, points = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
ROOMS = ("runs/pipeline.py", "runs/runner.py", "storage/", "client/")

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
        return step if "flux_playground/" in file and any(room in file for room in ROOMS) else None
    threading.settrace(enter)
    with Playground(Settings(data=folder / name, base_url=url, api_key=name)) as playground:
        for generation in playground.generate({"finetune_id": "my-finetune", "prompt": "a harbour", "seed": 7}):
            pass
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
    with LocalServer(speed=200, credits=1000, scale=0.1, renderer="flat") as running:
        yield running


def paid(server: LocalServer, key: str) -> int:
    """How many submits a key has paid for."""
    with Client(server.url, key) as client:
        return round((1000 - client.credits()) / PRICE)


def ends(server: LocalServer, folder: Path, key: str) -> list[State]:
    """What becomes of what a killed process left behind, after a restart."""
    with Playground(Settings(data=folder, base_url=server.url, api_key=key)) as playground:
        playground.resume()
        return [list(playground.watch(generation.id))[-1].state for generation in playground.recent()]


@pytest.mark.parametrize("points", [8, pytest.param(48, marks=pytest.mark.long)])
def test_kill_at_any_point(fast: LocalServer, tmp_path: Path, points: int) -> None:
    """After a kill at any point, a paid task is resumed and none is paid twice."""
    command = [sys.executable, "-c", VICTIMS, fast.url, str(tmp_path), str(points)]
    killed = subprocess.run(command, capture_output=True, text=True, check=True)
    seen: Counter[tuple[int, State]] = Counter()
    for key, code in json.loads(killed.stdout):
        assert code in (-signal.SIGKILL, 0), (key, killed.stderr)
        (state,) = ends(fast, tmp_path / key, key)
        if paid(fast, key):
            # Only between sending and writing down can nobody know; then that is said, and it is not sent again.
            assert state in (State.SUCCEEDED, State.SUBMIT_UNKNOWN), key
        else:
            assert state in (State.CANCELLED, State.SUBMIT_UNKNOWN), key
        assert paid(fast, key) <= 1, key
        seen[paid(fast, key), state] += code == -signal.SIGKILL
    # A process that was luckier than the one that was counted has fewer lines, and may have got to its end.
    assert seen.total() >= points // 2, "hardly any process was killed"
    assert seen[1, State.SUCCEEDED] >= points // 5, seen
    assert seen[1, State.SUBMIT_UNKNOWN] <= points // 3, seen
