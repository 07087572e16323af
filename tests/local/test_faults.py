"""The errors that the local API simulates."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from starlette.responses import Response

from flux_playground.images.media_types import verify
from flux_playground.local import LocalServer, http_responses
from flux_playground.local.backend import Backend, Options
from flux_playground.local.faults import FAULT_BY_WORD, FAULTS, CannedResponse, Fault, find_triggers, parse_triggers
from flux_playground.local.http_responses import FaultyResponse
from flux_playground.local.task_request import TaskRequest
from flux_playground.schema import load
from tests.waiting import WAIT_SECONDS, wait_until

from .requests_to_server import accept, get, submit, wait_for_end

BROKEN = (requests.ReadTimeout, requests.exceptions.ChunkedEncodingError, requests.ConnectionError)


def canned_faults(stage: str) -> list[Any]:
    """The faults of a stage that replace the response."""
    return [pytest.param(fault, id=fault.word) for fault in FAULTS if fault.stage == stage and fault.response]


def assert_response(response: requests.Response, expected: CannedResponse | None) -> None:
    """Compare a response with the canned one."""
    assert expected is not None
    assert response.status_code == expected.status_code
    assert ("Retry-After" in response.headers) == bool(expected.retry_after)
    if isinstance(expected.body, str):
        assert response.text == expected.body
    elif expected.status_code != 422:
        assert set(response.json()) == set(expected.body)


@pytest.mark.parametrize("fault", canned_faults("key") + canned_faults("submit"))
def test_submit_fault(server: LocalServer, fault: Fault) -> None:
    """A fault in the prompt replaces the response to a submit."""
    assert_response(submit(server, prompt=f"a hill #{fault.word}"), fault.response)


@pytest.mark.parametrize("fault", canned_faults("key"))
def test_key_fault(server: LocalServer, fault: Fault) -> None:
    """A fault in the key replaces the response of every endpoint that needs a key."""
    response = requests.get(server.url + "/v1/credits", headers={"x-key": f"#{fault.word}"}, timeout=WAIT_SECONDS)
    assert_response(response, fault.response)


def test_422_shapes(server: LocalServer) -> None:
    """A 422 has a string, the field's value or the whole request."""
    assert submit(server, prompt="#key-format").json()["detail"] == "Invalid API key format"
    assert submit(server, prompt="#invalid").json()["detail"][0]["input"] == "#invalid"
    assert submit(server, prompt="#invalid-echo").json()["detail"][0]["input"]["finetune_id"] == "my-finetune"


def test_retry_after_date(server: LocalServer) -> None:
    """A 429 can have a date in Retry-After."""
    assert submit(server, prompt="#too-many-date").headers["Retry-After"].endswith("GMT")


@pytest.mark.parametrize("word", ["submit-silent", "submit-cut"])
def test_lost_submit(server: LocalServer, word: str) -> None:
    """A task is accepted and charged although its response is lost."""
    with pytest.raises(BROKEN):
        submit(server, prompt=f"#{word}", key=word, timeout=0.3)
    left = requests.get(server.url + "/v1/credits", headers={"x-key": word}, timeout=WAIT_SECONDS).json()["credits"]
    assert left == 100_000 - 7


@pytest.mark.parametrize("word", ["moderated-request", "moderated-content", "moderated-text", "error", "error-text"])
def test_failed_task(server: LocalServer, word: str) -> None:
    """A task ends with the status and the details of its fault."""
    body = wait_for_end(accept(server, prompt=f"#{word}", key=word)["polling_url"])
    fault = FAULT_BY_WORD[word]
    assert (body["status"], body["details"], body["result"]) == (fault.status, fault.details, None)


@pytest.mark.parametrize("word", ["no-seed", "no-sample", "no-result"])
def test_incomplete_result(server: LocalServer, word: str) -> None:
    """A Ready task lacks its seed, its sample or its result."""
    body = wait_for_end(accept(server, prompt=f"#{word}", key=word)["polling_url"])
    assert body["status"] == "Ready"
    assert word.removeprefix("no-") not in (body["result"] or {})
    assert (body["result"] is None) == (word == "no-result")


