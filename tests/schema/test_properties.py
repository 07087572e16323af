"""Random schemas, random values: a request passes its schema or is refused by field, and nothing else ever happens."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from flux_playground.errors import InvalidDocument, InvalidRequest
from flux_playground.schema import Operation, load_text

BOUNDS = st.integers(-5, 5) | st.sampled_from([0.5, -1.5, 32.0])
NAMES = st.sampled_from(["a", "b", "prompt", "seed", "image", "aspect_ratio", "é", "a.b"])

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
NUMERALS = st.sampled_from(
    ["0", " 7 ", "-1", "2.0", "1e3", "abc", "true", "no", "null", "[1]", '{"a": "1"}', "16:9", "", "²"]
)
VALUES = st.recursive(
    SCALARS | NUMERALS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
LIKELY = st.recursive(
    st.integers(-5, 5).map(str) | st.integers(-5, 5) | st.sampled_from(["x", "y", "true", True, "32"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
ODD_VALUES = VALUES | st.binary(max_size=3) | st.just(10**5000) | st.text(st.characters(codec=None), max_size=3)

STRINGS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 4),
        "pattern": st.sampled_from(["^[a-z]*$", r"\d", r"\p{L}", "("]),
        "format": st.sampled_from(["password", "date"]),
        "enum": st.lists(st.text(max_size=2), min_size=1, max_size=3),
        "description": st.sampled_from(["", "between 1:2 and 2:1", "An image as base64."]),
    },
)
NUMBERS = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number", ["integer", "null"], ["number", "string"]])},
    optional={
        "minimum": BOUNDS,
        "maximum": BOUNDS,
        "exclusiveMinimum": BOUNDS | st.booleans(),
        "exclusiveMaximum": BOUNDS,
        "multipleOf": st.sampled_from([1, 2, 0.5, 32.0]),
        "enum": st.lists(st.integers(0, 4) | st.none(), min_size=1, max_size=3),
        "nullable": st.booleans(),
    },
)
PLAIN = st.sampled_from(
    [{}, True, False, {"type": "boolean"}, {"type": "null"}, {"const": 1}, {"const": "x"}, {"type": "thing"}]
)
REFERENCES = st.sampled_from(["One", "Two"]).map(lambda name: {"$ref": f"#/components/schemas/{name}"})


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas that hold schemas."""
    some = st.lists(inner, min_size=1, max_size=3)
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
        optional={
            "required": st.lists(NAMES, max_size=2, unique=True),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "é"]), inner, max_size=1),
            "propertyNames": st.just({"maxLength": 4}),
            "minProperties": st.integers(0, 2),
        },
    )
    arrays = st.fixed_dictionaries(
        {"type": st.just("array")},
        optional={
            "items": inner,
            "prefixItems": some,
            "minItems": st.integers(0, 2),
            "maxItems": st.integers(0, 3),
            "uniqueItems": st.booleans(),
            "contains": inner,
        },
    )
    keywords = st.sampled_from(["anyOf", "oneOf", "allOf"])
    unions = st.builds(lambda key, each, more: {**more, key: each}, keywords, some, NUMBERS | st.just({}))
    others = st.fixed_dictionaries(
        {},
        optional={
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "default": st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
        },
    )
    return objects | arrays | unions | others


SCHEMAS = st.recursive(STRINGS | NUMBERS | PLAIN | REFERENCES, composed, max_leaves=10)


def a_document(properties: Any, one: Any = True, **more: Any) -> str:
    """A document whose endpoint has these properties; what they refer to as One is `one`."""
    task: dict[str, Any] = {"properties": {"id": {}, "polling_url": {}}}
    post = {
        "requestBody": {"content": {"application/json": {"schema": {"properties": properties, **more}}}},
        "responses": {"200": {"content": {"application/json": {"schema": task}}}},
    }
    schemas = {"One": one, "Two": {"anyOf": [{"enum": ["x", "y"], "title": "Two"}, {"type": "integer"}]}}
    return json.dumps({"paths": {"/x": {"post": post}}, "components": {"schemas": schemas}})


