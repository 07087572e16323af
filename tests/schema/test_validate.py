"""Requests of every construct: what a form's values become, and what is said of those that do not fit."""

from pathlib import Path
from typing import Any

import pytest

from flux_playground.errors import InvalidRequest
from flux_playground.schema import Document, Operation, load
from flux_playground.schema.document import load_text
from flux_playground.schema.error_text import KEYWORD_ERRORS
from flux_playground.schema.known_fields import check_id
from flux_playground.schema.validate import is_valid, validate

from .test_load import a_document

PLAIN = {"text": "a", "count": 1}


@pytest.fixture(scope="module")
def constructs() -> Document:
    return load(Path(__file__).parents[1] / "documents" / "constructs.yaml")


@pytest.mark.parametrize(
    ("path", "values", "request_"),
    [
        ("plain", PLAIN, {"text": "a", "kind": "plain", "count": 1}),
        ("plain", {**PLAIN, "kind": "plain", "steps": "4"}, {**PLAIN, "kind": "plain", "steps": 4}),
        ("plain", {**PLAIN, "mixed": "2", "tenths": "0.3"}, {**PLAIN, "kind": "plain", "mixed": 2, "tenths": 0.3}),
        (
            "plain",
            {**PLAIN, "mixed": "auto", "switch": "off"},
            {**PLAIN, "kind": "plain", "mixed": "auto", "switch": False},
        ),
        (
            "plain",
            {**PLAIN, "width": "64", "huge": str(10**400)},
            {**PLAIN, "kind": "plain", "width": 64, "huge": 10**400},
        ),
        ("plain", {**PLAIN, "height": 32 * 10**400}, {**PLAIN, "kind": "plain", "height": 32 * 10**400}),
        ("nullable", {"must_say": None, "text": None}, {"must_say": None}),
        ("nullable", {"must_say": "", "format": ""}, {"must_say": None}),
        (
            "nullable",
            {"must_say": "x", "bound_inside": "6", "old": "true"},
            {"must_say": "x", "bound_inside": 6, "old": True},
        ),
        (
            "nullable",
            {"must_say": "x", "listed": ".5", "things": ["a", ""]},
            {"must_say": "x", "listed": 0.5, "things": ["a"]},
        ),
        ("nested", {"seed": "5"}, {"seed": 5}),
        ("nested", {"seed": "auto"}, {"seed": "auto"}),
        ("nested", {"text_or_number": "5", "kinds": 5.0}, {"text_or_number": "5", "kinds": 5}),
        ("nested", {"pet": {"animal": "cat", "lives": "9"}}, {"pet": {"animal": "cat", "lives": 9}}),
        ("nested", {"pet": '{"animal": "dog", "name": "Rex"}'}, {"pet": {"animal": "dog", "name": "Rex"}}),
        ("nested", {"maybe_pet": None, "words": '["ab", "cd"]'}, {"words": ["ab", "cd"]}),
        ("nested", {"numbers": ["1", None, 2], "size": ("5", "px")}, {"numbers": [1, 2], "size": [5, "px"]}),
        (
            "nested",
            {"options": {"depth": "2", "note": "", "deeper": {"flag": "yes"}}},
            {"options": {"depth": 2, "deeper": {"flag": True}}},
        ),
        ("nested", {"pairs": {"a": 1}, "all": {"a": "1"}}, {"pairs": {"a": 1}, "all": {"a": 1}}),
        ("odd", {"anything": {"a": [1, None]}, "untyped": "5"}, {"anything": {"a": [1, None]}, "untyped": "5"}),
        ("odd", {"either_way": "11", "names": {"x_a": 1}}, {"either_way": 11, "names": {"x_a": 1}}),
    ],
    ids=str,
)
def test_form_values_are_coerced(constructs: Document, path: str, values: Any, request_: Any) -> None:
    """Form values become a valid request."""
    operation = constructs.operation(f"/v1/{path}")
    request = operation.build_request(values)
    assert request == request_
    assert repr(sorted(request)) == repr(sorted(request_))
    assert operation.check(request) == ()


