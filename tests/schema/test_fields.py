"""The shipped document: its endpoint, its fields, and what becomes of values typed into its form."""

from pathlib import Path
from typing import Any

import pytest

from flux_playground import schema
from flux_playground.errors import InvalidDocument, InvalidRequest
from flux_playground.schema.error_text import describe

ENDPOINT = "/v1/flux-pro-1.1-ultra-finetuned"


@pytest.fixture(scope="module")
def ultra() -> schema.Operation:
    return schema.load().operation(ENDPOINT)


def refused(operation: schema.Operation, **values: Any) -> dict[str, str]:
    """What is said of each field, by its name: "type: sentence"."""
    with pytest.raises(InvalidRequest) as caught:
        operation.build_request(values)
    assert all(error.loc[0] == "body" for error in caught.value.details)
    return {error.field: f"{error.type}: {error.msg}" for error in caught.value.details}


def test_bundled_fields(ultra: schema.Operation) -> None:
    """The endpoint has twelve fields in order."""
    assert [(one.name, one.type, one.nullable, one.required) for one in ultra.fields] == [
        ("finetune_id", "string", False, True),
        ("finetune_strength", "number", False, False),
        ("prompt", "string", True, False),
        ("seed", "integer", True, False),
        ("aspect_ratio", "string", False, False),
        ("safety_tolerance", "integer", False, False),
        ("output_format", "string", True, False),
        ("image_prompt", "string", True, False),
        ("image_prompt_strength", "number", False, False),
        ("prompt_upsampling", "boolean", False, False),
        ("webhook_url", "string", True, False),
        ("webhook_secret", "string", True, False),
    ]


def test_bundled_defaults_and_bounds(ultra: schema.Operation) -> None:
    """Fields have defaults, bounds and values."""
    defaults = {one.name: one.default for one in ultra.fields if one.default is not None}
    assert defaults == {
        "finetune_strength": 1.2,
        "prompt": "",
        "aspect_ratio": "16:9",
        "safety_tolerance": 2,
        "output_format": "jpeg",
        "image_prompt_strength": 0.1,
        "prompt_upsampling": False,
    }
    bounds = {one.name: (one.minimum, one.maximum) for one in ultra.fields if one.minimum is not None}
    assert bounds == {"finetune_strength": (0, 2), "safety_tolerance": (0, 6), "image_prompt_strength": (0, 1)}
    assert ultra.field("output_format").enum == ("jpeg", "png")
    address = ultra.field("webhook_url")
    assert (address.min_length, address.max_length, address.format) == (1, 2083, "uri")


def test_bundled_image_field(ultra: schema.Operation) -> None:
    """The image prompt is the only image field."""
    assert [one.name for one in ultra.fields if one.media] == ["image_prompt"]


def test_title_from_name(ultra: schema.Operation) -> None:
    """The title of a type is not the title of a field."""
    assert ultra.field("output_format").title == "Output Format"


def test_bundled_server_and_response(ultra: schema.Operation) -> None:
    """The endpoint has a server and response names."""
    assert ultra.server == "https://api.bfl.ai"
    assert {"id", "polling_url", "status", "webhook_url", "cost", "input_mp", "output_mp"} == set(ultra.response_names)


def test_the_shipped_document_names_a_living_server_first() -> None:
    """The former servers of the US and the EU no longer answer."""
    urls = [one["url"] for one in schema.load().raw["servers"]]
    assert urls[:3] == ["https://api.bfl.ai", "https://api.us.bfl.ai", "https://api.eu.bfl.ai"]
    for path in schema.document.BUNDLED_DOCUMENT.parent.rglob("*openapi*.json"):
        document = schema.load(path)
        first = {document.servers[0], *(one.server for one in document.operations)}
        assert not first & {"https://api.us1.bfl.ai", "https://api.eu1.bfl.ai"}


def test_bundled_fields_are_described(ultra: schema.Operation) -> None:
    """Every field has a description."""
    assert all(len(one.description) > 60 for one in ultra.fields)
    assert ultra.summary


