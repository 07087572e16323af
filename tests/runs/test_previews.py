"""Previews beside the polls: they show what they can and disturb nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flux_playground.client import Client
from flux_playground.errors import InvalidImage
from flux_playground.generation import Generation, State
from flux_playground.local import LocalServer
from flux_playground.runs.active_runs import ActiveRun
from flux_playground.runs.pipeline import Surroundings, run_generation
from flux_playground.runs.poll_schedules import PollSchedules
from flux_playground.runs.previews import Previews
from flux_playground.runs.queued_request import QueuedRequest
from flux_playground.storage.generation_store import GenerationStore

from ..client.test_fetch_preview import PREVIEW, image
from ..faulty_server import QUICK, Hostile, reply, silence
from ..waiting import WAIT_SECONDS, wait_until
from .test_pipeline import ENDPOINT, KEY, make_records


class SlowClient:
    """Fetches previews that wait for `go`."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.sources: list[str] = []

    def fetch_preview(self, source: str) -> bytes:
        """Return the source as a preview."""
        self.sources.append(source)
        assert self.go.wait(WAIT_SECONDS)
        if source == "bad":
            raise InvalidImage("No image.")
        if source == "bug":
            raise RuntimeError
        return source.encode()


def new_run() -> ActiveRun:
    """A run of nothing."""
    return ActiveRun(Generation("1" * 32, "owner", 1.0, ENDPOINT, "https://api.bfl.ai", {}))


def show_until(condition: Callable[[], Any], previews: Previews, client: Any, source: str, *runs: ActiveRun) -> None:
    """Report a preview as often as polls do, until a condition holds."""

    def report() -> bool:
        for run in runs:
            previews.show(run, client, source)
        return bool(condition())

    wait_until(report)


@pytest.fixture
def client() -> Any:
    """A client whose previews take their time."""
    return SlowClient()


def test_one_preview_at_a_time(client: Any) -> None:
    """While a preview of a run is fetched, others of the run are skipped, and nobody waits."""
    previews, run = Previews(pause=0), new_run()
    for source in ("", "a", "a", "b"):
        previews.show(run, client, source)
    wait_until(lambda: client.sources)
    assert client.sources == ["a"]
    client.go.set()
    wait_until(lambda: run.preview == b"a")
    previews.show(run, client, "a")  # known
    show_until(lambda: run.preview == b"b", previews, client, "b", run)
    assert client.sources == ["a", "b"]
    assert run.preview_count == 2


def test_previews_of_many_runs(client: Any) -> None:
    """Previews take a few threads at most; one that was skipped is fetched when its next poll reports it."""
    previews, runs = Previews(max_threads=2), [new_run() for _ in range(5)]
    for run in runs:
        previews.show(run, client, "a")
    wait_until(lambda: len(client.sources) == 2)
    client.go.set()
    show_until(lambda: all(run.preview for run in runs), previews, client, "a", *runs)
    assert len(client.sources) == 5


def test_pause_between_previews(client: Any) -> None:
    """A URL with a new signature in each poll is not fetched with each poll."""
    previews, run = Previews(pause=60), new_run()
    client.go.set()
    previews.show(run, client, "a")
    wait_until(lambda: run.preview == b"a")
    for number in range(5):
        previews.show(run, client, f"a?{number}")
    assert client.sources == ["a"]


@pytest.mark.parametrize("source", ["bad", "bug"])
def test_failed_preview(client: Any, source: str) -> None:
    """A preview that fails leaves the earlier one, and the next one is fetched."""
    previews, run = Previews(pause=0), new_run()
    client.go.set()
    previews.show(run, client, "a")
    wait_until(lambda: run.preview == b"a")
    show_until(lambda: source in client.sources, previews, client, source, run)
    show_until(lambda: run.preview == b"b", previews, client, "b", run)
    assert client.sources.count(source) == 1


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    """An empty store."""
    opened = GenerationStore(tmp_path)
    yield opened
    opened.close()


def test_preview_that_hangs(store: GenerationStore) -> None:
    """A preview that never arrives delays neither the polls nor the image; a preview is never the result."""
    made = {"id": "t", "status": "Ready", "result": {"sample": "{url}/x.png"}}
    with Hostile({PREVIEW: silence(), "/x.png": reply(image(16, 16, "PNG"))}) as api:
        made["result"] = {"sample": f"{api.url}/x.png"}
        waiting = {"status": "Generating", "preview": f"{api.url}{PREVIEW}"}
        api.script(ENDPOINT, reply({"id": "t", "polling_url": f"{api.url}/poll"}))
        api.script("/poll", *[reply(waiting)] * 3, reply({**made, "preview": f"{api.url}/late.png"}))
        run = ActiveRun(Generation("2" * 32, "owner", time.time(), ENDPOINT, api.url, {}))
        with Client(api.url, KEY, limits=QUICK) as client:
            last = make_records(run, client, store, 30)[-1]
        assert (last.state, last.width) == (State.SUCCEEDED, 16)
        assert run.preview is None
        assert len(api.calls(PREVIEW)) == 1
        assert api.calls("/late.png") == []


def test_preview_of_the_local_server(store: GenerationStore) -> None:
    """A task with previews shows one while it runs."""
    request = {"finetune_id": "my-finetune", "prompt": "a lake #preview-object #stuck", "aspect_ratio": "1:1"}
    with LocalServer(speed=20, renderer="flat", scale=0.25) as server, Client(server.url, KEY, limits=QUICK) as client:
        fresh = Generation("3" * 32, "owner", time.time(), ENDPOINT, server.url, request)
        run = ActiveRun(fresh, QueuedRequest(request))
        around = Surroundings(store, PollSchedules(store.usage.durations, lambda _: None), lambda _: 30)
        steps = run_generation(run, client, around)
        for step in steps:
            step.wait(run.stop)
            if run.preview:
                run.stop.set()
        assert run.preview is not None
        assert run.preview[8:12] == b"WEBP"
        assert run.generation.state is State.DETACHED