def test_video(server: LocalServer) -> None:
    """A video is delivered as a complete MP4."""
    body = wait_for_end(accept(server, prompt="#video", key="video")["polling_url"])
    response = get(body["result"]["sample"])
    assert response.headers["content-type"] == "video/mp4"
    assert verify(response.content).format == "mp4"


def test_sample_shapes(server: LocalServer) -> None:
    """A sample is a list with a URL, an object with one, or the base64 of the image."""
    listed, held, encoded = (
        wait_for_end(accept(server, prompt=f"#{word}", key=word)["polling_url"])["result"]["sample"]
        for word in ("sample-list", "sample-object", "sample-base64")
    )
    several = wait_for_end(accept(server, prompt="#samples", key="samples")["polling_url"])["result"]["sample"]
    assert len(several) == 3
    for data in (get(several[2]).content, get(listed[0]).content, get(held["url"]).content, base64.b64decode(encoded)):
        assert verify(data).format == "jpeg"


def test_no_times(server: LocalServer) -> None:
    """A Ready task lacks its times."""
    body = wait_for_end(accept(server, prompt="#no-times", key="no-times")["polling_url"])
    assert set(body["result"]) == {"sample", "prompt", "seed"}


@pytest.mark.parametrize(
    ("word", "submit_cost", "poll_cost"),
    [
        ("no-seed", 7.0, "absent"),
        ("no-cost", "absent", "absent"),
        ("cost-null", None, None),
        ("cost-poll", "absent", 7.0),
        ("cost-change", 3.5, 7.0),
    ],
)
def test_cost(server: LocalServer, word: str, submit_cost: Any, poll_cost: Any) -> None:
    """The cost is in the response to the submit, in polls, in both or in none."""
    task = accept(server, prompt=f"#{word}", key=word)
    body = wait_for_end(task["polling_url"])
    assert (task.get("cost", "absent"), body.get("cost", "absent")) == (submit_cost, poll_cost)


def test_slow_tasks(tmp_path: Path) -> None:
    """A slow task takes ten times as long, and a stuck task does not end."""
    durations = {}
    for word in ("no-seed", "slow", "stuck"):
        backend = Backend(Options(seed=3, renderer="flat"), tmp_path / word)
        task = backend.accept(TaskRequest(load().operations[0], {}), "account", parse_triggers([word]))
        durations[word] = task.done_at - task.started_at
        backend.close()
    assert durations["slow"] == pytest.approx(10 * durations["no-seed"])
    assert durations["stuck"] > 1_000_000


@pytest.mark.parametrize("fault", canned_faults("poll"))
def test_poll_fault_once(server: LocalServer, fault: Fault) -> None:
    """A fault with -once replaces the first poll of a task."""
    url = accept(server, prompt=f"#{fault.word}-once", key=fault.word)["polling_url"]
    assert_response(get(url), fault.response)
    assert get(url).json()["status"] in ("Pending", "Ready")


def test_recurring_fault(server: LocalServer) -> None:
    """A fault without -once recurs."""
    url = accept(server, prompt="#poll-503")["polling_url"]
    assert {get(url).status_code for _ in range(3)} == {503}


@pytest.mark.parametrize("word", ["poll-silent", "poll-cut"])
def test_lost_poll(server: LocalServer, word: str) -> None:
    """A poll gets no response, or a part of it."""
    with pytest.raises(BROKEN):
        get(accept(server, prompt=f"#{word}")["polling_url"], timeout=0.3)


def sample_url(server: LocalServer, word: str) -> str:
    """The image URL of a task with a fault."""
    return str(wait_for_end(accept(server, prompt=f"#{word}", key=word)["polling_url"])["result"]["sample"])


@pytest.mark.parametrize("fault", canned_faults("sample"))
def test_sample_fault(server: LocalServer, fault: Fault) -> None:
    """A fault replaces the response to a download."""
    response = get(sample_url(server, fault.word))
    assert_response(response, fault.response)
    expected_type = "image/jpeg" if fault.word == "sample-not-image" else "text/html"
    assert response.headers["content-type"].startswith(expected_type)


