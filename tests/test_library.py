"""A sweep in one call of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from flux_playground import AxisKind, AxisText, Playground
from flux_playground.errors import InvalidSweep
from flux_playground.sweeps.plan_json import dump_plan
from flux_playground.sweeps.sheet import CellState

VALUES = {"finetune_id": "my-finetune", "prompt": "a red mill", "seed": 5}


def test_sweep_of_values(playground: Playground) -> None:
    """Axes are lists of values or texts as in the panel; the last cells have all images."""
    *_, cells = playground.sweep(VALUES, {"finetune_strength": [0, 0.5], "prompt": "a {red|blue} mill"})
    assert [one.cell.labels for one in cells] == [
        ("no finetune (control)", "a red mill"),
        ("0.5", "a red mill"),
        ("no finetune (control)", "a blue mill"),
        ("0.5", "a blue mill"),
    ]
    assert {one.state for one in cells} == {CellState.SUCCEEDED}
    assert {one.generation.seed for one in cells if one.generation} == {5}


def test_sweep_of_a_plan_file(playground: Playground, tmp_path: Path) -> None:
    """The file that the page saves is made, under its own name; a second time its images exist."""
    replaced = AxisText("prompt", "red -> red, blue", AxisKind.REPLACE)
    file = tmp_path / "Two mills.json"
    file.write_text(dump_plan(playground.sweeps.plan(VALUES, [replaced])), encoding="utf-8")
    for _ in range(2):
        *_, cells = playground.sweep(file)
        assert [one.cell.labels for one in cells] == [("red",), ("blue",)]
    assert [one.name for one in playground.sweeps.recent()] == ["Two mills", "Two mills"]
    assert len(playground.recent()) == 2


def test_wrong_axis(playground: Playground) -> None:
    """An axis that the endpoint does not have is named, and nothing is stored."""
    for axes, words in (({"tint": [1]}, "no field “tint”"), ({}, "1 to 3 axes"), ({"seed": "1-2 [x"}, "Value 1")):
        with pytest.raises(InvalidSweep, match=words):
            next(playground.sweep(VALUES, axes))
    assert playground.sweeps.recent() == []
