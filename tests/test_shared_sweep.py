"""A sweep in a database that processes share: one makes it, each can steer it, and no cell is paid for twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from flux_playground import Playground, Settings, running_sweeps
from flux_playground.client import Client
from flux_playground.errors import InvalidSweep, QuotaExceeded
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.storage.sweep_store import StoredSweep, SweepState
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisText
from flux_playground.sweeps.estimate import Estimate
from flux_playground.sweeps.sheet import CellState, count_states
from tests.conftest import FAST_POLLS
from tests.waiting import wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
KEY, PRICE, BALANCE = "shared-key", 7, 100_000


@dataclass(frozen=True)
class Two:
    """Two processes of a database: `here` has one image of a sweep of four in flight, and three waiting."""

    one: Playground
    here: Sweeps
    two: Playground
    there: Sweeps
    sweep: StoredSweep
    database: str


@pytest.fixture
def shared(server: LocalServer, tmp_path: Path, empty_database: str, released: threading.Event) -> Iterator[Two]:
    """Two processes; images are ready after `released`."""
    settings = Settings(data=tmp_path, base_url=server.url, api_key=KEY, database=empty_database, max_in_flight=1)
    with (
        Playground(settings, limits=FAST_POLLS) as two,
        Sweeps(two) as there,
        Playground(settings, limits=FAST_POLLS) as one,
        Sweeps(one) as here,
    ):
        sweep = here.make(VALUES, [AxisText("finetune_strength", "0, 0.8, 1.2, 1.4")])
        wait_until(lambda: [each.state for each in one.recent()] == [State.RUNNING])
        yield Two(one, here, two, there, sweep, empty_database)


def wait_for_all(sweeps: Sweeps, sweep: StoredSweep) -> None:
    """Wait for four images, each made once, and for the end."""
    wait_until(lambda: sweeps.get(sweep.id).state is SweepState.DONE)
    assert [one.state for one in sweeps.cells(sweep.id)] == [CellState.SUCCEEDED] * 4


def test_resume_in_another_process(shared: Two, released: threading.Event) -> None:
    """A process to which a visitor was moved makes the rest; the image in flight stays where it is."""
    shared.there.start(shared.sweep.id)
    assert shared.here.run(shared.sweep.id).has_ended  # type: ignore[union-attr]
    assert shared.here.get(shared.sweep.id).state is SweepState.RUNNING
    with pytest.raises(InvalidSweep, match="running"):
        shared.here.delete(shared.sweep.id)
    released.set()
    wait_for_all(shared.there, shared.sweep)
    assert [each.state for each in shared.two.recent()] == [State.SUCCEEDED] * 4
    with closing(psycopg.connect(shared.database)) as database:
        assert database.execute("SELECT * FROM sweep_holders").fetchall() == []


def test_refused_resume_ends_nothing(shared: Two, released: threading.Event) -> None:
    """A process that may not start the rest leaves the sweep to the one that makes it; a new name stays."""

    def refuse(_: Estimate) -> None:
        raise QuotaExceeded("No.")

    with pytest.raises(QuotaExceeded):
        shared.there.start(shared.sweep.id, approve=refuse)
    shared.there.rename(shared.sweep.id, "mills")
    released.set()
    wait_for_all(shared.here, shared.sweep)
    assert shared.there.get(shared.sweep.id).name == "mills"


def test_process_that_does_not_answer(shared: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep of a process that does not answer is refused, and stays that one's."""
    monkeypatch.setattr(running_sweeps, "ANSWER_SECONDS", -1.0)
    with pytest.raises(InvalidSweep, match="Another process"):
        shared.there.start(shared.sweep.id)
    run = shared.here.run(shared.sweep.id)
    assert run is not None
    assert not run.has_ended


def test_lost_claim(shared: Two, released: threading.Event) -> None:
    """A process whose claim another one has taken starts no further cell."""
    with closing(psycopg.connect(shared.database, autocommit=True)) as database:
        database.execute("DELETE FROM sweep_holders")
    run = shared.here.run(shared.sweep.id)
    assert run is not None
    wait_until(lambda: run.has_ended)
    released.set()
    wait_until(lambda: all(each.finished for each in shared.one.recent()))
    assert len(shared.one.recent()) == 1
    shared.there.start(shared.sweep.id)
    wait_for_all(shared.there, shared.sweep)


def test_watch_of_another_process(shared: Two, server: LocalServer, released: threading.Event) -> None:
    """A sweep that another process makes is watched to its end; four images are paid for."""
    with Client(server.url, KEY) as client:
        before = client.credits()
        watched = shared.there.watch(shared.sweep.id)
        assert sum(one.state is CellState.RUNNING for one in next(watched)) == 1
        released.set()
        *_, cells = watched
        assert [one.state for one in cells] == [CellState.SUCCEEDED] * 4
        assert before - client.credits() == 3 * PRICE


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
