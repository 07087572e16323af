"""Collect, stop, resume, start and close at the same moment: one submit a press, one worker a generation, no loss."""

from __future__ import annotations

import io
import itertools
import random
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PIL import Image

from flux_playground import Playground, Settings, playground
from flux_playground.access.visitor import resolve_credentials
from flux_playground.client import Limits
from flux_playground.errors import PlaygroundError, StorageError
from flux_playground.generation import Generation, State
from flux_playground.runs.timetable import MAX_WORKERS
from tests.faulty_server import Hostile, Seen, reply

from ..waiting import WAIT_SECONDS, wait_until

VALUES = {"finetune_id": "my-finetune", "prompt": "a mill"}
SUBMIT = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = "owners-key-1234"
QUICK = Limits(max_poll_step=0.01, max_poll_start=0.05, backoff=0.01, max_pause=0.02, poll_timeout=WAIT_SECONDS)


class Api(Hostile):
    """An API that numbers its tasks; `ready` says whether they are ready, `resting` holds the polls back."""

    def __init__(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (32, 32)).save(file, "JPEG")
        self.ready, self.resting = threading.Event(), threading.Event()
        self.resting.set()
        self._numbers = itertools.count(1)
        super().__init__({SUBMIT: self._submit, "/poll": self._poll, "/image": reply(file.getvalue())})

    def _submit(self, sock: socket.socket, seen: Seen) -> bool:
        number = next(self._numbers)
        return reply({"id": f"t{number}", "polling_url": f"{self.url}/poll?id={number}"})(sock, seen)

    def _poll(self, sock: socket.socket, seen: Seen) -> bool:
        self.resting.wait(WAIT_SECONDS)
        ready = {"id": "t", "status": "Ready", "result": {"sample": f"{self.url}/image"}}
        return reply(ready if self.ready.is_set() else {"id": "t", "status": "Pending"})(sock, seen)


@pytest.fixture
def api() -> Iterator[Api]:
    """The API."""
    running = Api()
    with running:
        yield running


@pytest.fixture
def owned(settings: Settings, api: Api) -> Settings:
    """Settings with one place in the queue."""
    return settings.replace(demo_url="", base_url=api.url, api_key=KEY, max_in_flight=1)


def accepted(opened: Playground) -> Generation:
    """A generation whose task was accepted."""
    started = opened.start(VALUES)
    wait_until(lambda: opened.get(started.id).state is State.RUNNING)
    return started


def finish(opened: Playground, started: Generation) -> Generation:
    """The last record of a generation."""
    return list(opened.watch(started.id))[-1]


def detached(opened: Playground) -> Generation:
    """A generation that can be collected."""
    started = accepted(opened)
    opened.stop(started.id)
    return finish(opened, started)


def test_stop_of_a_queued_collect(owned: Settings, api: Api) -> None:
    """A collect that is stopped in the queue can be repeated: its image was paid for."""
    with Playground(owned, limits=QUICK) as opened:
        paid, other = detached(opened), accepted(opened)
        assert opened.collect(paid.id).state is State.RUNNING
        assert opened.queue_position(paid.id) == 1
        assert opened.stop(paid.id).state is State.DETACHED
        api.ready.set()
        opened.collect(paid.id)
        assert [finish(opened, one).state for one in (paid, other)] == [State.SUCCEEDED] * 2
    assert len(api.calls(SUBMIT)) == 2


def test_waiting_tasks_need_few_threads(owned: Settings, api: Api) -> None:
    """Hundreds of tasks wait without threads of their own, each is submitted once, and all are fetched."""
    with Playground(owned.replace(max_in_flight=300), limits=QUICK) as opened:
        started = [opened.start(VALUES) for _ in range(200)]
        wait_until(lambda: all(opened.get(one.id).state is State.RUNNING for one in started))
        assert sum(thread.name == "generation" for thread in threading.enumerate()) <= MAX_WORKERS
        api.ready.set()
        assert {finish(opened, one).state for one in started} == {State.SUCCEEDED}
    assert len(api.calls(SUBMIT)) == 200


def test_queued_tasks_outlive_a_close(owned: Settings, api: Api) -> None:
    """Accepted tasks that wait in the queue when the program ends are resumed by the next start."""
    with Playground(owned.replace(max_in_flight=3), limits=QUICK) as first:
        tasks = [accepted(first) for _ in range(3)]
    with Playground(owned, limits=QUICK) as second:
        second.resume()
    api.ready.set()
    with Playground(owned, limits=QUICK) as third:
        assert len(third.resume()) == 3
        assert [finish(third, one).state for one in tasks] == [State.SUCCEEDED] * 3
    assert len(api.calls(SUBMIT)) == 3


