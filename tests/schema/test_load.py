"""Other documents than the shipped one: every construct, both kinds of pages, and what is no document at all."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from flux_playground.errors import InvalidDocument, InvalidRequest
from flux_playground.schema import Document, Field, Operation, describe_changes, load, load_text

DOCUMENTS = Path(__file__).parents[1] / "documents"
ULTRA = "/v1/flux-pro-1.1-ultra-finetuned"


@pytest.fixture(scope="module")
def constructs() -> Document:
    return load(DOCUMENTS / "constructs.yaml")


def known(one: Field) -> dict[str, Any]:
    """All that a form's input depends on, without the words."""
    return {key: value for key, value in vars(one).items() if key not in ("description", "example", "schema")}


def a_document(schema: Any, **components: Any) -> str:
    """A document with one endpoint that takes this."""
    task = {"properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    post = {
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"content": {"application/json": {"schema": task}}}},
    }
    return json.dumps({"openapi": "3.1.0", "paths": {"/v1/x": {"post": post}}, "components": {"schemas": components}})


def refusal(text: str) -> str:
    with pytest.raises(InvalidDocument) as caught:
        load_text(text, "it")
    return caught.value.message


def test_endpoints(constructs: Document) -> None:
    """Every POST that responds with a task is an endpoint."""
    paths = [one.path for one in constructs.operations]
    assert paths[:7] == [
        "/v1/plain",
        "/v1/nullable",
        "/v1/images",
        "/v1/nested",
        "/v1/odd",
        "/v1/either",
        "/v1/only_hooked",
    ]


def test_summary_and_server(constructs: Document) -> None:
    """An endpoint has a summary and the nearest server."""
    assert constructs.operation("/v1/plain").summary == "Every plain kind of value"
    assert constructs.operation("/v1/only_hooked").summary == "/v1/only_hooked"
    assert constructs.operation("/v1/plain").server == "https://api.example.org"
    assert constructs.operation("/v1/images").server == "https://eu.example.org"


@pytest.mark.parametrize("address", ["http://api.example.org", "ftp://a", "/", "", "https://", "https://[", 5])
def test_unsafe_server(address: Any) -> None:
    """A server without https is ignored."""
    document = json.loads(a_document({}))
    assert load_text(json.dumps({**document, "servers": [{"url": address}]})).operations[0].server == ""


def test_scalar_types(constructs: Document) -> None:
    """Fields have the type of their schema."""
    kinds = {one.name: one.type for one in constructs.operation("/v1/plain").fields}
    assert {name for name, kind in kinds.items() if kind == "integer"} == {"count", "width", "height", "huge", "steps"}
    assert {name for name, kind in kinds.items() if kind == "number"} == {"share", "tenths", "old_exclusive"}
    assert [name for name, kind in kinds.items() if kind == "boolean"] == ["switch"]
    assert [name for name, kind in kinds.items() if kind == "any"] == ["mixed"]


def test_limits_in_all_spellings(constructs: Document) -> None:
    """All spellings of limits are read."""
    one = constructs.operation("/v1/plain").field
    assert (one("count").minimum, one("count").maximum, one("count").required) == (1, 4, True)
    assert (one("short").min_length, one("short").max_length, one("short").pattern) == (2, 5, "^[a-z]+$")
    assert (one("share").exclusive_minimum, one("share").exclusive_maximum) == (0, 1)
    assert (one("old_exclusive").exclusive_minimum, one("old_exclusive").minimum) == (0, None)
    assert (one("width").multiple_of, one("tenths").multiple_of) == (32, 0.1)
    assert one("steps").enum == (1, 2, 4, 8)
    assert one("kind").enum == ("plain",)
    assert one("one_of").enum == ("a", "b")
    assert one("format").enum == one("format_with_default").enum == ("jpeg", "png", "webp")
    assert one("secret").format == one("hidden").format == "password"
    assert one("javascript").pattern == ""


def test_invalid_default(constructs: Document) -> None:
    """A default that breaks its schema is ignored."""
    one = constructs.operation("/v1/plain").field
    assert (one("width").default, one("height").default) == (None, 1024)
    assert (one("ratio").default, one("format_with_default").default, one("switch").default) == ("16:9", "png", True)


