"""A process of a shared database continues what a killed one had begun, and submits nothing again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.storage import postgres_lock
from flux_playground.takeover import start_takeover
from tests.conftest import FAST_POLLS

PROCESS = """
import sys, time
from flux_playground import Playground, Settings
from tests.conftest import FAST_POLLS
folder, demo_url, database = sys.argv[1:]
playground = Playground(Settings(data=folder, demo_url=demo_url, database=database), limits=FAST_POLLS)
values = {"finetune_id": "my-finetune", "prompt": "a mill #slow"}
for record in playground.generate(values):
    print(record.id, record.state, flush=True)
"""


def test_killed_process_is_succeeded(
    server: LocalServer, tmp_path: Path, empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process finishes the image of a killed one, also while a request of its own waits for the place."""
    monkeypatch.setattr(postgres_lock, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(postgres_lock, "GRACE_SECONDS", 0.5)
    settings = Settings(data=tmp_path, demo_url=server.url, database=empty_database, max_in_flight=1)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PROCESS, str(tmp_path), server.url, empty_database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        generation_id = next(line.split()[0] for line in process.stdout if line.split()[1] == State.RUNNING)
        with Playground(settings, limits=FAST_POLLS) as successor:
            before = successor.get(generation_id)
            waiting = successor.start({"finetune_id": "my-finetune", "prompt": "a mill"})
            start_takeover(successor, 0.05)
            process.send_signal(signal.SIGKILL)
            until = time.monotonic() + 20
            while not (found := successor.get(generation_id)).finished and time.monotonic() < until:
                time.sleep(0.02)
            assert (before.state, found.state) == (State.RUNNING, State.SUCCEEDED)
            assert found.task_id == before.task_id
            assert successor.store.find_image(found) is not None
            assert successor.store.is_primary
            assert list(successor.watch(waiting.id))[-1].state == State.SUCCEEDED
