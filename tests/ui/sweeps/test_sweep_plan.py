"""What the sweep panel says about axes."""

from __future__ import annotations

from flux_playground.schema import load
from flux_playground.settings import DEFAULT_ENDPOINT
from flux_playground.sweeps.axes import AxisText, parse_axis
from flux_playground.ui.sweeps.sweep_plan import example_values, preview_plan, read_axes, sweepable_fields


def test_examples_are_values() -> None:
    """Each part of a field's example can be written in its axis."""
    operation = load().operation(DEFAULT_ENDPOINT)
    examples = {field.name: example_values(field) for field in sweepable_fields(operation)}
    assert examples["finetune_strength"] == "0, 2 or 0-2 [5]"
    assert examples["seed"] == "1, 2 or 4 random"
    assert examples["output_format"] == "jpeg, png"
    assert examples["aspect_ratio"] == "16:9, …"
    for name in ("finetune_strength", "seed", "output_format", "safety_tolerance", "prompt_upsampling"):
        for part in examples[name].split(" or "):
            assert parse_axis(operation, AxisText(name, part), 1).points


def test_long_table_is_read_to_its_end() -> None:
    """No row of a large table is lost between the page and the plan, and no axis."""
    rows = "\n".join(f"{number},{'x' * 600} {number}" for number in range(900))
    table = {"field": "", "kind": "table", "text": f"label,prompt\n{rows}"}
    preview = preview_plan(load().operation(DEFAULT_ENDPOINT), {"finetune_id": "one"}, read_axes({"axes": [table]}))
    assert preview.plan is not None
    assert preview.plan.size == 900
    assert len(read_axes({"axes": [table] * 9})) == 4
