"""Plans: cells, seeds, extension, limits, JSON and presets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground import schema
from flux_playground.errors import InvalidRequest, InvalidSweep
from flux_playground.schema import Operation
from flux_playground.sweeps import presets
from flux_playground.sweeps.axes import AxisKind, AxisText
from flux_playground.sweeps.plan import Plan, expand, make_plan
from flux_playground.sweeps.plan_json import dump_plan, load_plan, parse_sources
from tests.sweeps.sweep_endpoint import ENDPOINT, endpoint

VALUES = {"prompt": "a red cat", "finetune_id": "mine"}
STRENGTHS = AxisText("finetune_strength", "0, 1")


def plan_of(*axes: AxisText, **values: Any) -> Plan:
    """The plan of these axes."""
    return make_plan(ENDPOINT, {**VALUES, **values}, axes)


def parse_plan(text: str) -> Plan:
    """The plan of a JSON text."""
    _, values, axes = parse_sources(text)
    return make_plan(ENDPOINT, values, axes)


def error_of(*axes: AxisText, **values: Any) -> str:
    """The message for a plan that cannot be used."""
    with pytest.raises(InvalidSweep) as caught:
        plan_of(*axes, **values)
    return caught.value.message


def test_cells_are_row_by_row() -> None:
    """The first axis varies fastest; each cell has its place, labels and request."""
    cells = expand(plan_of(STRENGTHS, AxisText("prompt", "red -> blue, red", AxisKind.REPLACE), seed=5))
    assert [cell.place for cell in cells] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert cells[0].labels == ("no finetune (control)", "blue")
    assert [cell.request["prompt"] for cell in cells] == ["a blue cat", "a blue cat", "a red cat", "a red cat"]
    assert {cell.request["seed"] for cell in cells} == {5}


@pytest.mark.parametrize("blank", [None, "", "-1", -1])
def test_one_seed_is_held(blank: object) -> None:
    """A blank seed is drawn once for all cells, another time for another sweep."""
    first, second = plan_of(STRENGTHS, seed=blank), plan_of(STRENGTHS, seed=blank)
    assert len({cell.request["seed"] for cell in expand(first)}) == 1
    assert first.values["seed"] != second.values["seed"]


def test_endpoint_without_seed() -> None:
    """An endpoint without seeds gets none."""
    operation = endpoint("\nprompt: {type: string}\n", "prompt")
    plan = make_plan(operation, {}, [AxisText("prompt", "a\nb")])
    assert [dict(cell.request) for cell in expand(plan)] == [{"prompt": "a"}, {"prompt": "b"}]
    assert presets.seeds(operation) is None


def test_seed_axis_replaces_the_seed() -> None:
    """A seed axis sets the seeds; the held seed is the first random one."""
    plan = plan_of(AxisText("seed", "3 random"), seed=5)
    seeds = [cell.request["seed"] for cell in expand(plan)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 3


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ([], "A sweep has 1 to 3 axes, not 0."),
        ([STRENGTHS] * 4, "A sweep has 1 to 3 axes, not 4."),
        ([STRENGTHS, STRENGTHS], "“finetune_strength” is on two axes."),
        (
            [STRENGTHS, AxisText("", "seed,finetune_strength\n1,1", AxisKind.TABLE)],
            "“finetune_strength” is on two axes.",
        ),
        (
            [AxisText("steps", "1-100"), AxisText("weight", "0-1 [100]")],
            "This sweep has 10,000 images; at most 1,000 are possible.",
        ),
        ([AxisText("prompt", "dog -> cat", AxisKind.REPLACE)], "“dog” is not in the prompt: “a red cat”."),
        (
            [AxisText("prompt", "red -> blue", AxisKind.REPLACE), AxisText("prompt", "a red cat\na dog")],
            "“red” is not in the prompt: “a dog”.",
        ),
        (
            [AxisText("prompt", "a red cat\na blue cat"), AxisText("prompt", "red -> blue\nblue", AxisKind.REPLACE)],
            "“blue” is there twice.",
        ),
        (
            [AxisText("prompt", '"red " -> ""', AxisKind.REPLACE), AxisText("prompt", "red a\nred red a")],
            "“without “red ” × red a” and “without “red ” × red red a” are the same request.",
        ),
    ],
)
def test_errors(axes: list[AxisText], message: str) -> None:
    """A plan that cannot be used is refused in a sentence that names the place."""
    assert error_of(*axes) == message


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("a" * 90_000, "The prompt with “aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa” is too long"),
        (", ".join(f"{number:04}" for number in range(1000)), "more than 10,000,000 characters together"),
    ],
)
def test_replacements_are_bounded(word: str, message: str) -> None:
    """Neither one replaced text nor all of them together take much memory."""
    operation = endpoint("\nprompt: {type: string}\n", "prompt")
    with pytest.raises(InvalidSweep, match=message):
        make_plan(operation, {"prompt": "b " * 10_000}, [AxisText("prompt", f"b -> {word}", AxisKind.REPLACE)])


def test_errors_of_the_form() -> None:
    """An error of a value that no axis sets is one of its field, not of an axis."""
    with pytest.raises(InvalidRequest) as caught:
        make_plan(ENDPOINT, {"raw": "maybe"}, [STRENGTHS])
    assert {detail.field for detail in caught.value.details} == {"raw"}
    with pytest.raises(InvalidRequest) as caught:
        make_plan(ENDPOINT, {**VALUES, "seed": "abc"}, [STRENGTHS, AxisText("seed", "4 random")])
    assert {detail.field for detail in caught.value.details} == {"seed"}
    assert [cell.request["seed"] for cell in expand(plan_of(AxisText("seed", "1 random"), seed="42"))] == [42]
    with pytest.raises(InvalidRequest) as caught:
        make_plan(ENDPOINT, {"prompt": "a"}, [STRENGTHS])
    assert {detail.field for detail in caught.value.details} == {"finetune_id"}


def test_a_required_field_can_be_an_axis() -> None:
    """A field that every cell sets may be blank in the form; one that a row leaves out may not."""
    assert len(expand(make_plan(ENDPOINT, {"finetune_id": "mine"}, [AxisText("prompt", "a\nb")]))) == 2
    table = AxisText("", "label,prompt,seed\n1,a,1\n1,,2", AxisKind.TABLE)
    with pytest.raises(InvalidSweep, match="“1 × 2”: prompt is required"):
        make_plan(ENDPOINT, {"finetune_id": "mine"}, [table, AxisText("steps", "2")])


def test_secrets_are_left_out() -> None:
    """A plan keeps neither a webhook nor a secret."""
    plan = plan_of(STRENGTHS, webhook_url="https://example.org", webhook_secret="sesame-7319")
    assert "sesame" not in dump_plan(plan, with_points=True)
    assert "example.org" not in dump_plan(plan)


def test_images_are_references() -> None:
    """An image must be stored before a plan refers to it."""
    reference = "sha256:" + "a" * 64
    assert expand(plan_of(STRENGTHS, image_prompt=reference))[0].request["image_prompt"] == reference
    with pytest.raises(InvalidRequest, match="not an image that is kept"):
        plan_of(STRENGTHS, image_prompt="aGVsbG8=")


COUNTS = st.integers(1, 4)


@given(COUNTS, COUNTS, COUNTS)
def test_cells_are_unique_and_extend(strengths: int, seeds: int, words: int) -> None:
    """Each cell has an id of its own, and keeps it when every axis gets another point."""

    def planned(more: int) -> Plan:
        return plan_of(
            AxisText("finetune_strength", ", ".join(str(number / 4) for number in range(strengths + more))),
            AxisText("seed", f"{seeds + more} random"),
            AxisText("prompt", "red -> " + ", ".join("abcdef"[: words + more]), AxisKind.REPLACE),
            seed=7,
        )

    before, after = expand(planned(0)), expand(planned(1))
    assert len({cell.id for cell in before}) == len(before) == strengths * seeds * words
    assert {cell.id for cell in before} < {cell.id for cell in after}
    assert len({cell.place for cell in after}) == len(after)


def test_round_trip() -> None:
    """A plan is the same after it was stored, and after it was shared and read by the schema."""
    table = AxisText("", 'label,prompt,raw\none,"a\nred b",true\ntwo,red c,', AxisKind.TABLE)
    plan = plan_of(STRENGTHS, table, AxisText("prompt", 'red -> "", blue', AxisKind.REPLACE), aspect_ratio="16:9")
    assert load_plan(dump_plan(plan, with_points=True)) == plan
    assert parse_plan(dump_plan(plan)) == plan


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flux_playground_sweep": 2}, "This plan was made by another version of the playground."),
        ({"flux_playground_sweep": True}, "This plan was made by another version of the playground."),
        ({"endpoint": 3}, "“endpoint” of this plan is missing or has the wrong type."),
        ({"axes": {}}, "“axes” of this plan is missing or has the wrong type."),
        ({"axes": []}, "A sweep has 1 to 3 axes, not 0."),
        ({"axes": [3]}, "An axis of this plan needs “field”, “text” and maybe “kind”: values, replace or table."),
        (
            {"axes": [{"field": "seed", "text": 3}]},
            "An axis of this plan needs “field”, “text” and maybe “kind”: values, replace or table.",
        ),
        ({"axes": [{"field": "style", "text": "3"}]}, "This endpoint has no field “style”."),
    ],
)
def test_damaged_plans(change: dict[str, Any], message: str) -> None:
    """A plan that was damaged or made elsewhere is refused in a sentence."""
    data = {**json.loads(dump_plan(plan_of(STRENGTHS))), **change}
    with pytest.raises(InvalidSweep) as caught:
        parse_plan(json.dumps(data))
    assert caught.value.message == message


def test_no_plan() -> None:
    """A text that is no plan is refused."""
    for text in ("", "[]", "{}", "[" * 100_000):
        with pytest.raises(InvalidSweep):
            parse_plan(text)
    with pytest.raises(InvalidSweep, match="has no points"):
        load_plan(dump_plan(plan_of(STRENGTHS)))


def test_strength_ladder() -> None:
    """The ladder has six strengths between the endpoint's bounds, or within the useful range."""
    for operation in schema.load().operations:
        ladder = presets.strength_ladder(operation)
        has_strength = any(field.name == "finetune_strength" for field in operation.fields)
        assert (ladder is not None) == has_strength, operation.path
        if ladder:
            assert ladder == AxisText("finetune_strength", "0, 0.4, 0.8, 1.2, 1.6, 2")
    assert presets.strength_ladder(endpoint("\nprompt: {type: string}\n", "prompt")) is None
    strength = "\nfinetune_strength: {type: number, minimum: 0.5, maximum: 1}\n"
    assert presets.strength_ladder(endpoint(strength, "")) is None
    narrow = endpoint(f"{strength}seed: {{type: integer}}\n", "")
    assert presets.strength_ladder(narrow) == AxisText("finetune_strength", "0.5, 0.6, 0.7, 0.8, 0.9, 1")


