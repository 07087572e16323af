"""A task that is polled at a scripted server: what the tests of polls and of their results share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from flux_playground.client import Client, Result, Task, polling
from flux_playground.client.poll_schedule import PollSchedule
from flux_playground.client.steps import Pause
from flux_playground.errors import PlaygroundError

from ..faulty_server import QUICK, Act, Hostile, limits_for, reply
from ..waiting import WAIT_SECONDS

PATH = "/v1/get_result"
KEY = "0d9f5cf1-1111-2222-3333-444455556666"
PENDING = {"id": "t", "status": "Pending", "result": None, "progress": None}
MADE = {"sample": "https://delivery.bfl.ai/x.jpeg?sig=1", "seed": 42, "prompt": "a lake", "duration": 6.5}
READY = {"id": "t", "status": "Ready", "result": MADE, "progress": None, "cost": 7.000000000000001}


class Hurried(PollSchedule):
    """A schedule for tests."""

    def delay(self, elapsed: float) -> float:
        return 0.005


HURRIED = Hurried()


@pytest.fixture(name="server")
def polled_server() -> Iterator[Hostile]:
    """A server that says Ready unless it is scripted otherwise."""
    with Hostile({PATH: reply(READY)}) as running:
        yield running


def poll(server: Hostile, *acts: Act, **options: Any) -> list[Result]:
    """Every result of a task to which the server answers as scripted."""
    if acts:
        server.script(PATH, *acts)
    task = Task("t", f"{server.url}{PATH}?id=t")
    with Client(server.url, KEY, limits=limits_for(*acts)) as client:
        return list(client.poll(task, **{"schedule": HURRIED, "patience": WAIT_SECONDS, **options}))


@pytest.fixture
def lose_patience(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], PlaygroundError]:
    """What ends a task to which the server answers so for 100 seconds, by a clock that only the pauses set forward."""
    now = 1000.0
    monkeypatch.setattr(polling, "monotonic", lambda: now)

    def follow(client: Client) -> None:
        nonlocal now
        task = Task("t", f"{server.url}{PATH}?id=t")
        for step in client.poll_steps(task, threading.Event(), now + 100, schedule=HURRIED):
            if isinstance(step, Pause):
                now = max(now + 10, step.until())

    def lose(act: Act) -> PlaygroundError:
        server.script(PATH, act)
        limits = replace(QUICK, not_found_grace=1000)
        with Client(server.url, KEY, limits=limits) as client, pytest.raises(PlaygroundError) as caught:
            follow(client)
        return caught.value

    return lose


def failure(server: Hostile, *acts: Act, **options: Any) -> PlaygroundError:
    """What ends a task to which the server answers as scripted."""
    with pytest.raises(PlaygroundError) as caught:
        poll(server, *acts, **options)
    assert caught.value.task_id == "t"
    return caught.value