def test_nullable_spellings(constructs: Document) -> None:
    """All spellings of nullable are read."""
    fields = constructs.operation("/v1/nullable").fields
    assert all(one.nullable for one in fields)
    assert not any(one.nullable for one in constructs.operation("/v1/plain").fields)
    kinds = ["string", "string", "integer", "integer", "number", "boolean", "string", "string", "array", "string"]
    assert [one.type for one in fields] == kinds
    inside, beside = fields[2], fields[3]
    assert (inside.minimum, inside.maximum) == (beside.minimum, beside.maximum) == (1, 6)


def test_image_fields(constructs: Document) -> None:
    """Image fields are known by name and description."""
    images = [one.name for one in constructs.operation("/v1/images").fields if one.media == "image"]
    single = ["input_image", "input_image_2", "input_image_8", "image", "image_prompt", "mask", "control_image"]
    assert images == [*single, "person", "garment", "backdrop", "input_images"]


def test_branches_of_one_name() -> None:
    """Branches with one name, or with the field's name, also have their limits."""
    bounds = [{"type": "integer", "minimum": 5, "maximum": most} for most in (20, 15)]
    lists = [{"type": "array", "items": item} for item in ({"type": "string"}, {"type": "array"})]
    pairs = {"type": "array", "items": {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]}}
    schema = {
        "properties": {
            "duration": {"anyOf": [{"title": "Duration", "anyOf": [one, {"const": "auto"}]} for one in bounds]},
            "keyframes": {"anyOf": [{"type": "string"}, *lists, pairs]},
            "least": {"anyOf": [{"type": "object"}, {"title": "Size", "minimum": 5}, {"title": "Size", "maximum": 9}]},
        }
    }
    one = load_text(a_document(schema)).operations[0]
    assert [[branch.title for branch in field.branches] for field in one.fields] == [
        ["a whole number or auto (5 to 20)", "a whole number or auto (5 to 15)"],
        ["text", "a list (text)", "a list (a list)", "a list (a list (a number and text))"],
        ["an object", "Size (at least 5)", "Size (at most 9)"],
    ]


def test_nested_fields(constructs: Document) -> None:
    """Unions have branches, objects have fields."""
    one = constructs.operation("/v1/nested").field
    assert [(each.title, each.type) for each in one("seed").branches] == [
        ("a whole number", "integer"),
        ("auto", "string"),
    ]
    assert (
        [each.title for each in one("pet").branches]
        == [each.title for each in one("maybe_pet").branches]
        == ["A cat", "A dog"]
    )
    assert [each.name for each in one("pet").branches[1].fields] == ["animal", "name"]
    assert [(each.name, each.required) for each in one("options").fields][:2] == [("depth", True), ("note", False)]
    assert [each.name for each in one("all").fields] == ["a", "b"]
    words = one("words").item
    assert words is not None
    assert (words.type, words.min_length) == ("string", 2)
    assert one("pairs").item is None


def test_odd_schemas(constructs: Document) -> None:
    """Unknown types are "any"; impossible properties are no fields."""
    kinds = {one.name: one.type for one in constructs.operation("/v1/odd").fields}
    assert [name for name, kind in kinds.items() if kind == "any"] == [
        "anything",
        "also_anything",
        "untyped",
        "unknown_type",
    ]
    assert "never" not in kinds
    assert kinds["pages"] == "string"


def test_older_page() -> None:
    """An older page gives the fields of the bundled document."""
    page, shipped = load(DOCUMENTS / "older-page.md").operation(ULTRA), load().operation(ULTRA)
    assert [known(one) for one in page.fields] == [known(one) for one in shipped.fields]
    assert page.server == "https://api.us1.bfl.ai"
    assert (page.summary, page.description) == (
        "Draw with a finetune",
        "Hands in an image to be drawn with a finetune.",
    )
    same_server = replace(shipped, server=page.server)
    assert describe_changes(page, same_server) == (
        "cost in the response",
        "input_mp in the response",
        "output_mp in the response",
    )


def test_newer_page() -> None:
    """A page can contain a complete document."""
    one = load(DOCUMENTS / "newer-page.md").operations[0]
    assert (one.path, one.server, one.summary) == ("/v1/newer", "https://api.example.org", "Draw an image")
    assert [(each.name, each.required, each.default) for each in one.fields] == [
        ("prompt", True, None),
        ("width", False, None),
    ]