@pytest.mark.parametrize(
    ("path", "values", "place", "said"),
    [
        ("plain", {}, "text", "missing: is required"),
        ("plain", {**PLAIN, "count": 5}, "count", "less_than_equal: must be at most 4, not 5"),
        ("plain", {**PLAIN, "kind": "fancy"}, "kind", "literal_error: must be “plain”"),
        ("plain", {**PLAIN, "short": "a"}, "short", "string_too_short: must have at least 2 characters, not 1"),
        ("plain", {**PLAIN, "short": "abcdef"}, "short", "string_too_long: must have at most 5 characters, not 6"),
        ("plain", {**PLAIN, "short": "ABC"}, "short", "string_pattern_mismatch: must match ^[a-z]+$"),
        ("plain", {**PLAIN, "width": 65}, "width", "multiple_of: must be a multiple of 32, not 65"),
        ("plain", {**PLAIN, "height": 10**400 + 1}, "height", "multiple_of: must be a multiple of 32, not 1000"),
        ("plain", {**PLAIN, "tenths": 0.35}, "tenths", "multiple_of: must be a multiple of 0.1, not 0.35"),
        ("plain", {**PLAIN, "share": 0}, "share", "greater_than: must be more than 0, not 0"),
        ("plain", {**PLAIN, "share": 1}, "share", "less_than: must be less than 1, not 1"),
        ("plain", {**PLAIN, "old_exclusive": 0}, "old_exclusive", "greater_than: must be more than 0"),
        ("plain", {**PLAIN, "steps": "3"}, "steps", "enum: must be 1, 2, 4 or 8, not 3"),
        ("plain", {**PLAIN, "one_of": "c"}, "one_of", "enum: must be a or b, not “c”"),
        ("plain", {**PLAIN, "switch": 1}, "switch", "bool_type: must be true or false, not 1"),
        ("plain", {**PLAIN, "text": 5}, "text", "string_type: must be text, not 5"),
        ("plain", {**PLAIN, "huge": float("inf")}, "huge", "finite_number: must be a finite number, not inf"),
        ("nullable", {}, "must_say", "missing: is required"),
        (
            "nullable",
            {"must_say": "x", "bound_inside": "0"},
            "bound_inside",
            "greater_than_equal: must be at least 1, not 0",
        ),
        ("nullable", {"must_say": "x", "bound_beside": 7}, "bound_beside", "less_than_equal: must be at most 6, not 7"),
        ("nullable", {"must_say": "x", "listed": "2"}, "listed", "less_than_equal: must be at most 1, not 2"),
        ("nullable", {"must_say": "x", "format": "gif"}, "format", "enum: must be jpeg, png or webp, not “gif”"),
        (
            "nullable",
            {"must_say": "x", "old_format": "gif"},
            "old_format",
            "enum: must be jpeg, png or webp, not “gif”",
        ),
        ("nullable", {"must_say": "x", "things": "a"}, "things", "list_type: must be a list, not “a”"),
        ("nullable", {"must_say": "x", "things": ["a", 5]}, "things.1", "string_type: must be text, not 5"),
        ("nested", {"seed": "x"}, "seed", "union: must be a whole number or auto, not “x”"),
        ("nested", {"seed": "-1"}, "seed", "union: must be a whole number or auto, not “-1”"),
        ("nested", {"seed": -1}, "seed", "greater_than_equal: must be at least 0, not -1"),
        ("nested", {"kinds": 2.5}, "kinds", "string_type: must be text or a whole number, not 2.5"),
        ("nested", {"pet": {"animal": "cow"}}, "pet.animal", "union_tag_invalid: must be cat or dog"),
        ("nested", {"pet": {}}, "pet.animal", "union_tag_not_found: must be cat or dog"),
        ("nested", {"pet": {"animal": "dog"}}, "pet.name", "missing: is required"),
        ("nested", {"pet": {"animal": "cat", "name": "Tom"}}, "pet.name", "extra_forbidden: is not a field here"),
        (
            "nested",
            {"pet": {"animal": "cat", "lives": "10"}},
            "pet.lives",
            "less_than_equal: must be at most 9, not 10",
        ),
        ("nested", {"pet": 5}, "pet", "union: must be an object, not 5"),
        ("nested", {"words": ["ab", "c"]}, "words.1", "string_too_short: must have at least 2 characters, not 1"),
        ("nested", {"words": ["ab", "ab"]}, "words", "unique: "),
        ("nested", {"words": [""]}, "words", "too_short: must have at least 1 item, not 0"),
        ("nested", {"size": ["5", "in"]}, "size.1", "enum: must be px or cm, not “in”"),
        ("nested", {"size": [5, "px", 1]}, "size", "too_long: "),
        ("nested", {"options": {"note": "x"}}, "options.depth", "missing: is required"),
        ("nested", {"options": "{"}, "options", "dict_type: must be an object, not “{”"),
        ("nested", {"pairs": {"a": "x"}}, "pairs.a", "int_parsing: must be a whole number, not “x”"),
        ("nested", {"all": {"b": "x"}}, "all.a", "missing: is required"),
        ("nested", {"nobody": 1}, "nobody", "extra_forbidden: is not a field here"),
        ("odd", {"never": 1}, "never", "not_allowed: is not allowed here"),
        ("odd", {"conditional": {"a": 1}}, "conditional.b", "missing: is required"),
        ("odd", {"not_this": "secret"}, "not_this", "not_allowed: is not allowed here"),
        ("odd", {"either_way": 5}, "either_way", "one_of: "),
        ("odd", {"names": {"y": 1}}, "names", "string_pattern_mismatch: must match ^x_"),
        ("odd", {"anything": [float("nan")]}, "anything.0", "finite_number: must be a finite number, not nan"),
        ("odd", {"anything": {"a": {5: 1}}}, "anything.a", "json_type: "),
        ("odd", {"anything": {1, 2}}, "anything", "json_type: "),
    ],
    ids=str,
)
def test_errors(constructs: Document, path: str, values: Any, place: str, said: str) -> None:
    """Each violation has the type and message of its keyword."""
    with pytest.raises(InvalidRequest) as caught:
        constructs.operation(f"/v1/{path}").build_request(values)
    error = caught.value.details[0]
    assert ".".join(map(str, error.loc)) == f"body.{place}"
    assert f"{error.type}: {error.msg}".startswith(said)
    assert len(error.msg) < 150


