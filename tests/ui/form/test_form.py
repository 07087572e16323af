"""A field of the schema as an input, the line under it, and the way back from the input to a value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flux_playground.errors import FieldError
from flux_playground.schema import Field, load
from flux_playground.schema.fields import parse_field
from flux_playground.settings import DEFAULT_ENDPOINT
from flux_playground.ui.form import widgets
from flux_playground.ui.form.field_help import render_help
from flux_playground.ui.form.form import Form, plan_forms, render_field_errors
from flux_playground.ui.form.limits_text import describe_limits
from flux_playground.ui.text import field_hints

OPERATION = load().operation(DEFAULT_ENDPOINT)
SHIPPED = {one.name: one for one in OPERATION.fields}


def component(one: Field) -> Any:
    return widgets.draw(one)


def read(one: Field, raw: dict[str, Any]) -> dict[str, Any]:
    """The values of a form with one field."""
    return Form(OPERATION, [one]).read(raw)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_field_has_an_input(name: str) -> None:
    """Each field of the endpoint has an input that starts with its default."""
    one = SHIPPED[name]
    start = component(one).value
    value = read(one, {name: start})[name]
    assert value == one.default or (value is None and one.default in (None, ""))


def test_integer_is_read_as_text() -> None:
    """A seed is a text, so that the browser does not round it."""
    seed = component(SHIPPED["seed"])
    assert seed.get_block_name() == "textbox"
    assert read(SHIPPED["seed"], {"seed": str(2**64 - 1)}) == {"seed": str(2**64 - 1)}
    assert widgets.to_widget(SHIPPED["seed"], 0) == "0"


def test_optional_field_can_be_left_out() -> None:
    """An optional choice without a default can be left unset."""
    free = parse_field("mode", {"type": "string", "enum": ["a", "b"]})
    assert (widgets.UNSET, "") in component(free).choices
    assert read(free, {"mode": ""}) == {"mode": None}
    assert component(SHIPPED["output_format"]).choices == [("jpeg", "jpeg"), ("png", "png")]  # the default is a choice
    assert read(SHIPPED["output_format"], {"output_format": ""}) == {"output_format": None}


@pytest.mark.parametrize(
    ("schema", "block"),
    [
        ({"type": "number", "minimum": 0, "maximum": 2, "default": 1.2}, "slider"),
        ({"type": "number", "minimum": 0, "maximum": 2}, "textbox"),
        ({"anyOf": [{"type": "number", "minimum": 0, "maximum": 2}, {"type": "null"}], "default": 1}, "textbox"),
        ({"type": "integer", "minimum": 64, "default": 0}, "textbox"),
        ({"type": "string", "enum": ["a", "b"]}, "radio"),
        ({"type": "string", "enum": list("abcdefgh")}, "dropdown"),
        ({"type": "integer", "enum": [1, 2]}, "radio"),
        ({"type": "boolean", "default": True}, "checkbox"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "radio"),
        ({"type": "array", "items": {"type": "string"}}, "textbox"),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "textbox"),
        ({}, "textbox"),
    ],
)
def test_every_schema_has_an_input(schema: dict[str, Any], block: str) -> None:
    """Each kind of schema has its input."""
    assert component(parse_field("thing", schema)).get_block_name() == block


def test_unusual_value_is_json() -> None:
    """A list of numbers is written as JSON."""
    odd = parse_field("odd", {"type": "array", "items": {"type": "integer"}})
    assert read(odd, {"odd": "[1, 2]"}) == {"odd": [1, 2]}
    assert read(odd, {"odd": "[1, "}) == {"odd": "[1, "}
    assert widgets.to_widget(odd, [1, 2]) == "[1, 2]"


def test_image_is_read_as_a_path() -> None:
    """An uploaded image is read as the path of its file."""
    content = '[{"path": "/tmp/a.png"}]'
    assert read(SHIPPED["image_prompt"], {"image_prompt": content}) == {"image_prompt": Path("/tmp/a.png")}
    assert read(SHIPPED["image_prompt"], {"image_prompt": {"path": "/tmp/a.png"}}) == {
        "image_prompt": Path("/tmp/a.png")
    }
    assert read(SHIPPED["image_prompt"], {"image_prompt": None}) == {"image_prompt": None}


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("finetune_strength", "0 to 2 · default 1.2"),
        ("finetune_id", "required"),
        ("seed", "any whole number · optional"),
        ("webhook_url", "up to 2083 characters · optional"),
    ],
)
def test_limits_are_under_the_field(name: str, line: str) -> None:
    """The limits of a field are one line."""
    assert describe_limits(SHIPPED[name]) == line


def test_field_error_is_escaped() -> None:
    """A field error is escaped and names the item of a list."""
    told = render_field_errors([FieldError(("body", "seed"), "is <b>wrong</b>", "x")])
    assert '<li data-field="seed" data-item="">is &lt;b&gt;wrong&lt;/b&gt;</li>' in told
    inside = render_field_errors([FieldError(("body", "images", 1, "url"), "is missing", "x")])
    assert '<li data-field="images" data-item="1">item 2 → url is missing</li>' in inside


def test_order_of_the_fields() -> None:
    """Prompt and finetune come first, webhook last, unknown fields before it."""
    unknown = parse_field("brightness", {"type": "number", "default": 1})
    order = [one.name for one in field_hints.ordered([unknown, *SHIPPED.values()])]
    assert order[:2] == ["prompt", "finetune_id"]
    assert order.index("seed") < order.index("brightness") < order.index("webhook_url")
    assert field_hints.label(unknown) == "Brightness"


def test_endpoints_share_a_form() -> None:
    """The six endpoints of the supplement have one form; another document's path chooses none of them."""
    first, klein = plan_forms(load().operations, hosted=False)
    assert [len(first.operations), len(klein.operations)] == [1, 6]
    chosen = klein.at(klein.operations[3].path)
    assert (chosen.operation, chosen.fields, chosen.operations) == (klein.operations[3], klein.fields, klein.operations)
    assert chosen.read(chosen.initial()) == klein.read(klein.initial())
    for path in ("", None, 3, first.operation.path):
        assert klein.at(path).operation == klein.operation
    assert len(plan_forms(load().operations, hosted=True)) == 2


def test_suggested_range() -> None:
    """A number without bounds has a slider for its useful range; one with bounds in the schema has none."""
    strength = load().operation("/v1/flux-2-klein-4b-finetuned").field("finetune_strength")
    assert component(strength).value == "1.0"
    assert not widgets.is_slider(strength)
    with_range = render_help(strength, (0, 2))
    assert 'type="range" tabindex="-1" min="0" max="2"' in with_range
    assert "default 1.0 · usually 0 to 2" in with_range
    assert 'type="range"' not in render_help(strength)
    ultra, klein = plan_forms(load().operations, hosted=False)
    assert (dict(ultra._suggested), dict(klein._suggested)) == ({}, {"finetune_strength": (0, 2)})


def test_priced_field_is_visible() -> None:
    """A field whose values have different prices is not among the advanced ones."""
    field = parse_field("resolution", {"type": "string", "enum": ["1k", "4k"], "default": "1k"})
    assert Form(replace(OPERATION, fields=(field,)), (field,)).is_folded(field)
    assert not Form(replace(OPERATION, path="/v1/flux-3-image", fields=(field,)), (field,)).is_folded(field)
