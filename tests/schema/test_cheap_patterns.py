"""Patterns, names and lists of a document: none of them can take long, whatever the document says."""

from __future__ import annotations

import re

import pytest

from flux_playground.errors import InvalidDocument
from flux_playground.schema import load_text
from flux_playground.schema.cheap_patterns import MAX_PATTERN_CHARACTERS, max_text_length
from flux_playground.schema.validate import validate

from .test_load import a_document

SLOW = [
    "^(a+)+$",
    "(a|aa)+$",
    "(a*)*b",
    "a*a*a*a*b",
    r"^(a)\1+$",
    "a{1,60}a{1,60}a{1,60}a{1,60}b",
    "(?=a+)a+b",
    "a?" * 40,
]


def document(field: object, **more: object) -> str:
    return a_document({"type": "object", "properties": {"prompt": field}, **more})


@pytest.mark.parametrize("pattern", SLOW)
def test_slow_patterns(pattern: str) -> None:
    """The API checks it; a default that would freeze the program is read at once."""
    assert max_text_length(pattern) == 0
    load_text(document({"type": "string", "pattern": pattern, "default": "a" * 34 + "!"}), "it")


USED = ["^[a-z]+$", r"^\d+:\d+$", "^[a-z0-9-]+/[a-z0-9_-]+$", "^#[0-9a-f]{6}$", r"\d", "^https?://", "^[]a]+$", "^x_"]


@pytest.mark.parametrize("pattern", USED)
def test_safe_patterns(pattern: str) -> None:
    """Classes with counts are what documents have."""
    assert max_text_length(pattern) >= 256


@pytest.mark.parametrize("pattern", ["a*b", "^a*a*b", "a*a{100}b", "^a*a*" + "a" * 400 + "b", "a+" + "a?" * 6 + "b"])
def test_worst_case_of_safe_patterns(pattern: str) -> None:
    """The length of a text is limited by what its pattern can cost."""
    re.search(pattern, "a" * min(max_text_length(pattern), 100_000))


def test_invalid_pattern() -> None:
    """What is no pattern raises; what is too long is not used."""
    with pytest.raises(re.error):
        max_text_length("[")
    assert max_text_length("a" * (MAX_PATTERN_CHARACTERS + 1)) == 0


def test_skipped_name_pattern() -> None:
    """Names are left to the API where their pattern is."""
    field = {"type": "object", "patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}
    operation = load_text(document(field), "it").operations[0]
    assert validate(operation.schema, {"prompt": {"a" * 60 + "!": 1}}) == ()


def test_too_many_required_names() -> None:
    """A document with more names than any endpoint has is no document of ours."""
    with pytest.raises(InvalidDocument):
        load_text(document({"type": "string"}, required=[f"n{i}" for i in range(250_000)]), "it")


def test_required_names() -> None:
    """The check is linear in the names."""
    schema = {"type": "object", "required": [f"n{i}" for i in range(20_000)]}
    assert len(validate(schema, {})) == 20_000


def test_unique_items() -> None:
    """A long list of objects is checked at once, and JSON's idea of equality is kept."""
    schema = {"type": "object", "properties": {"list": {"type": "array", "uniqueItems": True}}}
    assert validate(schema, {"list": [{"a": i, "b": [i]} for i in range(6_000)]}) == ()
    assert validate(schema, {"list": [{"a": 1}, {"a": 1.0}]})
    assert validate(schema, {"list": [1, True, 0, False, "1", None]}) == ()