def test_prompts_by_finetune() -> None:
    """Prompts and finetunes span a plan; braces in a prompt are kept."""
    axes = presets.prompts_by_finetune(ENDPOINT, ["a {b|c}", "d"], ["mine", "org/other"])
    assert axes is not None
    assert len({cell.request["prompt"] for cell in expand(make_plan(ENDPOINT, {}, axes))}) == 2


def test_leak_test() -> None:
    """The leak test leaves out the trigger word, changes the subject, and turns the finetune off."""
    values = {**VALUES, "prompt": "TOK, a photo of tok in Paris", "finetune_strength": 1.2}
    table = presets.leak_test(ENDPOINT, values, "tok", "a photo of a horse")
    assert table is not None
    cells = expand(make_plan(ENDPOINT, values, [table]))
    assert [(cell.labels[0], cell.request["prompt"], cell.request["finetune_strength"]) for cell in cells] == [
        ("as prompted", "TOK, a photo of tok in Paris", 1.2),
        ("without trigger word", "a photo of in Paris", 1.2),
        ("other subject", "a photo of a horse", 1.2),
        ("no finetune (control)", "TOK, a photo of tok in Paris", 0),
    ]
    with pytest.raises(InvalidSweep, match="not in the prompt"):
        presets.leak_test(ENDPOINT, values, "to", "")
    seedless = endpoint("\nprompt: {type: string}\nfinetune_strength: {type: number}\n", "prompt")
    assert presets.leak_test(seedless, values, "tok", "") is None


def test_presets_pass_every_endpoint() -> None:
    """The presets of each shipped endpoint make a plan."""

    def check(operation: Operation) -> None:
        values = {"prompt": "a cat", "finetune_id": "mine", "width": 512, "height": 512}
        values = {name: value for name, value in values.items() if name in {field.name for field in operation.fields}}
        for axis in (presets.strength_ladder(operation), presets.seeds(operation)):
            assert axis is None or make_plan(operation, values, [axis]).size in (4, 6)

    for operation in schema.load().operations:
        check(operation)


def test_plan_in_the_documentation() -> None:
    """The plan that the documentation shows has the cells that it describes."""
    text = (Path(__file__).parent.parent.parent / "docs" / "sweeps.md").read_text(encoding="utf-8")
    endpoint, values, axes = parse_sources(text.partition("```json")[2].partition("```")[0])
    plan = make_plan(schema.load().operation(endpoint), values, axes)
    assert plan.size == 12
