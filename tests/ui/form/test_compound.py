"""Every construct that a schema can hold, through the page's own functions: drawn, filled, read back, checked, sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flux_playground import Playground, Settings
from flux_playground.errors import InvalidRequest
from flux_playground.generation import State
from flux_playground.local import LocalServer
from flux_playground.schema import Field, Operation, load
from flux_playground.schema.dereference import Resolver
from flux_playground.schema.fields import parse_field
from flux_playground.schema.fields import parse_fields as fields_of
from flux_playground.ui.endpoints import switch
from flux_playground.ui.form import compound
from flux_playground.ui.form.form import Form

DOCUMENT = load(Path(__file__).parents[2] / "documents" / "constructs.yaml")
NESTED = {one.name: one for one in DOCUMENT.operation("/v1/nested").fields}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

GIVEN: dict[str, dict[str, Any]] = {
    "/v1/plain": {"text": "a fox", "kind": "plain", "count": 2, "short": "abc", "huge": 2**70, "share": 0.25},
    "/v1/nullable": {"must_say": None, "text": "a", "bound_inside": 6, "old": False, "things": ["a", "b"]},
    "/v1/images": {"input_image": PIXEL, "input_images": [PIXEL, PIXEL], "image_prompt_strength": 0},
    "/v1/nested": {
        "seed": 7,
        "text_or_number": "12",
        "kinds": 3,
        "pet": {"animal": "dog", "name": "Rex"},
        "maybe_pet": {"animal": "cat", "lives": 9},
        "words": ["one", "[two]"],
        "numbers": [1, 2],
        "size": [3, "cm"],
        "options": {"depth": 2, "deeper": {"flag": False}},
        "pairs": {"a": 1},
        "all": {"a": 1, "b": "x"},
    },
    "/v1/odd": {"anything": [1, {"a": None}], "untyped": 5, "names": {"x_a": 1}, "conditional": {"a": 1, "b": 2}},
    "/v1/either": {"kind": "image", "input_image": PIXEL, "strength": 0.25, "seed": 2**70},
    "/v1/only_hooked": {"prompt": "a mill"},
}


def form_of(operation: Operation) -> Form:
    """The form of all fields of an operation."""
    return Form(operation, operation.fields)


def one_field(field: Field) -> Form:
    """A form with one field."""
    return Form(DOCUMENT.operations[0], [field])


def drawn(operation: Operation) -> dict[str, Any]:
    """The initial contents of a form's inputs, as Gradio draws them."""

    async def draw() -> dict[str, Any]:
        with gr.Blocks():
            inputs = form_of(operation).draw(0).inputs
        return {key: component.value for key, component in inputs.items()}

    return asyncio.run(draw())  # gradio would make itself a loop, and never close it


def filled(operation: Operation, values: dict[str, Any]) -> dict[str, Any]:
    form = form_of(operation)
    sent: dict[str, Any] = json.loads(json.dumps({**form.initial(), **form.fill(values)}))  # as it comes from a browser
    return sent


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground whose local server serves the document of the tests."""
    with LocalServer(DOCUMENT, speed=200) as server:
        chosen = Settings(data=tmp_path_factory.mktemp("data"), demo_url=server.url, endpoint="/v1/plain")
        with Playground(chosen, DOCUMENT) as opened:
            yield opened


@pytest.mark.parametrize("path", GIVEN)
def test_every_construct_reaches_the_server(sender: Playground, path: str) -> None:
    """A value in each kind of input arrives at the server unchanged."""
    operation = DOCUMENT.operation(path)
    assert set(drawn(operation)) == set(filled(operation, {}))
    values = form_of(operation).read(filled(operation, GIVEN[path]))
    values |= {name: value for name, value in GIVEN[path].items() if operation.field(name).media}
    request = operation.build_request(values)
    expected = {name: value for name, value in GIVEN[path].items() if value is not None}
    assert {name: request[name] for name in expected} == expected
    assert list(sender.generate(values, endpoint=path))[-1].state is State.SUCCEEDED


@pytest.mark.parametrize("path", GIVEN)
def test_untouched_form_sends_defaults(path: str) -> None:
    """A form as it is drawn sends its defaults, or names its required fields."""
    operation = DOCUMENT.operation(path)
    values, wrong = form_of(operation).read(drawn(operation)), set[str]()
    try:
        request = operation.build_request(values)
    except InvalidRequest as error:
        request, wrong = {}, {one.field for one in error.details}
    assert wrong <= {one.name for one in operation.fields if one.required}
    for name, value in request.items():
        assert value == operation.field(name).default or operation.field(name).required


def test_branch_and_its_input() -> None:
    """The chosen branch of a union is read from its own inputs."""
    pet = NESTED["pet"]
    raw = one_field(pet).fill({"pet": {"animal": "dog", "name": "Rex"}})
    assert raw["pet/of"] == "1"
    assert raw["pet/1/name"] == "Rex"
    assert one_field(pet).read({**raw, "pet/of": ""}) == {"pet": None}
    assert one_field(pet).read({**raw, "pet/of": "0", "pet/0/lives": "9"}) == {"pet": {"animal": "cat", "lives": 9}}


def test_number_or_text_is_as_chosen() -> None:
    """ "12" is a number or a text, as chosen."""
    one = NESTED["text_or_number"]
    assert one_field(one).read({"text_or_number/of": "0", "text_or_number/0": "12"}) == {"text_or_number": 12}
    assert one_field(one).read({"text_or_number/of": "1", "text_or_number/1": "12"}) == {"text_or_number": "12"}


def test_value_under_the_field_name_is_json() -> None:
    """A value under a field's own name is read as JSON."""
    assert one_field(NESTED["options"]).read({"options": '{"depth": 1}'}) == {"options": {"depth": 1}}


