"""`kill -9` at any instant: every task that was submitted is taken up again, and none is submitted twice.

A real process is killed, many times over: each time one line of the road, of the journal or of the client further on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor

POINTS = 40
PRICE = 7

# Runs one generation and kills itself at the n-th line executed in the files that a generation passes through.
VICTIM = """
import os, signal, sys, threading
from pathlib import Path
from flux_playground import Playground, Settings
url, folder, key, point = sys.argv[1:4] + [int(sys.argv[4])]
rooms = ("road.py", "journal.py", "client")
seen = 0
def step(frame, event, argument):
    global seen
    if event == "line":
        seen += 1
        if seen == point:
            os.kill(os.getpid(), signal.SIGKILL)
    return step
def enter(frame, event, argument):
    name = frame.f_code.co_filename
    return step if "flux_playground" in name and any(room in name for room in rooms) else None
settings = Settings(data=Path(folder), base_url=url, api_key=key)
with Playground(settings) as playground:
    threading.settrace(enter)
    sys.settrace(None)
    for generation in playground.generate({"finetune_id": "my-finetune", "prompt": "a harbour", "seed": 7}):
        pass
print(seen)
"""


def run_victim(server: LocalServer, folder: Path, key: str, point: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", VICTIM, server.url, str(folder), key, str(point)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}
    )


@pytest.fixture(scope="module")
def fast() -> Iterator[LocalServer]:
    with LocalServer(speed=200) as running:
        yield running


def test_killed_anywhere_on_the_road_a_paid_task_is_taken_up_and_none_is_paid_twice(
    fast: LocalServer, tmp_path: Path
) -> None:
    whole = run_victim(fast, tmp_path / "whole", "key-whole", -1)
    assert whole.returncode == 0, whole.stderr
    lines = int(whole.stdout)
    ends: Counter[tuple[int, State]] = Counter()
    for number in range(POINTS):
        point = 1 + number * lines // POINTS
        folder, key = tmp_path / str(number), f"key-{number}"
        settings = replace(Settings(), data=folder, base_url=fast.url, api_key=key)
        with Playground(replace(settings, data=tmp_path / "purse")) as playground:
            full = playground.credits()
        killed = run_victim(fast, folder, key, point)
        assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
        with Playground(settings) as playground:
            playground.resume()
            states = [list(playground.watch(g.id))[-1].state for g in playground.recent(Visitor())]
            paid = round((full - playground.credits()) / PRICE)
        assert len(states) == 1, point
        assert paid <= 1, point
        if paid:
            # Only between the sending and the writing down can nobody know; then it is said so, and not sent again.
            assert states[0] in (State.READY, State.UNKNOWN), point
        else:
            assert states[0] in (State.UNSENT, State.UNKNOWN), point
        ends[paid, states[0]] += 1
    assert ends[1, State.READY] >= POINTS // 4, ends
    assert ends[1, State.UNKNOWN] <= POINTS // 3, ends