@pytest.mark.parametrize("word", ["sample-cut", "sample-silent"])
def test_lost_sample(server: LocalServer, word: str) -> None:
    """A download gets no response, or a part of it."""
    with pytest.raises(BROKEN):
        get(sample_url(server, word), timeout=0.3)


def test_expired_once(server: LocalServer) -> None:
    """An expired URL with -once works the second time."""
    url = sample_url(server, "sample-expired-once")
    assert [get(url).status_code for _ in range(2)] == [403, 200]


@pytest.mark.parametrize(
    ("delivery", "delays", "bodies"),
    [
        ("late", [1.0], [b"a" * 3000]),
        ("trickle", [0.1] * 3, [b"a" * 1024, b"a" * 1024, b"a" * 952, b""]),
        ("cut", [], [b"a" * 1500]),
        ("never", [], []),
    ],
)
def test_delivery(delivery: str, delays: list[float], bodies: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A response arrives late, in small parts, incomplete or not at all; delays are divided by the speed."""
    slept, messages = [], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        messages.append(message)

    # Not of `asyncio` itself: a server of another test may sleep in this process.
    monkeypatch.setattr(http_responses, "asyncio", SimpleNamespace(sleep=sleep))
    response = FaultyResponse(Response(b"a" * 3000), delivery, speed=10.0)
    asyncio.run(response({"type": "http"}, receive, send))
    assert slept == delays
    assert [message["body"] for message in messages[1:]] == bodies
    assert delivery in {fault.delivery for fault in FAULTS}


def test_once_per_key_and_prompt(server: LocalServer) -> None:
    """A submit fault with -once occurs once for each key and prompt."""
    assert [submit(server, prompt="a #broken-once hill").status_code for _ in range(3)] == [500, 200, 200]
    assert submit(server, prompt="another #broken-once hill").status_code == 500


def test_trigger_in_key(server: LocalServer) -> None:
    """A trigger in the key takes effect."""
    assert submit(server, key="me#unavailable").status_code == 503


def test_start_option() -> None:
    """A fault can be a start option."""
    with LocalServer(faults=["no-credits"], renderer="flat") as server:
        assert submit(server).status_code == 402


def test_unknown_fault() -> None:
    """An unknown fault is an error at the start and ignored in a prompt."""
    with pytest.raises(ValueError, match="Unknown fault"):
        LocalServer(faults=["unknown"])
    assert find_triggers("#unknown #poll-503!") == parse_triggers(["poll-503"])


def test_task_limit() -> None:
    """A key has at most 24 active tasks."""
    with LocalServer(speed=0.01, renderer="flat") as server:
        statuses = [submit(server, prompt="#moderated-request", key="a").status_code for _ in range(25)]
        assert statuses == [200] * 24 + [429]
        assert submit(server, prompt="#moderated-request", key="b").status_code == 200


def test_credit_limit() -> None:
    """A submit without enough credits gets 402."""
    with LocalServer(credits=10, renderer="flat") as server:
        assert [submit(server).status_code for _ in range(2)] == [200, 402]


def test_poll_limit() -> None:
    """Polls above the limit of a second get 429."""
    with LocalServer(polls_per_second=0, renderer="flat") as server:
        response = get(accept(server)["polling_url"])
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")


def test_close_during_silence() -> None:
    """The server closes while a client waits for a response that is never sent."""
    silent = LocalServer(renderer="flat")

    def wait() -> None:
        with contextlib.suppress(requests.RequestException):
            submit(silent, prompt="#submit-silent")

    client = threading.Thread(target=wait)
    client.start()
    wait_until(lambda: len(silent._api.backend.store))  # the task is accepted
    silent.close()
    client.join(WAIT_SECONDS)
    assert not client.is_alive()


def test_coverage() -> None:
    """Each fault without a canned response has a test."""
    sources = Path(__file__).read_text("utf-8") + Path(__file__).with_name("test_tasks.py").read_text("utf-8")
    covered_by_delivery = {fault.word for fault in FAULTS if fault.delivery}
    missing = [f.word for f in FAULTS if not f.response and f.word not in sources and f.word not in covered_by_delivery]
    assert missing == []
