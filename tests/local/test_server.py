"""The local API over HTTP: what it takes, what it answers, and what becomes of a task."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
import requests
from PIL import Image

from flux_playground.local import LocalServer

PATH = "/v1/flux-pro-1.1-ultra-finetuned"
KEY = {"x-key": "local-demo"}
REQUEST = {"finetune_id": "my-finetune", "prompt": "a lake", "seed": 42, "width": 96, "height": 64}


def submit(server: LocalServer, headers: dict[str, str] = KEY, **values: Any) -> requests.Response:
    return requests.post(server.url + PATH, json={**REQUEST, **values}, headers=headers, timeout=10)


def finish(server: LocalServer, **values: Any) -> dict[str, Any]:
    url = submit(server, **values).json()["polling_url"]
    until = time.monotonic() + 20
    while time.monotonic() < until:
        body: dict[str, Any] = requests.get(url, timeout=10).json()
        if body["status"] != "Pending":
            return body
        time.sleep(0.01)
    raise AssertionError("the task did not finish")


def picture(body: dict[str, Any]) -> bytes:
    answer = requests.get(body["result"]["sample"], timeout=10)
    assert answer.status_code == 200
    return answer.content


@pytest.mark.parametrize(("scale", "edge"), [(1.0, 2048), (0.25, 512)])
def test_a_request_becomes_a_picture_of_the_right_size(scale: float, edge: int) -> None:
    with LocalServer(speed=60, scale=scale) as server:
        body = finish(server, width=None, height=None, aspect_ratio="1:1")
        image = Image.open(io.BytesIO(picture(body)))
    assert body["status"] == "Ready"
    assert body["result"]["seed"] == 42
    assert body["result"]["prompt"] == "a lake"
    assert image.size == (edge, edge)


def test_the_same_request_and_seed_give_the_same_bytes_and_another_seed_others(server: LocalServer) -> None:
    first, again, other = (picture(finish(server, seed=seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_a_submit_without_a_key_is_refused_as_it_was_recorded(server: LocalServer) -> None:
    for headers in ({}, {"x-key": ""}):
        answer = submit(server, headers)
        assert answer.status_code == 403
        assert answer.json() == {"detail": "Not authenticated - Invalid Authentication"}


def test_a_wrong_request_is_answered_with_all_its_faults_in_the_form_of_the_api(server: LocalServer) -> None:
    answer = requests.post(server.url + PATH, json={"finetune_strength": 2.4, "seed": "42"}, headers=KEY, timeout=10)
    assert answer.status_code == 422
    faults = {tuple(fault["loc"]): fault for fault in answer.json()["detail"]}
    assert set(faults) == {("body", "finetune_id"), ("body", "finetune_strength"), ("body", "seed")}
    assert faults["body", "finetune_strength"]["input"] == 2.4
    assert all({"type", "loc", "msg", "input"} <= set(fault) for fault in faults.values())


def test_a_body_that_is_no_json_is_answered_with_422(server: LocalServer) -> None:
    answer = requests.post(server.url + PATH, data=b"{", headers=KEY, timeout=10)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "json_invalid"


def test_credits_go_down_by_what_the_answer_to_a_submit_says(server: LocalServer) -> None:
    key = {"x-key": "somebody"}
    before = requests.get(server.url + "/v1/credits", headers=key, timeout=10).json()["credits"]
    cost = submit(server, key).json()["cost"]
    after = requests.get(server.url + "/v1/credits", headers=key, timeout=10).json()["credits"]
    assert before - after == cost == 7.0


def test_a_webhook_gives_the_other_body_without_a_polling_url(server: LocalServer) -> None:
    body = submit(server, webhook_url="http://127.0.0.1:9/hook").json()
    assert "polling_url" not in body
    assert body["webhook_url"] == "http://127.0.0.1:9/hook"
    polled = requests.get(server.url + "/v1/get_result", params={"id": body["id"]}, timeout=10)
    assert polled.json()["status"] in ("Pending", "Ready")


def test_finetunes_are_listed_and_described(server: LocalServer) -> None:
    listed = requests.get(server.url + "/v1/my_finetunes", headers=KEY, timeout=10).json()["finetunes"]
    details = requests.get(
        server.url + "/v1/finetune_details", params={"finetune_id": listed[0]}, headers=KEY, timeout=10
    ).json()["finetune_details"]
    assert details["trigger_word"]
    unknown = requests.get(
        server.url + "/v1/finetune_details", params={"finetune_id": "nobody's"}, headers=KEY, timeout=10
    )
    assert unknown.json() == {"detail": "Finetune not found or not ready"}


def test_what_is_not_there_is_answered_as_by_the_api(server: LocalServer) -> None:
    assert requests.get(server.url + "/v1/nothing", timeout=10).json() == {"detail": "Not Found"}
    lost = requests.get(server.url + "/v1/get_result", params={"id": "nobody"}, timeout=10)
    assert lost.status_code == 404
    assert lost.json()["status"] == "Task not found"


def test_a_sample_is_not_given_to_whoever_changes_its_address(server: LocalServer) -> None:
    url = finish(server)["result"]["sample"]
    assert requests.get(url[:-1] + ("0" if url[-1] != "0" else "1"), timeout=10).status_code == 403


def test_a_sample_expires_and_polling_again_gives_a_fresh_address() -> None:
    with LocalServer(speed=200, sample_lifetime=0.3) as server:
        answer = submit(server)
        url = answer.json()["polling_url"]
        while (body := requests.get(url, timeout=10).json())["status"] == "Pending":
            time.sleep(0.01)
        time.sleep(0.4)
        assert requests.get(body["result"]["sample"], timeout=10).status_code == 403
        fresh = requests.get(url, timeout=10).json()
        assert Image.open(io.BytesIO(picture(fresh))).size == (96, 64)
