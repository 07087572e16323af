"""The bounds of a request body, and the 422 responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from flux_playground.errors import FieldError
from flux_playground.local import LocalServer
from flux_playground.local import request_body as bounds
from flux_playground.local.validation_errors import invalid_request
from flux_playground.schema.validate import validate
from tests.waiting import WAIT_SECONDS

from .requests_to_server import KEY, PATH


def post(server: LocalServer, data: bytes) -> requests.Response:
    """Submit the bytes of a body."""
    return requests.post(server.url + PATH, data=data, headers=KEY, timeout=WAIT_SECONDS)


@pytest.mark.parametrize("item", [b"{}", b"[]", b"1", b'{"a":[1]}'])
def test_too_many_values(server: LocalServer, monkeypatch: pytest.MonkeyPatch, item: bytes) -> None:
    """A body of many small values gets 413 and is never parsed."""
    monkeypatch.setattr(bounds, "json", None)
    response = post(server, b'{"prompt":[' + b",".join([item] * 1_000_000) + b"]}")
    assert (response.status_code, response.json()) == (413, {"detail": "Request body has too many values"})


def test_too_many_bytes(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body above the limit of bytes gets 413."""
    monkeypatch.setattr(bounds, "MAX_BODY_BYTES", 1_000)
    assert post(server, b'{"prompt":"' + b"a" * 2_000 + b'"}').status_code == 413


@pytest.mark.parametrize("name", ["prompt", "webhook_url", "unknown"])
def test_long_text(server: LocalServer, name: str) -> None:
    """A text of more than a million characters that is not an image gets 413."""
    response = post(server, json.dumps({"finetune_id": "x", name: "a" * 1_000_001}).encode())
    assert (response.status_code, response.json()) == (413, {"detail": "Request has a text that is too long"})


def test_large_image(server: LocalServer) -> None:
    """A body with a large image is accepted."""
    body = {"finetune_id": "x", "prompt": "a hill", "image_prompt": "AAAA" * 5_000_000}
    assert post(server, json.dumps(body).encode()).status_code == 200


@pytest.mark.parametrize("data", [b"{", b"", b"\xff", b"[" * 15_000, b"1" * 5_000])
def test_not_json(server: LocalServer, data: bytes) -> None:
    """A body that is not JSON gets the 422 of the API."""
    response = post(server, data)
    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == "json_invalid"


def errors_of(schema: dict[str, Any], value: Any) -> list[dict[str, Any]]:
    """The details of the 422 for a value of the only field."""
    whole = {"type": "object", "properties": {"field": schema}}
    body = {"field": value}
    details: list[dict[str, Any]] = json.loads(bytes(invalid_request(validate(whole, body), body, whole).body))[
        "detail"
    ]
    return details


@pytest.mark.parametrize(
    ("schema", "value", "message", "context"),
    [
        ({"type": "number", "maximum": 3}, 4, "Input should be less than or equal to 3", {"le": 3.0}),
        ({"type": "integer", "minimum": 64}, 1, "Input should be greater than or equal to 64", {"ge": 64}),
        ({"type": "integer", "multipleOf": 32}, 100, "Input should be a multiple of 32", {"multiple_of": 32}),
        ({"type": "string", "minLength": 1}, "", "String should have at least 1 character", {"min_length": 1}),
        ({"type": "string", "maxLength": 2}, "abc", "String should have at most 2 characters", {"max_length": 2}),
        ({"type": "string", "pattern": "^a$"}, "b", "String should match pattern '^a$'", {"pattern": "^a$"}),
        ({"enum": ["jpeg", "png"]}, "gif", "Input should be 'jpeg' or 'png'", {"expected": "'jpeg' or 'png'"}),
        ({"type": "string"}, 5, "Input should be a valid string", None),
        (
            {"anyOf": [{"type": "integer", "maximum": 6}, {"type": "null"}]},
            7,
            "Input should be less than or equal to 6",
            {"le": 6},
        ),
        (
            {"type": "array", "items": {"type": "integer", "exclusiveMinimum": 0}},
            [0],
            "Input should be greater than 0",
            {"gt": 0},
        ),
        (
            {"type": "array", "maxItems": 1},
            [1, 2],
            "List should have at most 1 item after validation, not 2",
            {"field_type": "List", "max_length": 1, "actual_length": 2},
        ),
    ],
)
def test_pydantic_sentences(schema: dict[str, Any], value: Any, message: str, context: dict[str, Any] | None) -> None:
    """A 422 has the sentence and the context of pydantic."""
    (error,) = errors_of(schema, value)
    assert (error["msg"], error.get("ctx")) == (message, context)


def test_several_errors(server: LocalServer) -> None:
    """A 422 lists every error with its place and input."""
    response = post(server, json.dumps({"finetune_strength": 2.4, "seed": "x"}).encode())
    errors = {tuple(error["loc"]): error for error in response.json()["detail"]}
    assert response.status_code == 422
    assert set(errors) == {("body", "finetune_id"), ("body", "finetune_strength"), ("body", "seed")}
    assert errors["body", "finetune_id"]["msg"] == "Field required"
    assert errors["body", "finetune_strength"] | {"loc": None} == {
        "type": "less_than_equal",
        "loc": None,
        "msg": "Input should be less than or equal to 2",
        "input": 2.4,
        "ctx": {"le": 2.0},
    }


def test_own_checks() -> None:
    """A check beyond the schema is a value error with its own sentence."""
    error = FieldError(("body", "aspect_ratio"), "must be between 21:9 and 9:21", "value_error")
    (detail,) = json.loads(bytes(invalid_request([error], {"aspect_ratio": "9:1"}, {}).body))["detail"]
    assert (detail["msg"], detail["input"]) == ("Value error, must be between 21:9 and 9:21", "9:1")