def test_close_sends_nothing_that_is_queued(owned: Settings, api: Api) -> None:
    """A place that becomes free while the program ends starts no queued request."""
    opened = Playground(owned.replace(max_in_flight=2), limits=QUICK)
    slow, quick = accepted(opened), accepted(opened)
    queued = opened.start(VALUES)
    stop = opened._runner.stop

    def stop_slowly(run: Any) -> Generation:
        stopped = stop(run)
        if run.generation.id == slow.id:
            api.resting.clear()
        return stopped

    opened._runner.stop = stop_slowly  # type: ignore[method-assign]
    api.ready.set()
    threading.Timer(0.5, api.resting.set).start()
    opened.close()
    assert len(api.calls(SUBMIT)) == 2
    with Playground(owned, limits=QUICK) as second:
        assert second.get(queued.id).state is State.CANCELLED
        second.resume()
        assert {finish(second, one).state for one in (slow, quick)} == {State.SUCCEEDED}


def test_start_after_close(owned: Settings, api: Api) -> None:
    """A start that comes while the program ends is refused, and nothing is sent."""
    with Playground(owned, limits=QUICK) as opened:
        opened._runner.close()
        with pytest.raises(StorageError, match="ending"):
            opened.start(VALUES)
        assert opened.recent() == []
    assert api.calls(SUBMIT) == []


@pytest.mark.parametrize("entrance", ["collect", "resume"])
def test_stale_record_starts_nothing(owned: Settings, api: Api, entrance: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A collect or resume that is overtaken by a whole collect leaves the image alone."""
    with Playground(owned, limits=QUICK) as opened, ThreadPoolExecutor() as pool:
        paid = detached(opened)
        if entrance == "resume":
            opened.store.save(replace(paid, state=State.RUNNING))
        api.ready.set()
        press: Callable[[], object] = opened.resume if entrance == "resume" else partial(opened.collect, paid.id)
        others: list[Future[object]] = []

        def resolve_slowly(*arguments: Any, **options: Any) -> Any:
            credentials = resolve_credentials(*arguments, **options)
            if not others:
                others.append(pool.submit(press))
                with_image = pool.submit(wait_until, lambda: opened.get(paid.id).state is State.SUCCEEDED, 0.5)
                with_image.exception()
            return credentials

        monkeypatch.setattr(playground, "resolve_credentials", resolve_slowly)
        press()
        others[0].result(WAIT_SECONDS)
        wait_until(lambda: opened._runs.list() == [])
        assert opened.get(paid.id).state is State.SUCCEEDED
        assert len(api.calls("/image")) == 1


@pytest.mark.parametrize("seed", range(3))
def test_random_presses(owned: Settings, api: Api, seed: int) -> None:
    """Presses of many threads in a random order lose no image, and each request is sent at most once."""
    chance = random.Random(seed)
    with Playground(owned.replace(max_in_flight=2), limits=QUICK) as opened, ThreadPoolExecutor(8) as pool:
        ids = [opened.start(VALUES).id for _ in range(6)]

        def press(act: str, generation_id: str) -> None:
            if act == "ready":
                (api.ready.clear if api.ready.is_set() else api.ready.set)()
            elif act == "resume":
                opened.resume()
            else:
                getattr(opened, act)(generation_id)

        acts = chance.choices(["stop", "collect", "ready", "resume"], [3, 5, 1, 1], k=150)
        for press_ in [pool.submit(press, act, chance.choice(ids)) for act in acts]:
            press_.result(WAIT_SECONDS)
        assert len(opened._runner._started) <= 2
        api.ready.set()
        for generation_id in ids:
            wait_until(lambda one=generation_id: opened.get(one).finished)  # type: ignore[misc]
            opened.collect(generation_id)
        wait_until(lambda: opened._runs.list() == [])
        ends = [opened.get(one) for one in ids]
        assert all((end.state is State.SUCCEEDED) == bool(end.task_id) for end in ends), ends
        assert {end.state for end in ends} <= {State.SUCCEEDED, State.CANCELLED}
        assert len(api.calls(SUBMIT)) == sum(end.state is State.SUCCEEDED for end in ends)
        wait_until(lambda: opened.clients.get(api.url, KEY).queue.is_idle)
        assert opened.clients.count_queued() == 0


def test_invalid_server_ends_the_run(owned: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A generation whose client cannot be made has an end, and the program can be closed."""
    with Playground(owned, limits=QUICK) as opened:
        monkeypatch.setattr(opened.clients, "get", _fail)
        with pytest.raises(PlaygroundError):
            opened.start(VALUES)
        assert [one.state for one in opened.recent()] == [State.CANCELLED]
        assert opened._runs.list() == []


def _fail(*_: object) -> Any:
    raise PlaygroundError("no client")
