"""A sweep whose process was killed is made to its end by another process, and no cell is paid for twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground import Playground, Settings
from flux_playground.local import LocalServer
from flux_playground.storage.sweep_store import SweepState
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.sheet import CellState, count_states
from flux_playground.takeover import start_takeover
from tests.app.test_replicas import KEY, POINTS, paid
from tests.conftest import FAST_POLLS
from tests.waiting import WAIT_SECONDS, wait_until

CELLS, LIMIT = 8, 2
STRENGTHS = "0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8"
MAKER = """
import sys, time
from flux_playground import Playground, Settings
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisText
from tests.app.test_killed_sweeps import LIMIT, STRENGTHS
from tests.app.test_replicas import KEY, VALUES, die_at
from tests.conftest import FAST_POLLS
from tests.postgres_server import shorten_leases
shorten_leases()
folder, url, database, point = sys.argv[1:]
die_at(point, 2)
settings = Settings(data=folder, base_url=url, api_key=KEY, database=database, max_in_flight=LIMIT)
with Playground(settings, limits=FAST_POLLS) as playground, Sweeps(playground) as sweeps:
    sweeps.make({**VALUES, "prompt": point}, [AxisText("finetune_strength", STRENGTHS)], name=point)
    time.sleep(600)
"""


@pytest.fixture
def api() -> Iterator[LocalServer]:
    """An account of its own, whose images take a third of a second."""
    with LocalServer(speed=20, credits=100_000, scale=0.1, renderer="flat") as running:
        yield running


def wait_for_pause(sweeps: Sweeps, sweep_id: str) -> None:
    """Wait until the process of a sweep counts as ended."""
    wait_until(lambda: sweeps.get(sweep_id).state is SweepState.PAUSED)


@pytest.mark.usefixtures("short_leases")
@pytest.mark.parametrize("points", [["submitting", "running"], pytest.param([*POINTS], marks=pytest.mark.long)])
def test_resume_after_a_kill(api: LocalServer, tmp_path: Path, empty_database: str, points: list[str]) -> None:
    """A sweep is running until its process counts as ended, then paused; Resume makes what was never sent."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    settings = Settings(data=tmp_path, base_url=api.url, api_key=KEY, database=empty_database, max_in_flight=LIMIT)
    with Playground(settings, limits=FAST_POLLS) as survivor, Sweeps(survivor) as sweeps:
        start_takeover(survivor, 0.05)
        found = Counter[CellState]()
        for point in points:
            command = [sys.executable, "-c", MAKER, str(tmp_path), api.url, empty_database, point]
            assert subprocess.run(command, env=environment, timeout=WAIT_SECONDS).returncode == -signal.SIGKILL
            sweep = next(one for one in sweeps.recent() if one.name == point)
            assert sweep.state is SweepState.RUNNING
            wait_for_pause(sweeps, sweep.id)
            cells = sweeps.cells(sweep.id)
            assert any(one.state is CellState.MISSING for one in cells)
            before = found[CellState.SUCCEEDED] + count_states(cells)[CellState.SUCCEEDED]
            sweeps.start(sweep.id)
            *_, cells = sweeps.watch(sweep.id)
            found += count_states(cells)
            assert found[CellState.SUCCEEDED] > before
        assert set(found) <= {CellState.SUCCEEDED, CellState.SUBMIT_UNKNOWN}
        assert found.total() == CELLS * len(points)
        assert found[CellState.SUCCEEDED] <= paid(api) <= found.total()