def test_bundled_paths() -> None:
    """The document has the calls around the endpoint."""
    source = schema.load().source
    assert {path: list(item) for path, item in source["paths"].items()} == {
        ENDPOINT: ["post"],
        "/v1/get_result": ["get"],
        "/v1/credits": ["get"],
        "/v1/my_finetunes": ["get"],
        "/v1/finetune_details": ["get"],
    }
    (scheme,) = source["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "x-key")


def test_unknown_field_name(ultra: schema.Operation) -> None:
    """An unknown field raises KeyError."""
    with pytest.raises(KeyError):
        ultra.field("promt")


def test_blank_values_are_dropped(ultra: schema.Operation) -> None:
    """None and "" are not sent."""
    values = {one.name: None for one in ultra.fields} | {"finetune_id": "cat", "prompt": "", "seed": ""}
    assert ultra.build_request(values) == {"finetune_id": "cat"}


def test_zero_and_false_are_sent(ultra: schema.Operation) -> None:
    """0 and False are values."""
    values = {"finetune_id": "cat", "seed": 0, "finetune_strength": 0, "prompt_upsampling": False}
    assert ultra.build_request(values) == values


def test_text_is_coerced(ultra: schema.Operation) -> None:
    """Texts are converted to the types of their fields."""
    request = ultra.build_request(
        {
            "finetune_id": "42",
            "finetune_strength": " 1.25 ",
            "seed": " 42 ",
            "safety_tolerance": "3.0",
            "image_prompt_strength": "1",
            "prompt_upsampling": "true",
        }
    )
    assert request == {
        "finetune_id": "42",
        "finetune_strength": 1.25,
        "seed": 42,
        "safety_tolerance": 3,
        "image_prompt_strength": 1,
        "prompt_upsampling": True,
    }
    assert isinstance(request["safety_tolerance"], int)


@pytest.mark.parametrize("seed", [0, -1, 2**53 + 1, 2**64 - 1, 10**300])
def test_large_seeds_are_exact(ultra: schema.Operation, seed: int) -> None:
    """Integers keep all digits."""
    assert ultra.build_request({"finetune_id": "cat", "seed": str(seed)})["seed"] == seed
    assert ultra.build_request({"finetune_id": "cat", "seed": seed})["seed"] == seed


def test_whole_float_is_integer(ultra: schema.Operation) -> None:
    """2.0 is an integer, 2.5 is not."""
    request = ultra.build_request({"finetune_id": "cat", "safety_tolerance": 2.0})
    assert isinstance(request["safety_tolerance"], int)
    assert refused(ultra, finetune_id="cat", safety_tolerance=2.5) == {
        "safety_tolerance": "int_from_float: must be a whole number, not 2.5"
    }


def test_all_errors_in_order(ultra: schema.Operation) -> None:
    """All errors are returned in the order of the fields."""
    wrong = refused(
        ultra,
        promt="a cat",
        webhook_url="not an address",
        prompt_upsampling="perhaps",
        output_format="gif",
        safety_tolerance=-1,
        aspect_ratio="5:1",
        seed="abc",
        finetune_strength="2.4",
        finetune_id="",
    )
    assert list(wrong.items()) == [
        ("finetune_id", "missing: is required"),
        ("finetune_strength", "less_than_equal: must be at most 2, not 2.4"),
        ("seed", "int_parsing: must be a whole number, not “abc”"),
        ("aspect_ratio", "value_error: must be between 21:9 and 9:21, not 5:1"),
        ("safety_tolerance", "greater_than_equal: must be at least 0, not -1"),
        ("output_format", "enum: must be jpeg or png, not “gif”"),
        ("prompt_upsampling", "bool_parsing: must be true or false, not “perhaps”"),
        ("webhook_url", ": ".join(describe("format", "uri", ""))),
        ("promt", "extra_forbidden: is not a field here"),
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan", "inf", "1e999", "1,5", "", "0x10", "1_0", "٤"])
def test_invalid_number(ultra: schema.Operation, value: Any) -> None:
    """A number must be finite."""
    if value == "":
        assert ultra.build_request({"finetune_id": "cat", "finetune_strength": value}) == {"finetune_id": "cat"}
    else:
        assert list(refused(ultra, finetune_id="cat", finetune_strength=value)) == ["finetune_strength"]


@pytest.mark.parametrize(
    "value", [True, "1e3", "1.5", "--1", "9" * 5000, pytest.param(10**5000, id="huge"), [1], {"a": 1}, b"1", object()]
)
def test_invalid_integer(ultra: schema.Operation, value: Any) -> None:
    """A value that is not an integer is rejected."""
    assert list(refused(ultra, finetune_id="cat", seed=value)) == ["seed"]


@pytest.mark.parametrize("value", ["banana", "16-9", "5:1", "1:5", "0:9", "16:0", "16:9:1", ":", "²:1"])
def test_invalid_ratio(ultra: schema.Operation, value: str) -> None:
    """A ratio must be within the bounds."""
    assert list(refused(ultra, finetune_id="cat", aspect_ratio=value)) == ["aspect_ratio"]


@pytest.mark.parametrize("value", ["16:9", "21:9", "9:21", "7:3", "1:1", "37:41", "1920:1080", "1.85:1"])
def test_valid_ratios(ultra: schema.Operation, value: str) -> None:
    """A valid ratio is sent as it was entered."""
    assert ultra.build_request({"finetune_id": "cat", "aspect_ratio": value})["aspect_ratio"] == value


@pytest.mark.parametrize("prompt", ["🦊🪄 ß 東京", "x" * 100_000, "  \n", "<script>", "${1}", "\x00"])
def test_prompt_accepts_any_text(ultra: schema.Operation, prompt: str) -> None:
    """A prompt is sent as it is."""
    assert ultra.build_request({"finetune_id": "cat", "prompt": prompt})["prompt"] == prompt


def test_lone_surrogate(ultra: schema.Operation) -> None:
    """Text that UTF-8 cannot encode is rejected at its field."""
    assert list(refused(ultra, finetune_id="cat", prompt="a\ud83d")) == ["prompt"]


@pytest.mark.parametrize(
    "value", ["ftp://example.org", "example.org", "https://", "https://a b", "http://[", "http://a:0"]
)
def test_invalid_url(ultra: schema.Operation, value: str) -> None:
    """A webhook must be a URL."""
    assert list(refused(ultra, finetune_id="cat", webhook_url=value)) == ["webhook_url"]


def test_text_too_long(ultra: schema.Operation) -> None:
    """The message has both lengths."""
    assert refused(ultra, finetune_id="cat", webhook_url="https://example.org/" + "x" * 3000) == {
        "webhook_url": "string_too_long: must have at most 2,083 characters, not 3,020"
    }


def test_messages_are_short(ultra: schema.Operation) -> None:
    """Messages do not repeat long values or secrets."""
    wrong = refused(ultra, finetune_id="cat", output_format="x" * 5000, webhook_secret=["hidden"])
    assert len(wrong["output_format"]) < 100
    assert "hidden" not in wrong["webhook_secret"]


def test_check_does_not_coerce(ultra: schema.Operation) -> None:
    """The check accepts JSON types only."""
    errors = ultra.check({"finetune_id": "cat", "seed": "42", "prompt": None, "finetune_strength": None})
    assert [(error.loc, error.type) for error in errors] == [
        (("body", "finetune_strength"), "float_type"),
        (("body", "seed"), "int_parsing"),
    ]
    assert ultra.check({"finetune_id": "cat", "seed": None, "prompt": None, "of_no_meaning": 1}) == ()


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_body_must_be_object(ultra: schema.Operation, body: Any) -> None:
    """A body that is not an object has one error."""
    assert [error.loc for error in ultra.check(body)] == [("body",)]


def test_unreadable_files(tmp_path: Path) -> None:
    """Each unreadable file has a message."""
    path = tmp_path / "document.json"
    for text in ("", "{", "[]", "5", "{}", '{"openapi": "3.1.0", "paths": {}}', "[" * 100_000):
        path.write_text(text)
        with pytest.raises(InvalidDocument, match=r"^document\.json[^.]*\.$"):
            schema.load(path)
    with pytest.raises(InvalidDocument, match="does not exist"):
        schema.load(tmp_path / "gone.json")
    with pytest.raises(InvalidDocument):
        schema.load(tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidDocument, match="not text"):
        schema.load(path)


def test_unknown_endpoint() -> None:
    """The message lists the endpoints."""
    with pytest.raises(InvalidDocument, match=ENDPOINT):
        schema.load().operation("/v1/flux-dev")