def test_joined_pages() -> None:
    """Several pages in one file give all their endpoints, each with its own title and server."""
    pages = {name: (DOCUMENTS / f"{name}-page.md").read_text() for name in ("older", "newer")}
    balance = "# Credits\n```yaml\npaths:\n  /v1/credits:\n    get: {}\n```"
    guide = "# A guide\n> It has no endpoint."
    for names in (("older", "newer"), ("newer", "older")):
        text = "\n\nThe end of a page.\n\n".join((balance, guide, *(pages[name] for name in names), guide))
        found = {one.path: one for one in load_text(text).operations[:2]}
        for name in names:
            alone = load_text(pages[name]).operations[0]
            assert found[alone.path] == alone


def test_joined_pages_that_differ() -> None:
    """Pages that give one name two meanings are refused."""
    page = (DOCUMENTS / "newer-page.md").read_text()
    assert load_text(f"{page}\n{page}").operations == load_text(page).operations
    with pytest.raises(InvalidDocument, match="several pages that define post of /v1/newer differently"):
        load_text(f"{page}\n{page.replace('Makes a task.', 'Makes an image.')}")


def test_page_with_crlf() -> None:
    """A page with CRLF and a byte order mark is read."""
    page = (DOCUMENTS / "older-page.md").read_text().replace("\n", "\r\n")
    assert len(load_text(f"\ufeff{page}").operation(ULTRA).fields) == 12


@pytest.mark.parametrize("description", ["Any shape, such as 16:9 or 4:3.", "", "The shape, or match_input_image."])
def test_ratio_without_bounds(description: str) -> None:
    """Without bounds in the description, a ratio is free."""
    schema = {"properties": {"aspect_ratio": {"type": "string", "description": description}}}
    request = {"aspect_ratio": "match_input_image"}
    assert load_text(a_document(schema)).operations[0].build_request(request) == request


def test_synthetic_example() -> None:
    """ "<string>" is not an example."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "example": "<string>"}}}
    assert load_text(a_document(schema)).operations[0].field("a").example is None


def test_yaml_1_2_scalars() -> None:
    """16:9, on and dates are strings; 010 is ten."""
    schema = "{type: object, properties: {on: {type: string, default: 16:9, enum: [16:9, on, no, 2024-01-01, 010]}}}"
    text = a_document("SCHEMA").replace('"SCHEMA"', schema)
    one = load_text(f"# a comment\n{text}").operations[0].field("on")
    assert (one.default, one.enum) == ("16:9", ("16:9", "on", "no", "2024-01-01", 10))


def test_yaml_in_flow_style() -> None:
    """YAML that begins with a brace is read as YAML."""
    text = yaml.safe_dump(json.loads(a_document({"properties": {"a": {"type": "string"}}})), default_flow_style=True)
    assert text.startswith("{")
    assert [one.name for one in load_text(text).operations[0].fields] == ["a"]


def test_yaml_alias() -> None:
    """An alias is a copy of its anchor."""
    text = a_document("SCHEMA").replace('"SCHEMA"', "{properties: {a: &a {type: integer}, b: *a}}")
    assert [one.type for one in load_text(f"---\n{text}").operations[0].fields] == ["integer", "integer"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<!DOCTYPE html><p>", "is a web page"),
        ("{", "line 1"),
        ('{"a": NaN}', "not valid JSON"),
        ("a: [", "not valid YAML: line"),
        ("a: b: c", "not valid YAML: line 1"),
        ("\x00\x01", "not valid YAML"),
        ("hello", "is not an OpenAPI document"),
        ("", "is not an OpenAPI document"),
        ("# A page\n```python\npaths\n```", "a page without an OpenAPI document"),
        ("# A page\n```yaml\nno: thing\n```", "a page without an OpenAPI document"),
        ("```yaml\npaths: [\n```", "not valid YAML"),
        ("```yaml\npaths: {path: /v1/x}\n```", "no endpoint that responds with a task"),
        ('{"openapi": "3.1.0", "paths": []}', "no endpoint"),
        ('{"paths": {"/v1/x": {"post": 5}, "y": null, "/z": {"post": {"responses": [1]}}}}', "no endpoint"),
        ("[" * 100_000, "nested too deeply"),
        ("a: " + "[" * 100_000, "it is "),
        ('{"a":' * 500 + "1" + "}" * 500, "nested too deeply"),
        ("x" * 5_000_000, "too large"),
        ("&a [*a]", "nested too deeply"),
        ("*a", "not valid YAML: line 1"),
        ("a: 1\na: 2", "duplicate key a"),
        ("? [a]\n: b", "a key must be text"),
        ("!!python/object/apply:os.system [ls]", "is not an OpenAPI document"),
    ],
    ids=lambda text: text[:20],
)
def test_invalid_document(text: str, words: str) -> None:
    """An invalid document has a message with the reason."""
    sentence = refusal(text)
    assert words in sentence
    assert sentence.startswith("it ")
    assert sentence.endswith(".")
    assert len(sentence) < 200


def test_yaml_alias_bomb() -> None:
    """Aliases that multiply are rejected by their size."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(12)]
    assert "too large" in refusal("\n".join(lines))


