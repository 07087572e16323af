"""The one road, on bad days: how a generation ends for each thing that can go wrong, and what it has cost by then."""

from __future__ import annotations

import base64
import io
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from flux_playground import Playground, Settings, schema
from flux_playground.client import Client, Limits, Result
from flux_playground.client.steps import make_steps
from flux_playground.errors import (
    ContentModerated,
    DownloadFailed,
    FinetuneNotFound,
    InvalidImage,
    InvalidRequest,
    OutOfCredits,
    PlaygroundError,
    RateLimited,
    RequestModerated,
    SampleExpired,
    StatusUnavailable,
    SubmitUnknown,
    TaskFailed,
    TaskNotFound,
    TaskTimeout,
    Unauthorized,
)
from flux_playground.generation import Generation, State
from flux_playground.local import LocalServer
from flux_playground.runs import pipeline
from flux_playground.runs.active_runs import ActiveRun
from flux_playground.runs.pipeline import Surroundings, run_generation
from flux_playground.runs.poll_schedules import PollSchedules
from flux_playground.runs.queued_request import QueuedRequest
from flux_playground.storage.generation_store import GenerationStore

from ..faulty_server import Hostile, reply
from ..waiting import WAIT_SECONDS

ENDPOINT = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = "road-key-7f3a9c"
PRICE = 7
QUICK = Limits(
    read_timeout=WAIT_SECONDS,
    submit_timeout=WAIT_SECONDS,
    poll_timeout=WAIT_SECONDS,
    download_timeout=WAIT_SECONDS,
    download_attempts=2,
    backoff=0.01,
    max_pause=0.05,
    not_found_grace=0.4,
    rate_limit_timeout=WAIT_SECONDS,
)
"""Short pauses, and time for a busy machine."""

HASTY_LIMITS = {
    "#submit-silent": replace(QUICK, submit_timeout=1.5),
    "#sample-silent": replace(QUICK, download_timeout=1.5),
    "#too-many": replace(QUICK, rate_limit_timeout=1.0),
}
"""Limits for what never ends otherwise, by the word of the prompt."""

HASTY = 1.2
PATIENT = WAIT_SECONDS


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GenerationStore]:
    opened = GenerationStore(tmp_path)
    yield opened
    opened.close()


def go(
    server: LocalServer, store: GenerationStore, prompt: str, patience: float = PATIENT, key: str = KEY
) -> tuple[list[Generation], int]:
    """Every record of one generation, and how many submits were paid for."""
    request = {"finetune_id": "my-finetune", "prompt": prompt, "seed": 5}
    fresh = Generation(f"{time.monotonic_ns():032x}", "owner", time.time(), ENDPOINT, server.url, request, seed=5)
    limits = HASTY_LIMITS.get(prompt.split()[-1], QUICK)
    with Client(server.url, KEY) as account, Client(server.url, key, limits=limits) as client:
        before = account.credits()
        records = make_records(ActiveRun(store.save(fresh), QueuedRequest(request)), client, store, patience)
        return records, round((before - account.credits()) / PRICE)


def make_records(run: ActiveRun, client: Client, store: GenerationStore, patience: float) -> list[Generation]:
    """Every record of a run that is made on this thread."""
    records: list[Generation] = []
    run.add_listener(lambda: records.append(run.generation))
    around = Surroundings(store, PollSchedules(store.usage.durations, lambda _: None), lambda _: patience)
    assert list(make_steps(run_generation(run, client, around), run.stop)) == []
    return records


