"""Changes of generations as an async stream."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from flux_playground.generation import Generation, State
from flux_playground.runs import changes
from flux_playground.runs.active_runs import ActiveRun, ActiveRuns
from flux_playground.runs.changes import ChangeSignal, OtherChanges, stream_changes

GENERATION = Generation("1", "owner", 0.0, "/v1/flux", "https://api.bfl.ai", {})
NEVER = 60.0
"""Seconds: a test that waits this long has failed."""


def load(generation_id: str) -> Generation:
    raise KeyError(generation_id)


def test_stream_yields_each_record() -> None:
    """A stream yields each record of a run without waiting for an interval, and ends with the finished one."""
    runs = ActiveRuns()
    run = runs.add(ActiveRun(GENERATION))

    async def collect() -> list[State]:
        states = []
        async for generation in stream_changes(runs.get, load, "1"):
            states.append(generation.state)
            following = State.RUNNING if generation.state is State.QUEUED else State.SUCCEEDED
            if not generation.finished:
                run.publish(replace(generation, state=following))
        return states

    states = asyncio.run(asyncio.wait_for(collect(), NEVER))
    assert states == [State.QUEUED, State.RUNNING, State.SUCCEEDED]
    assert run._listeners == []


def test_stream_reads_records_of_other_processes() -> None:
    """A generation that does not run in this process is read until it is finished."""
    records = [GENERATION, GENERATION, replace(GENERATION, state=State.SUCCEEDED)]

    async def collect() -> list[State]:
        return [record.state async for record in stream_changes(ActiveRuns().get, lambda _: records.pop(0), "1")]

    assert asyncio.run(asyncio.wait_for(collect(), NEVER)) == [State.QUEUED, State.SUCCEEDED]


def test_keepalive_repeats_the_record() -> None:
    """With a keepalive, an unchanged record is yielded again."""
    runs = ActiveRuns()
    run = runs.add(ActiveRun(GENERATION))

    async def collect() -> int:
        count = 0
        async for generation in stream_changes(runs.get, load, "1", keepalive_seconds=0.01):
            count += 1
            if count == 3:
                run.publish(replace(generation, state=State.FAILED))
        return count

    assert asyncio.run(asyncio.wait_for(collect(), NEVER)) == 4


def test_signal_wakes_at_once_for_a_finished_run() -> None:
    """A run that has finished before it is watched wakes the waiting coroutine."""
    run = ActiveRun(replace(GENERATION, state=State.SUCCEEDED))

    async def wait() -> bool:
        signal = ChangeSignal()
        signal.watch([run])
        return await signal.wait(NEVER)

    assert asyncio.run(wait())


def test_signal_of_ends() -> None:
    """With `ends_only`, the coroutine sleeps through the records of a run that goes on, and wakes at its end."""
    run = ActiveRun(GENERATION)

    async def collect() -> list[bool]:
        signal = ChangeSignal(ends_only=True)
        signal.watch([run])
        woken = []
        for state, seconds in [(State.RUNNING, 0.01), (State.SUCCEEDED, NEVER)]:
            run.publish(replace(run.generation, state=state))
            woken.append(await signal.wait(seconds))
        signal.close()
        return woken

    assert asyncio.run(collect()) == [False, True]
    assert run._listeners == []


def test_stream_is_told_of_other_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of another process is read again as soon as that process has written it."""
    monkeypatch.setattr(changes, "CHECK_INTERVAL_SECONDS", NEVER)
    others, records = OtherChanges(), [GENERATION, replace(GENERATION, state=State.SUCCEEDED)]

    async def collect() -> list[State]:
        states = []
        async for record in stream_changes(ActiveRuns().get, lambda _: records.pop(0), "1", None, others):
            states.append(record.state)
            others.notify({"2"})
            others.notify({"1", "2"})
        return states

    assert asyncio.run(asyncio.wait_for(collect(), NEVER / 2)) == [State.QUEUED, State.SUCCEEDED]
