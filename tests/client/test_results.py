"""What a poll says of a task is read with care: its end, its image, its seed, and whatever else may come."""

from __future__ import annotations

from typing import Any

import pytest

from flux_playground.client import Client, Task
from flux_playground.errors import ContentModerated, InvalidImage, RequestModerated, TaskFailed

from ..faulty_server import QUICK, Hostile, reply
from .polled_server import HURRIED, KEY, MADE, PATH, PENDING, READY, failure, poll, polled_server

__all__ = ["polled_server"]  # a fixture


ENDS: dict[str, tuple[type[TaskFailed], str, Any, str]] = {
    "error": (TaskFailed, "Error", None, ""),
    "error with words": (TaskFailed, "Error", "out of memory", "out of memory"),
    "error in an object": (TaskFailed, "Error", {"error": "out of memory", "code": 3}, "out of memory"),
    "error that is an object": (TaskFailed, "Error", {"error": {"code": 3}}, '{"code": 3}'),
    "error that is null": (TaskFailed, "Error", {"error": None, "code": 3}, '{"error": null, "code": 3}'),
    "request": (
        RequestModerated,
        "Request Moderated",
        {"Moderation Reasons": ["a", "b"]},
        '{"Moderation Reasons": ["a", "b"]}',
    ),
    "content": (ContentModerated, "Content Moderated", ["x"], '["x"]'),
}


@pytest.mark.parametrize(("kind", "status", "details", "said"), ENDS.values(), ids=ENDS.keys())
def test_failed_task(server: Hostile, kind: type[TaskFailed], status: str, details: Any, said: str) -> None:
    """A failed task has its reason."""
    error = failure(server, reply({**PENDING, "status": status, "details": details}))
    assert type(error) is kind
    assert error.detail == said


EMPTY = {
    "no result": {"status": "Ready"},
    "a result that is null": {"status": "Ready", "result": None},
    "a result that is a list": {"status": "Ready", "result": [MADE]},
    "a result that is a URL": {"status": "Ready", "result": MADE["sample"]},
    "no sample": {"status": "Ready", "result": {"seed": 1}},
    "a sample that is null": {"status": "Ready", "result": {"sample": None}},
    "an empty sample": {"status": "Ready", "result": {"sample": " "}},
    "no samples in a list": {"status": "Ready", "result": {"sample": []}},
    "a sample of odd shape": {"status": "Ready", "result": {"sample": {"link": MADE["sample"]}}},
}


@pytest.mark.parametrize("body", EMPTY.values(), ids=EMPTY.keys())
def test_ready_without_an_image(server: Hostile, body: Any) -> None:
    """Ready without an image is an error."""
    error = failure(server, reply(body))
    assert isinstance(error, InvalidImage)
    assert error.message == "The API says Ready but names no image."


@pytest.mark.parametrize(
    "sample", [[MADE["sample"], "https://x.example/2"], {"url": MADE["sample"]}, [{"url": MADE["sample"]}]]
)
def test_sample_in_a_list_or_object(server: Hostile, sample: Any) -> None:
    """The URL of the image may be in a list or in an object."""
    [result] = poll(server, reply({**READY, "result": {**MADE, "sample": sample}}))
    assert result.sample == MADE["sample"]


VALUES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a seed of zero": ({"seed": 0}, {"seed": 0}),
    "a huge seed": ({"seed": 2**64 - 1}, {"seed": 2**64 - 1}),
    "a seed as text": ({"seed": "18446744073709551615"}, {"seed": 2**64 - 1}),
    "a seed as a float": ({"seed": 42.0}, {"seed": 42}),
    "no seed": ({"seed": None}, {"seed": None}),
    "odd seeds": ({"seed": True}, {"seed": None}),
    "words for a seed": ({"seed": "٤٢"}, {"seed": None}),
    "a list for a prompt": ({"prompt": ["x"]}, {"prompt": None}),
    "text for a duration": ({"duration": "6"}, {"duration": None}),
    "times for a duration": ({"duration": None, "start_time": 1e9, "end_time": 1e9 + 8}, {"duration": 8.0}),
    "no end": ({"duration": None, "start_time": 1e9}, {"duration": None}),
    "an end before the start": ({"duration": None, "start_time": 9, "end_time": 1}, {"duration": None}),
    "unknown fields": ({"start_time": 1, "new": {}}, {"seed": 42}),
}


@pytest.mark.parametrize(("given", "read"), VALUES.values(), ids=VALUES.keys())
def test_result(server: Hostile, given: dict[str, Any], read: dict[str, Any]) -> None:
    """Values of the wrong type are left out of a result."""
    [result] = poll(server, reply({**READY, "result": {**MADE, **given}, "unknown": [1]}))
    assert {name: getattr(result, name) for name in read} == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (0, 0.0),
        (0.25, 0.25),
        (1, 1.0),
        (7, 1.0),
        (-1, 0.0),
        (None, None),
        ("0.5", None),
        (True, None),
        (float("nan"), None),
    ],
)
def test_progress(server: Hostile, given: Any, read: float | None) -> None:
    """The progress is a fraction or unknown."""
    assert poll(server, reply({**PENDING, "progress": given}), reply(READY))[0].progress == read


def test_latest_cost_counts(server: Hostile) -> None:
    """A response without a cost keeps that of an earlier poll or of the submit; a later cost replaces it."""
    server.script(PATH, reply(PENDING), reply({**PENDING, "cost": 8, "input_mp": 1.5}), reply({**READY, "cost": None}))
    with Client(server.url, KEY, limits=QUICK) as client:
        task = Task("t", f"{server.url}{PATH}?id=t", 7.0, output_mp=4.0)
        results = list(client.poll(task, schedule=HURRIED))
    assert [(r.cost, r.input_mp, r.output_mp) for r in results] == [(7, None, 4), (8, 1.5, 4), (8, 1.5, 4)]


@pytest.mark.parametrize("cost", ["7", True, -1, float("nan"), [7]])
def test_odd_cost_is_unknown(server: Hostile, cost: Any) -> None:
    """A cost that is no amount is not taken for one."""
    assert poll(server, reply({**READY, "cost": cost}))[0].cost is None


def test_cost_of_a_failed_task(server: Hostile) -> None:
    """The response that ends a task is yielded before its error, because it can have a cost."""
    server.script(PATH, reply({**PENDING, "status": "Content Moderated", "cost": 3}))
    with Client(server.url, KEY, limits=QUICK) as client:
        results = client.poll(Task("t", f"{server.url}{PATH}?id=t"), schedule=HURRIED)
        assert next(results).cost == 3
        with pytest.raises(ContentModerated):
            next(results)


LINKS = {
    "UTC": ("?se=2026-11-26T12%3A00%3A00Z&sig=x", 1795694400.0),
    "an offset": ("?se=2026-11-26T13%3A00%3A00%2B01%3A00", 1795694400.0),
    "no zone": ("?se=2026-11-26T12%3A00%3A00", 1795694400.0),
    "a day": ("?se=2026-11-26", 1795651200.0),
    "no expiry": ("?sig=x", None),
    "another word": ("?se=soon", None),
}


@pytest.mark.parametrize(("query", "expires_at"), LINKS.values(), ids=LINKS.keys())
def test_link_expiry(server: Hostile, query: str, expires_at: float | None) -> None:
    """The URL of an image names when it expires."""
    sample = f"https://delivery.bfl.ai/x.jpeg{query}"
    [result] = poll(server, reply({**READY, "result": {"sample": sample}}))
    assert result.link_expires_at == expires_at
