"""JSON from untrusted sources: limits, strictness, and output that people can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.bounded_json import InvalidJson, JsonLimits, check_json, dump_json, parse_json, parse_json_at

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "line 1"),
        ("[1,\n2", "line 2"),
        ("NaN", "not a finite number"),
        ("-Infinity", "not a finite number"),
        ("1e999", "not a finite number"),
        ("9" * 5_000, "too many digits"),
        ('"\\ud800"', "not Unicode"),
        ('{"\\udfff": 1}', "not Unicode"),
        (b"\xff", "not text in UTF-8"),
        ("\ud800", "not text in UTF-8"),
        ("[" * 21 + "]" * 21, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "0," * 10_000 + "0]", "too large"),
        ("x" * 4_000_001, "too large"),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_invalid_text(text: str | bytes, reason: str) -> None:
    """A text that is not strict JSON or exceeds a limit is rejected with its reason."""
    with pytest.raises(InvalidJson, match=reason):
        parse_json(text)


def test_shared_values_count_each_time() -> None:
    """An alias bomb is rejected before it is expanded."""
    value: Any = "x"
    for _ in range(12):
        value = [value] * 10
    with pytest.raises(InvalidJson, match="too large"):
        check_json(value)


def test_recursive_value() -> None:
    """A value that contains itself is nested too deeply."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(InvalidJson, match="nested too deeply"):
        check_json(value, JsonLimits(depth=100))


def test_value_within_text() -> None:
    """A value is parsed from an index, and the text after it is ignored."""
    assert parse_json_at('x = {"a": [1]};', 4) == ({"a": [1]}, 14)


@given(VALUES)
def test_round_trip(value: Any) -> None:
    """A dumped value is parsed as the same value, with or without a byte order mark."""
    for text in (dump_json(value), dump_json(value, indent=2), "\ufeff" + dump_json(value)):
        assert parse_json(text) == json.loads(json.dumps(value))


def test_dump_keeps_letters_readable() -> None:
    """Only characters that cannot be seen are escaped."""
    assert dump_json({"b": "löwe 🦁\u202e\0", "a": 1}) == '{"a":1,"b":"löwe 🦁\\u202e\\u0000"}'
    with pytest.raises(ValueError, match="JSON"):
        dump_json(float("nan"))


def test_number_with_too_many_digits() -> None:
    """A whole number of more than 400 digits is refused: the time to read it grows with the square."""
    assert parse_json("1" * 400) == int("1" * 400)
    with pytest.raises(InvalidJson, match="too many digits"):
        parse_json(f"[{'1' * 401}]")
