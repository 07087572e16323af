"""Filters of the gallery in an address."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from flux_playground.generation import State
from flux_playground.schema import Field, load
from flux_playground.storage.search_query import FieldChoice, FieldRange
from flux_playground.ui.gallery.gallery_view import filterable_fields
from flux_playground.ui.gallery.query_params import InvalidFilter, parse_query


@pytest.fixture(scope="module")
def fields() -> dict[str, Field]:
    """The fields of the shipped document that can be filtered."""
    return filterable_fields(load())


def test_fields_follow_the_schema(fields: dict[str, Field]) -> None:
    """Numbers, choices and ids can be filtered; the prompt, images and secrets cannot."""
    assert {"finetune_id", "finetune_strength", "aspect_ratio", "seed", "prompt_upsampling", "output_format"} <= set(
        fields
    )
    assert not {"prompt", "image_prompt", "webhook_secret", "webhook_url"} & set(fields)


def test_all_filters(fields: dict[str, Field]) -> None:
    """Each parameter becomes a condition, with the type of its field."""
    text = (
        "q=red+fox&endpoint=/v1/a&state=running&state=failed&star=1&rating=3&tag=a&tag=b&from=2026-11-26&to=2026-11-27"
        "&tz=-60&min.finetune_strength=0.5&max.seed=99&is.prompt_upsampling=true&is.aspect_ratio=16:9&sort=-finetune_strength&sweep=s"
    )
    query = parse_query(QueryParams(text), fields)
    assert (query.text, query.endpoints, query.starred, query.min_rating) == ("red fox", ("/v1/a",), True, 3)
    assert State.QUEUED in query.states
    assert State.FAILED in query.states
    assert (query.tags, query.sweep, query.imported) == (("a", "b"), "s", None)
    assert query.since == 1795647600  # midnight, one hour east of Greenwich
    assert query.until == query.since + 2 * 86_400
    assert query.fields["finetune_strength"] == FieldRange(0.5, None)
    assert query.fields["seed"] == FieldRange(None, 99)
    assert query.fields["prompt_upsampling"] == FieldChoice((True,))
    assert query.fields["aspect_ratio"] == FieldChoice(("16:9",))
    assert (query.sort, query.descending) == ("finetune_strength", True)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("q=" + "x" * 10_000, "A search has at most 400 characters."),
        ("state=lost", "There is no state 'lost'."),
        ("rating=6", "A rating is a number from 1 to 5."),
        ("from=yesterday", "A date is written as year-month-day, such as 2026-11-26."),
        ("from=2026-13-01", "A date is written as year-month-day, such as 2026-11-26."),
        ("min.finetune_strength=inf", "'inf' is not a number."),
        ("min.unknown=1", "No endpoint has a field 'unknown'."),
        ("is.prompt=x", "No endpoint has a field 'prompt'."),
        ("sort=owner", "Images cannot be sorted by 'owner'."),
        ("tag=a&" * 61, "At most 60 filters can be set."),
    ],
)
def test_mistakes_are_named(fields: dict[str, Field], text: str, sentence: str) -> None:
    """A parameter that is no filter is named in a sentence."""
    with pytest.raises(InvalidFilter) as error:
        parse_query(QueryParams(text), fields)
    assert str(error.value) == sentence


def test_blank_parameters_are_no_filters(fields: dict[str, Field]) -> None:
    """What an empty form sends finds everything."""
    empty = "q=&rating=&from=&to=&endpoint=&min.seed=&max.seed=%20"
    assert parse_query(QueryParams(empty), fields) == parse_query(QueryParams(""), fields)


@pytest.mark.parametrize(
    ("sort", "is_descending"),
    [("newest", True), ("oldest", False), ("rating", True), ("seed", False), ("-seed", True), ("", True)],
)
def test_direction_of_an_order(fields: dict[str, Field], sort: str, is_descending: bool) -> None:
    """The best rating comes first, and so does the least value of a field unless the order is reversed."""
    text = f"sort={sort}" if sort else ""
    assert parse_query(QueryParams(text), fields).is_descending == is_descending
