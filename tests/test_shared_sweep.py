"""A sweep in a database that processes share: one of them makes it, so that no cell is paid twice; all can stop it."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from flux_playground import Playground, Settings
from flux_playground.errors import InvalidSweep
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.storage.sweep_store import SweepState
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisText
from flux_playground.sweeps.sheet import CellState, count_states
from tests.conftest import FAST_POLLS
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}


def test_sweep_of_another_process(
    server: LocalServer, tmp_path: Path, empty_database: str, released: threading.Event
) -> None:
    """A sweep that another process makes is refused; after the end of that one it goes on, each cell once."""
    settings = Settings(
        data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database, max_in_flight=1
    )
    with Playground(settings, limits=FAST_POLLS) as two, Sweeps(two) as there:
        with Playground(settings, limits=FAST_POLLS) as one, Sweeps(one) as here:
            sweep = here.create(VALUES, [AxisText("finetune_strength", "0, 0.8, 1.2, 1.4")])
            here.start(sweep.id)
            wait_until(lambda: [each.state for each in one.recent()] == [State.RUNNING])
            here.start(sweep.id)
            for call in (there.start, there.delete):
                with pytest.raises(InvalidSweep, match=r"still being made|is running"):
                    call(sweep.id)
        two.resume()
        there.start(sweep.id)
        released.set()
        wait_until(lambda: there.get(sweep.id).state is SweepState.DONE)
        there.start(sweep.id)
        wait_until(lambda: there.get(sweep.id).state is SweepState.DONE)
        assert [each.state for each in two.recent()] == [State.SUCCEEDED] * 4
    with closing(psycopg.connect(empty_database)) as database:
        assert database.execute("SELECT * FROM sweep_holders").fetchall() == []


@pytest.mark.parametrize(("request_name", "made"), [("stop", 1), ("pause", 2)])
def test_request_to_another_process(
    server: LocalServer, tmp_path: Path, empty_database: str, released: threading.Event, request_name: str, made: int
) -> None:
    """Any process shows a sweep of another one as running, and pauses or stops it; then it can make the rest."""
    settings = Settings(
        data=tmp_path, base_url=server.url, api_key="owners-key", database=empty_database, max_in_flight=2
    )
    with (
        Playground(settings, limits=FAST_POLLS) as one,
        Playground(settings, limits=FAST_POLLS) as two,
        Sweeps(one) as here,
        Sweeps(two) as there,
    ):
        two.start(VALUES)
        wait_until(lambda: [each.state for each in two.recent()] == [State.RUNNING])
        sweep = here.make(VALUES, [AxisText("finetune_strength", "0, 0.8, 1.2, 1.4")])
        started = {CellState.RUNNING: 1, CellState.QUEUED: 1, CellState.MISSING: 2}
        wait_until(lambda: count_states(there.cells(sweep.id)) == started)
        assert there.get(sweep.id).state is SweepState.RUNNING
        assert [each.state for each in there.recent()] == [SweepState.RUNNING]
        getattr(there, request_name)(sweep.id)
        wait_until(lambda: there.get(sweep.id).state is SweepState.PAUSED)
        released.set()
        wait_until(
            lambda: count_states(there.cells(sweep.id)) == {CellState.SUCCEEDED: made, CellState.MISSING: 4 - made}
        )
        run = here.run(sweep.id)
        wait_until(lambda: run is None or run.has_ended)
        there.start(sweep.id)
        wait_until(lambda: here.get(sweep.id).state is SweepState.DONE)
        assert count_states(here.cells(sweep.id)) == {CellState.SUCCEEDED: 4}