# The word in the prompt · how the generation ends · its error · how many submits were paid for
DAYS: list[tuple[str, State, type[PlaygroundError] | None, int]] = [
    ("", State.SUCCEEDED, None, 1),
    ("#no-credits", State.FAILED, OutOfCredits, 0),
    ("#no-finetune", State.FAILED, FinetuneNotFound, 0),
    ("#invalid", State.FAILED, InvalidRequest, 0),
    ("#too-many", State.FAILED, RateLimited, 0),
    ("#too-many-once", State.SUCCEEDED, None, 1),
    ("#unavailable-once", State.SUBMIT_UNKNOWN, SubmitUnknown, 0),
    ("#broken", State.SUBMIT_UNKNOWN, SubmitUnknown, 0),
    ("#submit-silent", State.SUBMIT_UNKNOWN, SubmitUnknown, 1),
    ("#submit-cut", State.SUBMIT_UNKNOWN, SubmitUnknown, 1),
    ("#submit-garbled", State.SUBMIT_UNKNOWN, SubmitUnknown, 0),
    ("#moderated-request", State.FAILED, RequestModerated, 1),
    ("#moderated-content", State.FAILED, ContentModerated, 1),
    ("#error", State.FAILED, TaskFailed, 1),
    ("#lost", State.FAILED, TaskNotFound, 1),
    ("#stuck", State.DETACHED, TaskTimeout, 1),
    ("#unknown-status", State.SUCCEEDED, None, 1),
    ("#reasoning", State.SUCCEEDED, None, 1),
    ("#no-progress", State.SUCCEEDED, None, 1),
    ("#no-seed", State.SUCCEEDED, None, 1),
    ("#no-sample", State.DETACHED, InvalidImage, 1),
    ("#no-result", State.DETACHED, InvalidImage, 1),
    ("#poll-403", State.DETACHED, Unauthorized, 1),
    ("#poll-429-once", State.SUCCEEDED, None, 1),
    ("#poll-502-once", State.SUCCEEDED, None, 1),
    ("#poll-garbled-once", State.SUCCEEDED, None, 1),
    ("#poll-cut-once", State.SUCCEEDED, None, 1),
    ("#poll-500", State.DETACHED, StatusUnavailable, 1),
    ("#sample-expired-once", State.SUCCEEDED, None, 1),
    ("#sample-gone", State.DETACHED, SampleExpired, 1),
    ("#sample-503-once", State.SUCCEEDED, None, 1),
    ("#sample-cut-once", State.SUCCEEDED, None, 1),
    ("#sample-not-image", State.DETACHED, InvalidImage, 1),
    ("#sample-silent", State.DETACHED, DownloadFailed, 1),
]


@pytest.mark.parametrize(("word", "state", "error", "paid"), DAYS, ids=[day[0] or "a good day" for day in DAYS])
def test_endings(
    server: LocalServer, store: GenerationStore, word: str, state: State, error: type[PlaygroundError] | None, paid: int
) -> None:
    """Each fault has its ending, and a generation is paid for once at most."""
    patience = HASTY if error in (TaskTimeout, StatusUnavailable) else PATIENT  # these end with the patience
    records, submits = go(server, store, f"a quiet lake {word}", patience)
    last = records[-1]
    assert last.state is state
    assert isinstance(last.error, error or type(None))  # the last poll of a stuck task may fail
    assert submits == paid
    assert [record.finished for record in records] == [False] * (len(records) - 1) + [True]
    kept = store.get(last.id)
    assert kept is not None
    assert (kept.state, kept.task_id, kept.image) == (last.state, last.task_id, last.image)
    assert (last.image is not None) == (state is State.SUCCEEDED)
    assert last.seed == 5


def test_rejected_key(server: LocalServer, store: GenerationStore) -> None:
    """A rejected key costs nothing."""
    records, submits = go(server, store, "a quiet lake", key="#bad-key")
    assert (records[-1].state, type(records[-1].error), submits) == (State.FAILED, Unauthorized, 0)


def test_missing_server(store: GenerationStore) -> None:
    """A missing server costs nothing."""
    with LocalServer() as gone:
        url = gone.url
    fresh = Generation("0" * 32, "owner", time.time(), ENDPOINT, url, {})
    with Client(url, KEY, limits=QUICK) as client:
        last = make_records(ActiveRun(fresh), client, store, 1)[-1]
    assert last.state is State.FAILED
    assert type(last.error).__name__ == "APIUnreachable"