def read(text: str) -> Operation | InvalidDocument:
    """The first endpoint of a document, or why there is none."""
    try:
        return load_text(text).operations[0]
    except InvalidDocument as error:
        return error


def operation(properties: Any, one: Any = True, **more: Any) -> Operation:
    """An endpoint with these properties."""
    return load_text(a_document(properties, one, **more)).operations[0]


def outcome(endpoint: Operation, values: Any) -> dict[str, Any] | InvalidRequest:
    """The request that values become, or why they do not."""
    try:
        return endpoint.build_request(values)
    except InvalidRequest as error:
        return error


@given(st.data(), st.dictionaries(NAMES, SCHEMAS, min_size=1, max_size=4), STRINGS | NUMBERS | PLAIN)
def test_random_requests(data: st.DataObject, properties: Any, one: Any) -> None:
    """A request is valid, or each error has a location."""
    endpoint = operation(properties, one)
    names = st.sampled_from([*properties, *properties, *properties, "nobody"])
    values = data.draw(st.dictionaries(names, LIKELY, min_size=1, max_size=3) | st.dictionaries(names, ODD_VALUES))
    request = outcome(endpoint, values)
    if isinstance(request, InvalidRequest):
        assert request.details
        assert all(each.loc[0] == "body" and each.msg and each.type for each in request.details)
        assert len({each.loc for each in request.details}) == len(request.details)
        assert len(str(request)) < 2000
    else:
        assert Draft202012Validator(dict(endpoint.schema)).is_valid(request)
        json.dumps(request, allow_nan=False).encode()
        assert endpoint.check(request) == ()
        assert endpoint.build_request(request) == request


@given(st.dictionaries(NAMES, SCHEMAS, max_size=3), VALUES)
def test_check_agrees_with_jsonschema(properties: Any, body: Any) -> None:
    """The check agrees with jsonschema."""
    endpoint = operation(properties)
    errors = endpoint.check(body)
    if isinstance(body, dict) and not any(
        each.type in ("finite_number", "value_error", "url_parsing") for each in errors
    ):
        assert bool(errors) is not Draft202012Validator(dict(endpoint.schema)).is_valid(body)


@given(st.dictionaries(NAMES, SCHEMAS, min_size=1, max_size=4), STRINGS | NUMBERS | PLAIN)
def test_random_schemas_have_fields(properties: Any, one: Any) -> None:
    """Any schema gives fields with a type and a title."""
    for field in operation(properties, one).fields:
        assert field.type in ("string", "integer", "number", "boolean", "array", "object", "any")
        assert field.title
        assert field.media in ("", "image")
        for inner in (*field.branches, *field.fields, field.item):
            assert inner is None or inner.type


@given(st.dictionaries(NAMES, SCHEMAS, min_size=1, max_size=3))
def test_defaults_are_valid(properties: Any) -> None:
    """A default passes the check of its own field."""
    endpoint = operation(properties)
    for field in endpoint.fields:
        if field.default is not None:
            errors = endpoint.check({field.name: field.default})
            assert not [each for each in errors if each.field == field.name and each.type != "value_error"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("#/components/schemas/One"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$ref", "type", "properties", "anyOf", "allOf", "items", "enum", "minimum", "required", "pattern"]
            )
            | st.sampled_from(
                ["discriminator", "default", "title", "nullable", "exclusiveMinimum", "maxLength", "const"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JUNK, JUNK)
def test_random_junk_schemas(properties: Any, one: Any) -> None:
    """Any junk is read or rejected with a message."""
    endpoint = read(a_document(properties, one))
    if isinstance(endpoint, InvalidDocument):
        assert endpoint.message.endswith(".")
    else:
        outcome(endpoint, {field.name: "1" for field in endpoint.fields})


@given(st.text(max_size=60) | st.text("{}[]:-,&*!|>'\"%@`#~ \nab1", max_size=60))
def test_random_text_is_rejected(text: str) -> None:
    """Random text is rejected with a message."""
    for whole in (text, f"```yaml\npaths: {text}\n```", f"paths:\n  /x:\n    post: {text}"):
        refused = read(whole)
        assert isinstance(refused, InvalidDocument)
        assert refused.message.endswith(".")
