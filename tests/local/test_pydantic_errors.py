"""The errors of a 422, compared with those of real pydantic models."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, create_model

from flux_playground.local.pydantic_errors import find_errors
from flux_playground.schema.dereference import Resolver


class Format(StrEnum):
    """Allowed values as a class."""

    JPEG = "jpeg"
    PNG = "png"


class ImageUrl(BaseModel):
    """An image by its URL; nothing else is allowed."""

    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(min_length=1)]


class ImageData(BaseModel):
    """An image as base64."""

    base64: str
    weight: Annotated[float, Field(ge=0, le=1)] = 1.0


class ByUrl(BaseModel):
    """A member of a tagged union."""

    kind: Literal["url"]
    url: str


class ByData(BaseModel):
    """Another member."""

    kind: Literal["data"]
    count: int


Images = Annotated[list[str], Field(min_length=2, max_length=3)]
TYPES: dict[str, Any] = {
    "text": str,
    "short": Annotated[str, Field(min_length=2, max_length=4, pattern="^[a-z]{2,}")],
    "count": int,
    "side": Annotated[int, Field(ge=64, le=2048, multiple_of=32)],
    "share": Annotated[float, Field(gt=0, lt=2.5)],
    "switch": bool,
    "mode": Literal["fast", "it's slow", "best"],
    "steps": Literal[1, 2],
    "only": Literal["this"],
    "kind_of_file": Format,
    "kind_or_none": Format | None,
    "tolerance": Annotated[int, Field(ge=0, le=6)] | None,
    "webhook_url": HttpUrl | None,
    "images": Images,
    "image_or_images": str | Images,
    "optional_union": str | list[str] | None,
    "auto": Annotated[int, Field(ge=64)] | Literal["auto", "none"],
    "classes": Format | int,
    "models": list[ImageUrl],
    "anything": ImageUrl | ImageData | str,
    "nested_union": list[str | ImageUrl] | ImageData,
    "optional_items": list[str | None] | int,
    "lists": list[Annotated[str, Field(min_length=1)]] | list[list[float]] | dict[str, list[int]],
    "tagged": Annotated[ByUrl | ByData, Field(discriminator="kind")],
    "tags": dict[str, int],
    "few": Annotated[dict[str, Any], Field(min_length=1)],
    "pair": tuple[int, str],
    "pair_or": tuple[int, str] | float,
}
TEXTS = ["", "a", "ab", "abcde", "x" * 2090, "http://", "ftp://a.example", "http://a:99999", "https://a.example", "url"]
VALUES: list[Any] = [
    *TEXTS,
    *[None, -1, 0, 1, 5, 65, 96, 4096, 0.5, 1.5, 3.25],
    *[
        [],
        ["a"],
        ["a", 1],
        ["a", "b", "c", "d"],
        [5, "x", None],
        [{}],
        [{"url": ""}, {"url": "a", "more": 1}],
        [1, 2, 3],
    ],
    *[{}, {"url": 5}, {"url": "a", "more": 1}, {"base64": "AA", "weight": 2}, {"a": "x"}, {"a": [1.5]}],
    *[{"kind": "url"}, {"kind": "data", "count": "x"}, {"kind": "other"}, {"kind": 3}],
]


def expected_errors(annotation: Any, body: Any, forbid: bool = False) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The schema of a model with one field, and the errors of pydantic for a body."""
    config = ConfigDict(extra="forbid" if forbid else "ignore")
    model: type[BaseModel] = create_model("Model", __config__=config, field=(annotation, ...))
    schema = model.model_json_schema()
    try:
        TypeAdapter(model).validate_python(body, from_attributes=True)  # as FastAPI does
    except ValidationError as error:
        return schema, [{**one, "loc": ["body", *one["loc"]]} for one in error.errors(include_url=False)]
    return schema, []


def found_errors(schema: dict[str, Any], body: Any) -> list[dict[str, Any]]:
    """The errors of the local server."""
    return find_errors(Resolver(schema).resolve(schema), body, ("body",))


def takes_other_types(annotation: Any, value: Any) -> bool:
    """Whether pydantic reads a text as a number or a number as another type, which a JSON Schema forbids."""
    try:
        adapter = TypeAdapter(annotation)
        adapter.validate_python(value)
    except ValidationError:
        return False
    try:
        adapter.validate_python(value, strict=True)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("annotation", TYPES.values(), ids=TYPES)
def test_same_as_pydantic(annotation: Any) -> None:
    """Each value has the errors of pydantic: type, place, sentence, input and context."""
    rejected = 0
    for value in VALUES:
        schema, expected = expected_errors(annotation, {"field": value})
        if not takes_other_types(annotation, value):
            assert found_errors(schema, {"field": value}) == expected, value
            rejected += bool(expected)
    assert rejected > 5


@pytest.mark.parametrize("body", [{}, {"field": 1, "more": 2}, {"more": [3]}, [], "text", None, 5])
def test_whole_body(body: Any) -> None:
    """Missing fields, unknown fields and a body that is no object have the errors of pydantic."""
    schema, expected = expected_errors(str, body, forbid=True)
    assert found_errors(schema, body) == expected


@settings(max_examples=150)
@given(st.lists(st.sampled_from(VALUES), max_size=4), st.sampled_from(["image_or_images", "models", "nested_union"]))
def test_lists(items: list[Any], name: str) -> None:
    """Lists of any values have the errors of pydantic."""
    schema, expected = expected_errors(TYPES[name], {"field": items})
    assert found_errors(schema, {"field": items}) == expected


def test_keyword_beyond_pydantic() -> None:
    """A keyword that no model has gives a value error at its place."""
    schema = {"type": "object", "properties": {"field": {"type": "array", "uniqueItems": True}}}
    (error,) = find_errors(schema, {"field": [1, 1]}, ("body",))
    assert (error["type"], error["loc"], error["ctx"]) == ("value_error", ["body", "field"], {"error": {}})