def test_recursive_value(constructs: Document) -> None:
    """Endless nesting is an error of its field."""
    endless: list[Any] = []
    endless += [endless, endless]
    deep: Any = 1
    for _ in range(5000):
        deep = {"a": deep}
    for value in (endless, deep):
        with pytest.raises(InvalidRequest) as caught:
            constructs.operation("/v1/odd").build_request({"anything": value})
        assert [(error.field, error.type) for error in caught.value.details] == [("anything", "recursion_loop")]


def a_mode(name: str, default: str, *required: str, longest: int = 20, version: bool = True, **properties: Any) -> Any:
    """A branch of a union: an object with a tag, and perhaps an optional constant."""
    known = {
        "mode": {"const": name},
        "prompt": {"type": "string"},
        "duration": {"type": "integer", "maximum": longest},
        "resolution": {"enum": ["hd", "fhd"], "default": default},
        **({"version": {"const": "latest"}} if version else {}),
        **properties,
    }
    return {"type": "object", "properties": known, "required": ["mode", *required], "additionalProperties": False}


@pytest.fixture(scope="module")
def modes() -> Operation:
    """An endpoint whose branches have a tag, an optional constant and different defaults."""
    branches = [
        a_mode("text", "hd", "prompt"),
        a_mode("video", "hd", "prompt", "start", longest=15, start={"type": "string"}),
        a_mode("draft", "fhd", "cache", version=False, cache={"type": "string"}),
    ]
    return load_text(a_document({"oneOf": branches})).operations[0]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"mode": "text"}, "prompt: is required"),
        ({"mode": "text", "prompt": "a", "duration": 99}, "duration: must be at most 20, not 99"),
        ({"mode": "text", "prompt": "a", "start": "b"}, "start: is not a field here"),
        ({"mode": "video", "prompt": "a", "start": "b", "duration": 18}, "duration: must be at most 15, not 18"),
        ({"mode": "text", "prompt": "a", "resolution": "8k"}, "resolution: must be hd or fhd"),
        ({"mode": "none"}, "mode: must be text, video or draft"),
        ({"prompt": "a"}, "mode: must be text, video or draft"),
    ],
)
def test_tagged_union_with_optional_constant(modes: Operation, values: Any, wrong: str) -> None:
    """The tag chooses the branch that the errors are of, whatever other constants a branch has."""
    with pytest.raises(InvalidRequest) as caught:
        modes.build_request(values)
    assert caught.value.message.startswith(wrong)


def test_different_defaults_are_no_default(modes: Operation) -> None:
    """The default of one branch is not sent with another one."""
    assert {field.name: field.default for field in modes.fields}["resolution"] is None
    assert modes.build_request({"mode": "draft", "cache": "QQ=="}) == {"mode": "draft", "cache": "QQ=="}


def test_pattern_of_plain_texts() -> None:
    """A pattern that lists texts is checked, and its error names them."""
    schema = {"properties": {"effort": {"type": "string", "pattern": "^(high|medium|low)$"}}}
    assert validate(schema, {"effort": "medium"}) == ()
    assert [error.msg for error in validate(schema, {"effort": "max"})] == ["must be high, medium or low"]


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("https://ü.example/a?b=c", "https://xn--tda.example/a?b=c"),
        ("https://x.example:8443/ü%20", "https://x.example:8443/%C3%BC%20"),
    ],
)
def test_url_with_letters_outside_ascii(address: str, plain: str) -> None:
    """A URL that the API's schema does not allow is refused, with the one that it allows."""
    schema = {"type": "string", "format": "uri"}
    assert is_valid(schema, plain)
    assert not is_valid(schema, address)
    assert KEYWORD_ERRORS["format"]("uri", address) == (
        "url_parsing",
        f"must be a URL without special letters: {plain}",
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my-finetune_2", ""),
        ("меня", ""),
        ("grün", ""),
        ("m\u0443-finetune", "cyrillic small letter u"),
        ("my\u2010finetune", "hyphen"),
        ("\uff4dy", "fullwidth latin small letter m"),
        ("\u03bfne", "greek small letter omicron"),
    ],
)
def test_letters_of_an_id(text: str, found: str) -> None:
    """A character that only looks like another one is named in an id, because the API would not find the id."""
    assert (f"({found})" in check_id(text, "")) is bool(found)
    assert bool(check_id(text, "")) is bool(found)