def test_collected_later(server: LocalServer, settings: Settings, released: threading.Event) -> None:
    """A task that was left is collected later and paid for once."""
    hasty = settings.replace(demo_url="", base_url=server.url, api_key="collector", timeout=0.05)
    with Playground(hasty) as playground:
        before = playground.credits()
        left = list(playground.generate({"finetune_id": "a", "prompt": "hills"}))[-1]
        assert left.state is State.DETACHED
        assert isinstance(left.error, TaskTimeout)  # a poll of so little patience may itself have no time
    released.set()
    with Playground(hasty.replace(timeout=WAIT_SECONDS)) as playground:
        assert playground.resume() == []
        playground.collect(left.id)
        last = list(playground.watch(left.id))[-1]
        assert (last.state, last.error, last.task_id) == (State.SUCCEEDED, None, left.task_id)
        assert playground.credits() == before - PRICE


def test_patience_by_endpoint(settings: Settings, monkeypatch: pytest.MonkeyPatch, released: threading.Event) -> None:
    """A task is waited for as long as its endpoint is worth it; a setting of the owner counts more."""
    monkeypatch.setattr(schema, "patience_seconds", {ENDPOINT: 0.05}.__getitem__)
    values = {"finetune_id": "a", "prompt": "hills"}
    with Playground(settings) as playground:
        left = list(playground.generate(values))[-1]
        assert isinstance(left.error, TaskTimeout)
    released.set()
    with Playground(settings.replace(timeout=PATIENT)) as playground:
        assert list(playground.generate(values))[-1].state is State.SUCCEEDED


def test_cost_in_the_record(store: GenerationStore) -> None:
    """The record keeps the cost of the submit and the latest one, the megapixels and the API's own duration."""
    png = io.BytesIO()
    Image.new("RGB", (8, 8)).save(png, "PNG")
    with Hostile({"/x.png": reply(png.getvalue())}) as api:
        task = {"id": "t", "polling_url": f"{api.url}/poll", "cost": 7.000000000000001, "input_mp": 0.0}
        made = {"sample": f"{api.url}/x.png?se=2026-11-26T12:00:00Z", "duration": 6.5}
        ready = {"status": "Ready", "result": made, "cost": 8, "output_mp": 4.2}
        api.script(ENDPOINT, reply(task))
        api.script("/poll", reply({"status": "Reasoning"}), reply(ready))
        fresh = Generation("1" * 32, "owner", time.time(), ENDPOINT, api.url, {})
        with Client(api.url, KEY, limits=QUICK) as client:
            records = make_records(ActiveRun(fresh), client, store, PATIENT)
    assert "Reasoning" in {record.status for record in records}
    last = store.get(fresh.id)
    assert last is not None
    assert last.state is State.SUCCEEDED
    assert (last.cost, last.submit_cost) == (8, 7.000000000000001)
    assert (last.input_mp, last.output_mp, last.reported_seconds) == (0, 4.2, 6.5)
    assert last.link_expires_at == 1795694400


def test_cost_of_a_failure_is_kept(store: GenerationStore) -> None:
    """A task that failed keeps the cost and the status of its last poll."""
    with Hostile({ENDPOINT: reply({"id": "t"})}) as api:
        api.script("/v1/get_result", reply({"status": "Error", "details": {"error": "no memory"}, "cost": 2}))
        fresh = Generation("1" * 32, "owner", time.time(), ENDPOINT, api.url, {})
        with Client(api.url, KEY, limits=QUICK) as client:
            last = make_records(ActiveRun(fresh), client, store, PATIENT)[-1]
    assert (last.state, last.cost, last.submit_cost, last.status) == (State.FAILED, 2, None, "Error")
    assert last.error is not None
    assert last.error.detail == "no memory"


