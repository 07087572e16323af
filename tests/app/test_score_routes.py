"""Scores on a hosted page whose owner has set a command: each visitor starts and sees those of their own sweeps."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app_process import running_quick
from tests.hosted_page import HostedPage
from tests.http_visitor import Answer, Stranger
from tests.visitor_sweeps import get, make_sweep
from tests.waiting import wait_until

CODE = "import os, sys; assert os.environ.get('BFL_API_KEY') is None; print(os.path.getsize(sys.argv[1]))"
AXES = [{"field": "finetune_strength", "text": "0.5, 1", "kind": "values"}]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A hosted demo with a command."""
    command = shlex.join([sys.executable, "-c", CODE])
    folder: Path = tmp_path_factory.mktemp("scores")
    settings = {"FLUX_PLAYGROUND_HOSTED": "1", "FLUX_PLAYGROUND_SCORE_COMMAND": command}
    with running_quick(folder, **settings) as url:
        yield url


def visit(url: str, address: str) -> Stranger:
    """A visitor who has opened the page."""
    one = Stranger(url, address)
    one.hello()
    return one


def start(one: Stranger, sweep_id: object) -> Answer:
    """The request for the scores of a sweep."""
    return one.post("/sweeps/scores", {"id": sweep_id}, x_flux_visit=f"{one.token}.{one.visit}")


def read(answer: Answer) -> dict[str, Any]:
    """The scores in an answer."""
    assert answer.status == 200, answer.body
    return dict(json.loads(answer.body))


def test_own_sweep_is_scored(page: str) -> None:
    """A visitor starts the scores; another one neither sees nor starts them."""
    owner, other = visit(page, "127.11.0.1"), visit(page, "127.11.0.2")
    sweep_id = make_sweep(owner, AXES)
    assert read(get(owner, f"/sweeps/scores/{sweep_id}")) == {"isOn": True, "scores": {}, "errors": {}, "waiting": 0}
    for answer in (start(other, sweep_id), get(other, f"/sweeps/scores/{sweep_id}")):
        assert (answer.status, answer.body) == (400, b"This sweep is not in your history.")
    assert read(get(owner, f"/sweeps/scores/{sweep_id}"))["waiting"] == 0
    assert read(start(owner, sweep_id))["waiting"] <= 2
    wait_until(lambda: not read(get(owner, f"/sweeps/scores/{sweep_id}"))["waiting"])
    found = read(get(owner, f"/sweeps/scores/{sweep_id}"))
    sheet = get(owner, f"/sweeps/sheet/{sweep_id}").body.decode()
    assert (len(found["scores"]), found["errors"]) == (2, {})
    assert all(cell in sheet and score > 100 for cell, score in found["scores"].items())
    assert start(other, sweep_id).status == 400


@pytest.mark.parametrize("sweep_id", ["", "0" * 32, "../x", 5, None, ["a"]])
def test_wrong_id(page: str, sweep_id: object) -> None:
    """Anything but the id of an own sweep gets a sentence."""
    answer = start(visit(page, "127.11.0.3"), sweep_id)
    assert (answer.status, answer.body) == (400, b"This sweep is not in your history.")


def test_off_without_a_command(hosted: HostedPage) -> None:
    """On a page whose owner has set no command, nothing is run."""
    one = visit(hosted.url, "127.11.0.4")
    sweep_id = make_sweep(one, AXES)
    assert read(get(one, f"/sweeps/scores/{sweep_id}"))["isOn"] is False
    answer = start(one, sweep_id)
    assert (answer.status, answer.body) == (400, b"Scores are off: the settings name no command for them.")
