"""The result of one generation as HTML."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flux_playground.errors import DownloadFailed, SampleExpired, TaskFailed
from flux_playground.generation import Generation, State
from flux_playground.ui.generate.card import describe_card
from flux_playground.ui.generate.result_view import ResultContext, render_result
from flux_playground.ui.recipes.reproduction_view import ReproduceInfo

DONE = Generation(
    "1" * 32,
    "owner",
    1e9,
    "/v1/flux-3-image",
    "https://api.bfl.ai",
    {"prompt": "a mill"},
    state=State.SUCCEEDED,
    task_id="t",
    cost=7.000000000000001,
    submit_cost=7.000000000000001,
    total_seconds=8.0,
)


def below(**changes: Any) -> str:
    """The details of a generation."""
    is_demo = changes.pop("is_demo", False)
    return render_result(ResultContext(replace(DONE, **changes), is_demo=is_demo)).below


COSTS: dict[str, tuple[dict[str, Any], str]] = {
    "one cost": ({}, "7 credits ($0.07)"),
    "a later cost": ({"cost": 8}, "8 credits ($0.08), 7 credits ($0.07) at the submit"),
    "no cost": ({"cost": None, "submit_cost": None}, "unknown"),
    "a cost of the poll": ({"submit_cost": None}, "7 credits ($0.07)"),
    "the demo": ({"is_demo": True}, "free"),
}


@pytest.mark.parametrize(("changes", "text"), COSTS.values(), ids=COSTS.keys())
def test_cost_in_the_details(changes: dict[str, Any], text: str) -> None:
    """The details have the cost in both units; an unknown cost is not free."""
    assert f"<dt>Cost</dt><dd><p>{text}</p></dd>" in below(**changes)


def test_no_cost_of_an_unsent_request() -> None:
    """A request that the API has not accepted has no cost."""
    assert "<dt>Cost</dt>" not in below(task_id="", state=State.FAILED)


def test_measures_in_the_details() -> None:
    """The details have the billed megapixels and all durations that are known."""
    text = below(output_mp=4.2, input_mp=0.0, api_seconds=7.5, reported_seconds=6.5)
    assert "<p>image 4.2 MP, input 0 MP</p>" in text
    assert "<p>8.00 s, ready after 7.50 s, by the API&#39;s clock 6.50 s</p>" in text
    assert "<dt>Megapixels</dt>" not in below()


def test_reason_of_a_failure() -> None:
    """The words of the API are quoted in the message."""
    error = TaskFailed("The API reports an error in this task.", detail="out of memory")
    assert (
        '<blockquote dir="auto">out of memory</blockquote>'
        in render_result(ResultContext(replace(DONE, state=State.FAILED, error=error))).frame
    )


LIVES: dict[str, tuple[dict[str, Any], str]] = {
    "ten minutes": ({"left": 599}, "about 10 minutes"),
    "one minute": ({"left": 61}, "about 1 minute<"),
    "seconds": ({"left": 20}, "less than a minute"),
    "expired": ({"left": -1}, ""),
    "refused": ({"left": 599, "error": SampleExpired("No.")}, ""),
    "no link": ({}, ""),
    "downloaded": ({"left": 599, "state": State.SUCCEEDED, "error": None}, ""),
}


@pytest.mark.parametrize(("changes", "text"), LIVES.values(), ids=LIVES.keys())
def test_life_of_a_link(changes: dict[str, Any], text: str) -> None:
    """An image that was not downloaded says how long its link works."""
    left = changes.pop("left", None)
    waiting = replace(DONE, state=State.DETACHED, error=DownloadFailed("No."))
    one = replace(waiting, link_expires_at=left and time.time() + left, **changes)
    frame = render_result(ResultContext(one)).frame
    assert (text in frame) if text else "The link is valid" not in frame


def test_price_of_a_retry() -> None:
    """A button that pays for another image has its price; downloading is free."""
    one = replace(DONE, state=State.DETACHED, error=DownloadFailed("No."))
    frame = render_result(ResultContext(one, outlook=ReproduceInfo("7 credits ($0.07)"))).frame
    assert '<span>Retry</span><small class="cost">7 credits ($0.07)</small>' in frame
    assert frame.count("credits") == 1


FOREIGN: dict[str, Any] = {
    "endpoint": "",
    "server": "",
    "seed": 5,
    "task_id": "",
    "cost": None,
    "image": Path("a.png"),
    "format": "png",
    "imported": "ComfyUI",
    "file_name": "<b>a.png",
}


def test_image_of_another_tool(tmp_path: Path) -> None:
    """An imported image names its tool and its file, and offers nothing that only our images have."""
    (tmp_path / "a.png").touch()
    text = below(**{**FOREIGN, "image": tmp_path / "a.png"})
    assert "<dt>Imported</dt><dd><p>&lt;b&gt;a.png, made with ComfyUI</p></dd>" in text
    assert 'data-act="recall"' in text
    for action in ("vary", "reproduce", "panel"):
        assert f'data-act="{action}"' not in text
    assert "<dt>Cost</dt>" not in text


def test_image_from_another_machine(tmp_path: Path) -> None:
    """An image of this program from another machine can be made again, and shows what it has cost there."""
    (tmp_path / "a.png").touch()
    changes = {"imported": "FLUX Playground", "endpoint": DONE.endpoint, "server": DONE.server, "cost": 7.0}
    text = below(**{**FOREIGN, **changes, "image": tmp_path / "a.png", "is_demo": True})
    assert 'data-act="reproduce"' in text
    assert "<dt>Cost</dt><dd><p>7 credits ($0.07)</p></dd>" in text


def test_card_of_an_imported_image(tmp_path: Path) -> None:
    """The card says that the image was imported; without a prompt it has the name of the file."""
    (tmp_path / "a.png").touch()
    card = describe_card(replace(DONE, **{**FOREIGN, "image": tmp_path / "a.png", "request": {}, "seed": None}))
    assert (card.name, card.caption) == ("Imported: no prompt (<b>a.png)", "<b>a.png")
