"""A task lives on through every fault of a poll; only the API's word, the key or our patience ends it."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flux_playground.client import Client, Task
from flux_playground.client.poll_schedule import PollSchedule
from flux_playground.client.steps import Pause
from flux_playground.errors import APIError, PlaygroundError, StatusUnavailable, TaskNotFound, TaskTimeout, Unauthorized

from ..faulty_server import (
    QUICK,
    Act,
    Hostile,
    Seen,
    closed_port,
    cut,
    endless,
    hang_up,
    head,
    later,
    raw,
    redirect,
    reply,
    reset,
    silence,
    trickle,
)
from ..waiting import WAIT_SECONDS
from .polled_server import HURRIED, KEY, MADE, PATH, PENDING, READY, failure, lose_patience, poll, polled_server

__all__ = ["lose_patience", "polled_server"]  # fixtures
LosePatience = Callable[[Act], PlaygroundError]


def test_results(server: Hostile) -> None:
    """Each response is yielded, and the last one is Ready."""
    results = poll(server, reply(PENDING), reply({**PENDING, "progress": 0.5}), reply(READY))
    assert [(r.status, r.progress) for r in results] == [("Pending", None), ("Pending", 0.5), ("Ready", None)]
    last = results[-1]
    assert (last.sample, last.seed, last.prompt, last.duration) == tuple(MADE.values())
    assert last.cost == READY["cost"]
    assert {call.headers["x-key"] for call in server.seen} == {KEY}


FAULTS = {
    "429": reply({"detail": "slow down"}, 429),
    "500": reply({"detail": "oops"}, 500),
    "500 that says Error": reply({"status": "Error"}, 500),
    "502 in HTML": reply(b"<html>502</html>", 502),
    "503": reply(b"", 503),
    "504": reply(b"", 504),
    "a reset": reset(),
    "a closed connection": hang_up(),
    "silence": silence(),
    "headers that trickle": trickle(head(20) + b" " * 20, every=0.05),
    "a body that trickles": raw(head(1000)),
    "endless headers": endless(b"X: y\r\n", b"HTTP/1.1 200 OK\r\n"),
    "an endless body": endless(b" " * 4096, head(None)),
    "a cut answer": cut(b'{"status": "Ready"}', 500),
    "no JSON": reply(b"<html>hello</html>"),
    "an empty answer": reply(b""),
    "a list": reply([READY]),
    "a word": reply("Ready"),
    "null": reply(None),
    "no status": reply({"id": "t", "result": MADE}),
    "a status that is null": reply({**READY, "status": None}),
    "a status that is a number": reply({**READY, "status": 3}),
    "an empty status": reply({**READY, "status": " "}),
    "too large an answer": reply({**READY, "preview": "x" * 200_000}),
    "Task not found": reply({"id": "t", "status": "Task not found"}, 404),
    "Task not found under 200": reply({"id": "t", "status": "Task not found"}),
    "Task not found as a detail": reply({"detail": "Task not found"}, 404),
}


@pytest.mark.parametrize("act", FAULTS.values(), ids=FAULTS.keys())
def test_failed_poll(server: Hostile, act: Act) -> None:
    """A failed poll is repeated."""
    assert [r.status for r in poll(server, act, reply(PENDING), reply(READY))] == ["Pending", "Ready"]
    assert len(server.seen) == 3


def test_pauses_between_failed_polls(server: Hostile) -> None:
    """The pauses between failing polls grow up to a limit."""
    server.script(PATH, *[reply({}, 500)] * 4, reply(READY))
    limits = replace(QUICK, backoff=0.05, max_pause=0.2)
    with Client(server.url, KEY, limits=limits) as client:
        list(client.poll(Task("t", f"{server.url}{PATH}?id=t"), schedule=HURRIED))
    pauses = [b.at - a.at for a, b in zip(server.seen, server.seen[1:], strict=False)]
    least = [0.67 * seconds for seconds in (0.05, 0.1, 0.2, 0.2)]  # the others are a random part
    assert all(pause >= short for pause, short in zip(pauses, least, strict=True)), pauses


def test_retry_after_of_a_busy_server(server: Hostile) -> None:
    """The `Retry-After` of a busy server is kept."""
    poll(server, reply({}, 429, Retry_After="0.2"), reply({}, 503, Retry_After="0.2"), reply(READY))
    assert server.seen[2].at - server.seen[0].at >= 0.4


def test_retry_after_of_a_good_response(server: Hostile) -> None:
    """The `Retry-After` of a good response is ignored."""
    poll(server, *[reply(PENDING, Retry_After="1800")] * 3, reply(READY))
    assert server.seen[3].at - server.seen[0].at < 30  # three times Retry-After would be an hour and a half


@pytest.mark.parametrize("status", [429, 503])
def test_long_retry_after_has_a_last_poll(server: Hostile, lose_patience: LosePatience, status: int) -> None:
    """A `Retry-After` beyond the patience ends with one last poll."""
    assert isinstance(lose_patience(reply({}, status, Retry_After="86400")), TaskTimeout)
    assert len(server.seen) == 2


def test_server_that_is_down() -> None:
    """A server that is down is polled until the patience ends."""
    url = closed_port()
    with Client(url, KEY, limits=QUICK) as client, pytest.raises(TaskTimeout) as caught:
        list(client.poll(Task("t", f"{url}{PATH}?id=t"), schedule=HURRIED, patience=0.3))
    assert caught.value.task_id == "t"


@pytest.mark.parametrize("status", [401, 403])
def test_refused_key_of_an_accepted_task(server: Hostile, status: int) -> None:
    """A poll that is refused once is repeated; a refusal that lasts ends the waiting with its reason."""
    refused = reply({"detail": "Not authenticated"}, status)
    assert poll(server, reply(PENDING), refused, reply(READY))[-1].ready
    error = failure(server, reply(PENDING), refused)
    assert isinstance(error, Unauthorized)
    assert error.detail == "Not authenticated"


def test_last_reason_of_failing_polls(lose_patience: LosePatience) -> None:
    """When all polls fail until the patience ends, the error names the last reason."""
    error = lose_patience(reply({"detail": "down"}, 502))
    assert type(error) is StatusUnavailable
    assert "502" in error.message


def test_last_page_of_refused_polls(lose_patience: LosePatience) -> None:
    """The error quotes the page of a firewall that refuses polls."""
    page = reply(b"<html><title>Attention Required!</title>You are blocked</html>", 403)
    assert "Attention Required! You are blocked" in lose_patience(page).message


@pytest.mark.parametrize("status", ["completed", "FAILED", "succeeded"])
def test_unknown_last_status(lose_patience: LosePatience, status: str) -> None:
    """When the time is over, the error names the last status of the API."""
    error = lose_patience(reply({**PENDING, "status": status}))
    assert type(error) is TaskTimeout
    assert error.message.endswith(f"The last status was {status!r}.")


def test_key_of_the_wrong_form(server: Hostile) -> None:
    """A key of the wrong form ends the waiting."""
    assert isinstance(failure(server, reply({"detail": "Invalid API key format"}, 422)), Unauthorized)


def test_task_not_found(server: Hostile) -> None:
    """A task that is not found for long is lost."""
    began = time.monotonic()
    assert type(failure(server, reply({"id": "t", "status": "Task not found"}, 404))) is TaskNotFound
    assert QUICK.not_found_grace <= time.monotonic() - began
    assert len(server.seen) > 1


def test_single_not_found_of_an_old_task(server: Hostile) -> None:
    """A single "Task not found", however late, does not end a task."""
    missing = reply({"id": "t", "status": "Task not found"}, 404)
    assert poll(server, missing, reply(READY), age=60)[-1].ready
    assert isinstance(failure(server, missing, age=60), TaskNotFound)


def test_resumed_task(server: Hostile) -> None:
    """A resumed task is polled before its schedule says so."""
    began = time.monotonic()
    poll(server, reply(READY), schedule=PollSchedule([3600] * 3), age=5, patience=3600)
    assert time.monotonic() - began < WAIT_SECONDS


@pytest.mark.parametrize(("status", "body"), [(404, {"detail": "Not Found"}), (400, b"no"), (302, b"")])
def test_lasting_error(server: Hostile, status: int, body: Any) -> None:
    """An error that lasts ends the waiting."""
    error = failure(server, reply(body, status))
    assert type(error) is APIError
    assert error.status_code == status


@pytest.mark.parametrize(
    "word", ["Pending", "Reasoning", "Generating", "Queued", "ready", "Something New", "x" * 5_000]
)
def test_unknown_status(server: Hostile, word: str) -> None:
    """An unknown status means that the task runs."""
    results = poll(server, reply({**PENDING, "status": word}), reply(READY))
    assert results[0].status == word[:300]
    assert results[1].ready


def test_patience_ends_the_waiting(lose_patience: LosePatience) -> None:
    """The end of the patience says nothing about the task."""
    assert type(lose_patience(reply(PENDING))) is TaskTimeout


@pytest.mark.parametrize("act", [silence(3600), later(0.3, redirect(PATH))], ids=["silence", "redirects"])
def test_patience_bounds_a_poll(server: Hostile, act: Act) -> None:
    """A poll that hangs, or is redirected again and again, ends with the patience, whatever the timeouts allow."""
    server.script(PATH, act)
    began = time.monotonic()
    limits = replace(QUICK, read_timeout=3600, poll_timeout=3600)
    with Client(server.url, KEY, limits=limits) as client, pytest.raises(TaskTimeout):
        list(client.poll(Task("t", f"{server.url}{PATH}?id=t"), schedule=HURRIED, patience=0.5))
    assert 0.5 <= time.monotonic() - began < WAIT_SECONDS


def test_waiting_task_uses_what_is_known_now(server: Hostile) -> None:
    """A pause becomes shorter when another task with the same schedule was fast; nothing is polled meanwhile."""
    with Client(server.url, KEY, limits=replace(QUICK, max_poll_start=100)) as client:
        schedule = client.poll_schedule([90.0] * 10)
        began = time.monotonic()
        pause = next(iter(client.poll_steps(Task("t", ""), threading.Event(), began + 300, schedule=schedule)))
        assert isinstance(pause, Pause)
        first = pause.until()
        assert began + 0.5 < first < time.monotonic() + 1.5
        for number in range(4):
            schedule.learn(0.5, float(number))
        assert pause.until() < first - 0.3
    assert server.seen == []


def test_ready_task_is_learned(server: Hostile) -> None:
    """A fresh task adds its duration to its schedule; a resumed one does not, since its duration is not known."""
    schedule = PollSchedule([90.0] * 10, max_start=0.01)
    poll(server, reply(READY), schedule=schedule, age=5)
    assert len(schedule._past) == 10
    poll(server, reply(READY), schedule=schedule)
    assert len(schedule._past) == 11


def test_stop(server: Hostile) -> None:
    """Stop ends the waiting without an error."""
    server.script(PATH, reply(PENDING))
    stop, slow = threading.Event(), PollSchedule([3600] * 3)
    threading.Timer(0.1, stop.set).start()
    with Client(server.url, KEY, limits=QUICK) as client:
        results = list(client.poll(Task("t", f"{server.url}{PATH}?id=t"), schedule=slow, stop=stop))
    assert (results, server.seen) == ([], [])


def test_many_tasks(server: Hostile) -> None:
    """Many tasks share connections, and each gets its own responses."""

    def echo(sock: socket.socket, seen: Seen) -> bool:
        name = seen.path.partition("=")[2]
        status = READY if len(server.calls(seen.path)) > 3 else PENDING
        return reply({**status, "result": {**MADE, "seed": name}})(sock, seen)

    server.script(PATH, echo)
    seeds: dict[int, int | None] = {}

    def follow(client: Client, number: int) -> None:
        for result in client.poll(Task(str(number), f"{server.url}{PATH}?id={number}"), schedule=HURRIED):
            seeds[number] = result.seed

    # A timeout on a busy machine would close a connection and open another one.
    with Client(server.url, KEY, limits=replace(QUICK, read_timeout=60, poll_timeout=60)) as client:
        threads = [threading.Thread(target=follow, args=(client, number)) for number in range(60)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seeds == {number: number for number in range(60)}
    assert server.connections <= 60


def test_log(server: Hostile, caplog: pytest.LogCaptureFixture) -> None:
    """Each step is one line of the log with the task and without secrets."""
    caplog.set_level(logging.INFO, "flux_playground")
    poll(server, reply({}, 500), reply(READY))
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("flux_playground")]
    assert len(lines) == 2
    assert all(line.startswith("task t: ") for line in lines)
    assert KEY not in caplog.text


def test_redirect_of_a_poll_is_followed(server: Hostile) -> None:
    """A poll that is redirected to an address of the same server is answered from there."""
    server.script("/elsewhere", reply(READY))
    assert poll(server, redirect("/elsewhere"))[-1].ready