def test_reference_bomb() -> None:
    """References that multiply are rejected by their size."""
    bomb = {
        f"B{n}": {"properties": {c: {"$ref": f"#/components/schemas/B{n + 1}"} for c in "abcdefgh"}} for n in range(9)
    }
    assert "too large" in refusal(a_document({"$ref": "#/components/schemas/B0"}, **bomb, B9={}))


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/Round"}, "is circular"),
        ({"$ref": "https://example.org/schema.json"}, "points outside of the document"),
        ({"$ref": "other.json#/a"}, "points outside of the document"),
        ({"$ref": "#/components/schemas/Nobody"}, "points to nothing"),
        ({"$ref": 5}, "points outside of the document"),
        ({"properties": []}, "properties must be an object"),
        ({"properties": {"a": "text"}}, "must be an object"),
        ({"properties": {"a": {"minimum": "one"}}}, "minimum must be a number"),
        ({"properties": {"a": {"multipleOf": 0}}}, "multipleOf must be more than 0"),
        ({"properties": {"a": {"maxLength": -1}}}, "maxLength must be a whole number"),
        ({"properties": {"a": {"anyOf": []}}}, "anyOf must be a list"),
        ({"properties": {"a": {"enum": "x"}}}, "enum must be a list"),
        ({"required": "a"}, "required must be a list"),
        ({"type": 5}, "type must be text"),
    ],
    ids=str,
)
def test_invalid_schema(schema: Any, words: str) -> None:
    """An invalid schema has a message with the reason."""
    round_about = {"properties": {"a": {"items": {"$ref": "#/components/schemas/Round"}}}}
    assert words in refusal(a_document(schema, Round=round_about))


def test_unused_references() -> None:
    """References of other endpoints are not resolved."""
    document = json.loads(a_document({}))
    document["paths"]["/v1/y"] = {"get": {"responses": {"200": {"$ref": "https://example.org"}}}}
    assert load_text(json.dumps(document)).operations == load_text(a_document({})).operations


def test_describe_changes() -> None:
    """Every change of a field is described."""

    def read(properties: Any, *required: str) -> Operation:
        schema = {"type": "object", "properties": properties, "required": required}
        return load_text(a_document(schema)).operations[0]

    old = read(
        {"a": {"enum": ["x", "y"]}, "b": {"type": "integer", "maximum": 6, "default": 2}, "c": {"type": "string"}}, "c"
    )
    new = read(
        {
            "a": {"enum": ["x", "z"]},
            "b": {"type": "number", "maximum": 8, "default": 3},
            "c": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "d": {"type": "string"},
        },
        "d",
    )
    assert describe_changes(old, old) == ()
    assert describe_changes(old, new) == (
        "a: + z",
        "a: − y",
        "b: integer → number",
        "b: default 2 → 3",
        "b: at most 6 → 8",
        "c: no longer required",
        "c: may now be null",
        "d: new, required",
    )
    assert "d: removed" in describe_changes(new, old)


def test_object_union_merges_fields(
    constructs: Document,
) -> None:
    """A union of objects has the fields of all branches."""
    either = constructs.operation("/v1/either")
    known = {one.name: one for one in either.fields}
    assert (known["kind"].enum, known["kind"].required) == (("words", "image"), True)
    assert [one.name for one in either.fields if one.required] == ["kind"]
    assert (known["strength"].default, known["upsampling"].default) == (None, None)
    assert either.build_request({"kind": "words", "prompt": "a mill", "seed": "7", "strength": ""}) == {
        "kind": "words",
        "prompt": "a mill",
        "seed": 7,
    }
    for values, wrong in (
        ({"prompt": "a mill", "seed": None}, {"kind"}),
        ({"kind": "words", "input_image": "eA=="}, {"prompt", "input_image"}),
        ({"kind": "image", "input_image": "eA==", "strength": 3}, {"strength"}),
    ):
        with pytest.raises(InvalidRequest) as caught:
            either.build_request(values)
        assert {one.field for one in caught.value.details} == wrong