def test_unusable_image_folder(server: LocalServer, settings: Settings) -> None:
    """An image that cannot be stored ends the generation and can be collected later."""
    with Playground(settings) as playground:
        full = playground.settings.data / "images"
        full.rmdir()
        full.write_text("a file where the folder should be")
        last = list(playground.generate({"finetune_id": "a", "prompt": "hills"}))[-1]
        assert last.state is State.DETACHED
        assert last.task_id
        full.unlink()
        full.mkdir()
        playground.collect(last.id)
        assert list(playground.watch(last.id))[-1].state is State.SUCCEEDED


def test_log(server: LocalServer, store: GenerationStore, caplog: pytest.LogCaptureFixture) -> None:
    """Each step is a line of the log with the task and without key, prompt or image."""
    with caplog.at_level(logging.INFO, "flux_playground"):
        records, _ = go(server, store, "a quiet lake")
        moderated, _ = go(server, store, "a quiet lake #moderated-content")
    text = caplog.text
    assert records[-1].task_id in text
    assert moderated[-1].id in text
    assert KEY not in text
    assert "a quiet lake" not in text
    assert max(map(len, text.splitlines())) < 300


def test_several_images_of_a_task(server: LocalServer, store: GenerationStore) -> None:
    """Each image of a task is kept: the first one has the cost and the durations, the others are numbered."""
    records, paid = go(server, store, "#samples a mill")
    first, *others = store.recent("owner", 10)
    assert (records[-1].state, paid, len(others)) == (State.SUCCEEDED, 1, 2)
    assert [one.status for one in (first, *others)] == [f"Ready, image {number} of 3" for number in (1, 2, 3)]
    for one in (first, *others):
        assert one.state is State.SUCCEEDED
        assert one.image is not None
        assert store.read_image(one)
    assert len({one.image for one in (first, *others)}) == len({one.secret for one in (first, *others)}) == 3
    assert (first.cost, first.api_seconds is None) == (PRICE, False)
    assert {(one.cost, one.api_seconds, one.fingerprint, one.task_id) for one in others} == {
        (None, None, "", first.task_id)
    }


def test_lost_image_of_several(store: GenerationStore) -> None:
    """An image of several that is damaged ends as failed, with its reason; the others stay."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    good = base64.b64encode(file.getvalue()).decode()
    with Hostile({}) as api:
        task = {"id": "t", "polling_url": f"{api.url}/poll"}
        ready = {"id": "t", "status": "Ready", "result": {"images": [good, {"b64_json": "QUJD"}, {"url": good}]}}
        api.script(ENDPOINT, reply(task))
        api.script("/poll", reply(ready))
        request = {"prompt": "a mill"}
        fresh = Generation("0" * 32, "owner", time.time(), ENDPOINT, api.url, request)
        with Client(api.url, KEY, limits=QUICK) as client:
            records = make_records(ActiveRun(store.save(fresh), QueuedRequest(request)), client, store, PATIENT)
    first, lost, other = store.recent("owner", 10)
    assert [one.state for one in (first, lost, other)] == [State.SUCCEEDED, State.FAILED, State.SUCCEEDED]
    assert records[-1].id == first.id
    assert isinstance(lost.error, InvalidImage)


@pytest.mark.parametrize(("sent", "reported", "kept"), [(5, 42, 42), (5, None, 5), (None, 42, None)])
def test_seed_of_a_result(sent: int | None, reported: int | None, kept: int | None) -> None:
    """The API's seed counts; one that the endpoint has not taken cannot be used again and is not kept."""
    one = Generation("a" * 32, "owner", time.time(), ENDPOINT, "https://api.bfl.ai", {}, seed=sent)
    result = Result("task", "Ready", sample="https://delivery.bfl.ai/a.jpeg", seed=reported)
    assert pipeline._apply_result(one, result).seed == kept