def test_unset_is_not_the_default() -> None:
    """An unset value is null, where the default is another value."""
    one = parse_field("format", {"anyOf": [{"enum": ["png", "jpeg"]}, {"type": "null"}], "default": "png"})
    assert one_field(one).read(one_field(one).initial()) == {"format": "png"}
    assert one_field(one).read(one_field(one).fill({"format": None})) == {"format": None}
    switch = parse_field("raw", {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": True})
    assert one_field(switch).fill({"raw": None}) == {"raw": ""}


@pytest.mark.parametrize("items", [["a"], ["a", "b c"], ["[1]"], ["two\nlines"], [], ["1"]])
def test_list_of_texts_has_one_per_line(items: list[str]) -> None:
    """A list of texts has one text on each line."""
    one = parse_field("words", {"type": "array", "items": {"type": "string"}})
    assert one_field(one).read(one_field(one).fill({"words": items})) == {"words": items}


def test_large_object_is_one_json_input() -> None:
    """An object with many properties is one JSON input."""
    many = parse_field("many", {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(60)}})
    assert isinstance(compound.plan(many), compound.Leaf)


def test_values_are_carried_to_another_endpoint() -> None:
    """Values that fit another endpoint are carried over; the others are named."""
    plain, nullable = form_of(DOCUMENT.operation("/v1/plain")), form_of(DOCUMENT.operation("/v1/nullable"))
    raw = filled(DOCUMENT.operation("/v1/plain"), {"text": "much too long", "format": "webp", "huge": 5})
    carried = plain.changed(raw)
    assert carried == {"text": "much too long", "format": "webp", "huge": "5"}
    arrival = switch.carry_over(nullable, carried)
    assert arrival.inputs["format"] == "webp"
    assert not arrival.inputs["text"]
    assert dict(arrival.rejected) == {"huge": "has no field here", "text": "must have at most 9 characters, not 13"}
    assert "huge" in switch.render_rejected(arrival)


SCALARS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 2, "maxLength": 5},
        {"type": "string", "enum": ["a", "b", "c", "d", "e"]},
        {"type": "integer", "minimum": 0, "maximum": 10, "default": 3},
        {"type": "integer", "minimum": 5, "default": 0},
        {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
        {"type": "boolean", "default": True},
        {"const": "only"},
        {"enum": [1, 2.5, "x", None, True]},
        {"type": "integer", "enum": [1, 2, 2**60]},
        {},
    ]
)


def _wider(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(["a", "b", "image", "request", "two words", "class"])
    objects = st.dictionaries(names, inner, max_size=3)
    return st.one_of(
        inner.map(lambda one: {"anyOf": [one, {"type": "null"}]}),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: {"anyOf": some}),
        inner.map(lambda one: {"type": "array", "items": one}),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda some: {"type": "array", "prefixItems": some, "items": False}
        ),
        objects.map(lambda each: {"type": "object", "properties": each, "required": sorted(each)[:1]}),
        inner.map(lambda one: {"type": "object", "additionalProperties": one}),
    )


SCHEMAS = st.recursive(SCALARS, _wider, max_leaves=6)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=6,
)


def operation_of(properties: dict[str, Any]) -> Operation:
    schema = Resolver({}).resolve({"type": "object", "properties": properties, "required": sorted(properties)[:1]})
    return Operation("/v1/any", "", "", "", fields_of(schema), schema)


@settings(suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["prompt", "seed", "image", "request", "two words"]), SCHEMAS, min_size=1, max_size=3
    ),
    st.data(),
)
def test_any_schema_passes_or_names_the_field(properties: dict[str, Any], data: st.DataObject) -> None:
    """Any contents of any form give a valid request or errors at its fields."""
    operation = operation_of(properties)
    form = form_of(operation)
    raw = form.initial()
    for key in raw:
        if data.draw(st.booleans()):
            raw[key] = data.draw(st.one_of(VALUES, st.sampled_from(["0", "1", "[1]", "{", "true", "2.5"])))
    values = form.read(raw)
    wrong = None
    try:
        assert operation.check(operation.build_request(values)) == ()
    except InvalidRequest as error:
        wrong = {one.field for one in error.details}
    assert wrong is None or (wrong and wrong <= set(properties))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(["prompt", "seed", "mask", "class"]), SCHEMAS, min_size=1, max_size=2))
def test_any_schema_can_be_drawn(properties: dict[str, Any]) -> None:
    """Any schema has components."""
    operation = operation_of(properties)
    assert set(drawn(operation)) == set(form_of(operation).initial())
