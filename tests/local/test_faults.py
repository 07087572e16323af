"""Every bad day that the local API can act out, each called by its word."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from flux_playground.local import LocalServer
from flux_playground.local.faults import BAD_DAYS, BY_WORD, Answer, BadDay, cues, heard

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
SPEED = 60.0  # of the server that all tests share
Body = dict[str, Any]


def days(strikes: str, *, answered: bool) -> list[Any]:
    found = [day for day in BAD_DAYS if day.strikes == strikes and (day.answer is not None) == answered]
    return [pytest.param(day, id=day.word) for day in found]


def submit(server: LocalServer, prompt: str, key: str = "somebody", timeout: float = 10.0) -> requests.Response:
    body = {"finetune_id": "x", "prompt": prompt, "seed": 1, "width": 96, "height": 64}
    return requests.post(server.url + PATH, json=body, headers={"x-key": key}, timeout=timeout)


def accepted(server: LocalServer, prompt: str) -> str:
    answer = submit(server, prompt, key=prompt.strip("#"))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["polling_url"])


def polls(url: str, seconds: float = 15.0) -> Iterator[Body]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        body: Body = requests.get(url, timeout=10).json()
        yield body
        if body["status"] not in ("Pending", "Dreaming", "Reasoning", "Generating"):
            return
        time.sleep(0.01)


def is_answered(response: requests.Response, answer: Answer) -> None:
    assert response.status_code == answer.code
    assert ("Retry-After" in response.headers) == bool(answer.retry_after)
    if isinstance(answer.body, str):
        assert response.text == answer.body
    elif answer.code != 422:
        assert set(response.json()) == set(answer.body)


@pytest.mark.parametrize("day", days("key", answered=True) + days("submit", answered=True))
def test_a_submit_is_answered_as_its_bad_day_says(server: LocalServer, day: BadDay) -> None:
    assert day.answer is not None
    is_answered(submit(server, f"a hill #{day.word}"), day.answer)


@pytest.mark.parametrize("day", days("key", answered=True))
def test_a_bad_key_is_refused_for_credits_as_well(server: LocalServer, day: BadDay) -> None:
    assert day.answer is not None
    is_answered(requests.get(server.url + "/v1/credits", headers={"x-key": f"#{day.word}"}, timeout=10), day.answer)


def test_a_422_has_three_shapes(server: LocalServer) -> None:
    assert submit(server, "#key-format").json()["detail"] == "Invalid API key format"
    assert submit(server, "#invalid").json()["detail"][0]["input"] == "#invalid"
    assert submit(server, "#invalid-echo").json()["detail"][0]["input"]["finetune_id"] == "x"


def test_a_429_can_say_how_long_to_wait_as_a_date(server: LocalServer) -> None:
    assert submit(server, "#too-many-date").headers["Retry-After"].endswith("GMT")


@pytest.mark.parametrize("word", ["submit-late", "submit-silent", "submit-cut"])
def test_a_submit_is_taken_though_its_answer_is_late_lost_or_cut(server: LocalServer, word: str) -> None:
    key = {"x-key": word}
    start = time.monotonic()
    if word == "submit-late":
        assert submit(server, f"#{word}", key=word).status_code == 200
        assert time.monotonic() - start > 9.0 / SPEED
    else:
        with pytest.raises((requests.ReadTimeout, requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
            submit(server, f"#{word}", key=word, timeout=0.5)
    assert requests.get(server.url + "/v1/credits", headers=key, timeout=10).json()["credits"] == 100_000 - 7


@pytest.mark.parametrize("word", ["moderated-request", "moderated-content", "error"])
def test_a_task_ends_without_a_picture(server: LocalServer, word: str) -> None:
    *_, last = polls(accepted(server, f"#{word}"))
    assert last["status"] == BY_WORD[word].status
    assert last["details"] == BY_WORD[word].details
    assert last["result"] is None


def test_a_task_is_lost_after_it_was_known(server: LocalServer) -> None:
    url = accepted(server, "#lost")
    first, *_, last = polls(url)
    assert (first["status"], last["status"]) == ("Pending", "Task not found")
    assert requests.get(url, timeout=10).status_code == 404


def test_a_task_is_not_found_yet_and_then_it_is() -> None:
    with LocalServer(speed=5) as server:
        url = accepted(server, "#not-yet #error")
        assert requests.get(url, timeout=10).status_code == 404
        time.sleep(0.25)
        assert requests.get(url, timeout=10).json()["status"] == "Pending"


@pytest.mark.parametrize(
    ("word", "seen"), [("unknown-status", {"Dreaming"}), ("reasoning", {"Reasoning", "Generating"})]
)
def test_a_task_runs_under_other_words(server: LocalServer, word: str, seen: set[str]) -> None:
    statuses = {body["status"] for body in polls(accepted(server, f"#{word}"))}
    assert statuses == {*seen, "Ready"}


def test_progress_climbs_and_goes_back_to_null_or_is_null_throughout() -> None:
    with LocalServer(speed=8, seed=2) as server:
        climbing = [body["progress"] for body in polls(accepted(server, "#error"))]
        known = [one for one in climbing if one is not None]
        assert known == sorted(known)
        assert len(set(known)) > 5
        assert climbing[0] is None
        assert climbing[-1] is None
        assert {body["progress"] for body in polls(accepted(server, "#no-progress #error"))} == {None}


def test_a_slow_task_takes_ten_times_as_long_and_a_stuck_one_forever(server: LocalServer) -> None:
    slow, stuck = (accepted(server, f"#{word}") for word in ("slow", "stuck"))
    time.sleep(0.5)
    assert requests.get(slow, timeout=10).json()["status"] == "Pending"
    *_, last = polls(slow)
    assert last["status"] == "Ready"
    assert requests.get(stuck, timeout=10).json()["status"] == "Pending"


@pytest.mark.parametrize("word", ["no-seed", "no-sample", "no-result"])
def test_a_ready_task_lacks_something(server: LocalServer, word: str) -> None:
    *_, last = polls(accepted(server, f"#{word}"))
    assert last["status"] == "Ready"
    assert word.removeprefix("no-") not in (last["result"] or {})
    assert (last["result"] is None) == (word == "no-result")


@pytest.mark.parametrize("day", days("poll", answered=True))
def test_a_poll_is_answered_as_its_bad_day_says_once(server: LocalServer, day: BadDay) -> None:
    assert day.answer is not None
    url = accepted(server, f"#{day.word}-once")
    is_answered(requests.get(url, timeout=10), day.answer)
    assert requests.get(url, timeout=10).json()["status"] in ("Pending", "Ready")


def test_a_bad_day_that_is_not_once_comes_always(server: LocalServer) -> None:
    url = accepted(server, "#poll-503")
    assert {requests.get(url, timeout=10).status_code for _ in range(3)} == {503}


@pytest.mark.parametrize("word", ["poll-late", "poll-silent", "poll-cut"])
def test_a_poll_is_late_silent_or_cut(server: LocalServer, word: str) -> None:
    url = accepted(server, f"#{word}")
    start = time.monotonic()
    if word == "poll-late":
        assert requests.get(url, timeout=10).status_code == 200
        assert time.monotonic() - start > 9.0 / SPEED
    else:
        with pytest.raises((requests.ReadTimeout, requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
            requests.get(url, timeout=0.4)


def sample(server: LocalServer, word: str) -> str:
    *_, last = polls(accepted(server, f"#{word}"))
    return str(last["result"]["sample"])


@pytest.mark.parametrize("day", days("sample", answered=True))
def test_a_sample_is_answered_as_its_bad_day_says(server: LocalServer, day: BadDay) -> None:
    assert day.answer is not None
    answer = requests.get(sample(server, day.word), timeout=10)
    is_answered(answer, day.answer)
    assert answer.headers["content-type"].startswith("image/jpeg" if day.word == "sample-not-image" else "text/html")


@pytest.mark.parametrize("word", ["sample-cut", "sample-silent", "sample-trickle"])
def test_a_sample_is_cut_never_comes_or_trickles(server: LocalServer, word: str) -> None:
    url = sample(server, word)
    if word == "sample-trickle":
        start = time.monotonic()  # before it begins to come, which may be long before it is looked at
        with requests.get(url, timeout=10, stream=True) as answer:
            first = next(answer.iter_content(500))
        assert len(first) == 500
        assert time.monotonic() - start > 0.9 / SPEED
        return
    with pytest.raises((requests.ReadTimeout, requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        _ = requests.get(url, timeout=1).content


def test_an_expired_sample_once_is_followed_by_a_good_one(server: LocalServer) -> None:
    url = sample(server, "sample-expired-once")
    assert [requests.get(url, timeout=10).status_code for _ in range(2)] == [403, 200]


def test_a_bad_day_of_a_submit_comes_once_for_each_key_and_prompt(server: LocalServer) -> None:
    assert [submit(server, "a #broken-once hill").status_code for _ in range(3)] == [500, 200, 200]
    assert submit(server, "another #broken-once hill").status_code == 500


def test_a_bad_day_is_heard_in_the_key(server: LocalServer) -> None:
    assert submit(server, "a hill", key="me#unavailable").status_code == 503


def test_a_bad_day_can_be_had_from_the_start() -> None:
    with LocalServer(speed=SPEED, bad_days=["no-credits"]) as server:
        assert submit(server, "a hill").status_code == 402


def test_an_unknown_bad_day_is_refused_at_the_start_and_left_alone_in_a_prompt() -> None:
    with pytest.raises(ValueError, match="is not a bad day"):
        LocalServer(bad_days=["sunday"])
    assert heard("#sunday #poll-503!") == cues(["poll-503"])


def test_every_task_is_held_to_its_limits() -> None:
    with LocalServer(speed=0.01, credits=7 * 30) as server:
        answers = [submit(server, "#moderated-request", key="a") for _ in range(25)]
        assert [answer.status_code for answer in answers] == [200] * 24 + [429]
        assert submit(server, "#moderated-request", key="b").status_code == 200
    with LocalServer(speed=SPEED, credits=10) as server:
        assert [submit(server, "a hill").status_code for _ in range(2)] == [200, 402]


def test_too_many_polls_in_a_second_are_refused() -> None:
    with LocalServer(speed=0.01, polls_per_second=20) as server:
        url = accepted(server, "#moderated-request")
        with requests.Session() as session:
            answers = [session.get(url, timeout=10) for _ in range(60)]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert answers[0].headers["X-Ratelimit-Limit"] == "20"


def test_a_silent_answer_does_not_hold_up_the_end_of_the_server() -> None:
    server = LocalServer(speed=SPEED)
    waiting = threading.Thread(target=_ignore, args=(server,))
    waiting.start()
    time.sleep(0.2)
    start = time.monotonic()
    server.close()
    assert time.monotonic() - start < 4.0
    waiting.join()


def _ignore(server: LocalServer) -> None:
    with contextlib.suppress(requests.RequestException):
        submit(server, "#submit-silent", timeout=10)


def test_every_bad_day_is_in_these_tests_and_on_the_overview(server: LocalServer) -> None:
    page = requests.get(server.url + "/", timeout=10).text
    source = Path(__file__).read_text("utf-8")
    for day in BAD_DAYS:
        assert f"#{day.word}<" in page
        assert day.answer is not None or f"{day.word}" in source.partition("def is_answered")[2], day.word
