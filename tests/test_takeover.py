"""A process of a shared database continues what a killed one had begun, and submits nothing again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import Unauthorized
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.playground import Visitor
from flux_playground.takeover import start_takeover
from tests.conftest import FAST_POLLS
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
OWN_KEY = Visitor("somebody", api_key="own-key")
PROCESS = """
import sys, time
from flux_playground import Playground, Settings
from flux_playground.playground import OWNER
from tests.conftest import FAST_POLLS
from tests.postgres_server import shorten_leases
from tests.test_takeover import OWN_KEY, VALUES
shorten_leases()
folder, url, database = sys.argv[1:]
settings = Settings(data=folder, base_url=url, api_key="owners-key", database=database, max_in_flight=1)
playground = Playground(settings, limits=FAST_POLLS)
for visitor in (OWNER, OWN_KEY):
    running = playground.start(VALUES, visitor)
    while playground.get(running.id).state != "running":
        time.sleep(0.01)
    print(running.id, playground.start(VALUES, visitor).id, flush=True)
time.sleep(600)
"""


@pytest.mark.usefixtures("short_leases")
def test_killed_process_is_succeeded(
    server: LocalServer, tmp_path: Path, empty_database: str, released: threading.Event
) -> None:
    """Another process finishes the image of a killed one and sends what waited, unless its key is gone."""
    settings = Settings(
        data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database, max_in_flight=1
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", PROCESS, str(tmp_path), server.url, empty_database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        ids = [process.stdout.readline().split() for _ in range(2)]
        with Playground(settings, limits=FAST_POLLS) as successor:
            (running, queued), (running_of_key, queued_of_key) = [[successor.get(one) for one in two] for two in ids]
            waiting = successor.start(VALUES)
            start_takeover(successor, 0.05)
            process.send_signal(signal.SIGKILL)
            released.set()
            of_killed = (running, queued, running_of_key, queued_of_key)
            wait_until(lambda: all(successor.get(one.id).finished for one in (*of_killed, waiting)))
            found, sent, left, unsent = (successor.get(one.id) for one in of_killed)
            assert (running.state, queued.state) == (State.RUNNING, State.QUEUED)
            assert (found.state, sent.state) == (State.SUCCEEDED, State.SUCCEEDED)
            assert found.task_id == running.task_id
            assert successor.store.find_image(found) is not None
            assert (left.state, unsent.state) == (State.DETACHED, State.CANCELLED)
            assert isinstance(left.error, Unauthorized)
            assert isinstance(unsent.error, Unauthorized)
            assert successor.get(waiting.id).state is State.SUCCEEDED
