"""The language of axes: numbers, ranges, names, seeds, prompts and replacements."""

from __future__ import annotations

import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.sweeps.axes import MAX_POINTS, AxisKind, AxisText, axis_of_values, parse_axis
from flux_playground.sweeps.presets import remove_word
from tests.sweeps.sweep_endpoint import ENDPOINT, axis_error, axis_values


@pytest.mark.parametrize(
    ("field", "text", "values"),
    [
        ("finetune_strength", "0.8, 1.2", [0.8, 1.2]),
        ("finetune_strength", " .5;1\n1.50,", [0.5, 1, 1.5]),
        ("finetune_strength", "0-2 [6]", [0, 0.4, 0.8, 1.2, 1.6, 2]),
        ("finetune_strength", "2-0[3]", [2, 1, 0]),
        ("finetune_strength", "0-0.4 (+0.1)", [0, 0.1, 0.2, 0.3, 0.4]),
        ("finetune_strength", "0-1 [4]", [0, 0.333333, 0.666667, 1]),
        ("finetune_strength", "0-1 [1]", [0]),
        ("weight", "-1-1 [3]", [-1, 0, 1]),
        ("weight", "-2--1 (+0.5), 7", [-2, -1.5, -1, 7]),
        ("weight", "−2–−1 (0.5)", [-2, -1.5, -1]),
        ("weight", "1e-3-3e-3 (+1e-3)", [0.001, 0.002, 0.003]),
        ("steps", "1-10 (+2)", [1, 3, 5, 7, 9]),
        ("steps", "3-1", [3, 2, 1]),
        ("steps", "10-1 (-3)", [10, 7, 4, 1]),
        ("steps", "-5, -3--1", [-5, -3, -2, -1]),
        ("steps", "1-10 [3]", [1, 6, 10]),
        ("steps", "5-5", [5]),
        ("width", "256-1024 [4]", [256, 512, 768, 1024]),
        ("width", "64-1024 [4]", [64, 384, 704, 1024]),
        ("width", "64-128", [64, 96, 128]),
        ("raw", "true, no", [True, False]),
        ("output_format", 'PNG, "a, b"', ["png", "a, b"]),
        ("aspect_ratio", "16:9, 9x16", ["16:9", "9:16"]),
        ("finetune_id", " 'mine', org/lora-name\nthird", ["mine", "org/lora-name", "third"]),
        ("size", "512, auto", [512, "auto"]),
        ("colors", '["red"]\n["red", "blue"]', [["red"], ["red", "blue"]]),
        ("aspect_ratio", '"", 1:1', [None, "1:1"]),
        ("seed", "1, 18446744073709551615", [1, 2**64 - 1]),
        ("prompt", "a cat, sitting\n\n  a dog  ", ["a cat, sitting", "a dog"]),
        ("prompt", "a {red|blue} {cat|dog}", ["a red cat", "a red dog", "a blue cat", "a blue dog"]),
    ],
)
def test_values(field: str, text: str, values: list[Any]) -> None:
    """Each form of the language gives exactly these values."""
    assert axis_values(field, text) == values


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("finetune_strength", "", "The axis has no values."),
        ("finetune_strength", " , ", "The axis has no values."),
        ("finetune_strength", "0.8, abc", "Value 2 must be a number, not “abc”."),
        ("finetune_strength", "0-3 [4]", "Value 1 must be at most 2, not 3."),
        ("finetune_strength", "0.8, 1, .80", "“0.8” is there twice."),
        ("finetune_strength", "0-2", "“0-2” needs a number of values, such as 0-2 [5], or a step, such as 0-2 (+0.1)."),
        ("finetune_strength", "0-2 (+0)", "“0-2 (+0)” has a step of 0."),
        ("finetune_strength", "0-2 (-0.1)", "“0-2 (-0.1)” never reaches 2: its step has the wrong sign."),
        ("finetune_strength", "0-2 [0]", "“0-2 [0]” has 0 values."),
        ("finetune_strength", "1-1 [3]", "“1-1 [3]” has 3 values, but its ends are equal."),
        ("finetune_strength", "0-2 [10000]", "“0-2 [10000]” has 10,000 values; at most 1,000 are possible."),
        ("finetune_strength", "0-2 (+0.0001)", "“0-2 (+0.0001)” has 20,001 values; at most 1,000 are possible."),
        ("steps", "1-900, 1001-1900", "“1001-1900” has 900 values; at most 100 are possible."),
        ("steps", "1-3 [6]", "“1-3 [6]” has 6 values, but only steps of 1 are possible."),
        ("steps", "1.5", "Value 1 must be a whole number, not “1.5”."),
        ("width", "65-129", "Value 1 must be a multiple of 32, not 65."),
        ("raw", "maybe", "Value 1 must be true or false, not “maybe”."),
        ("output_format", "png, gif", "Value 2 must be jpeg, png or a, b, not “gif”."),
        ("aspect_ratio", "1:99", "Value 1 must be between 21:9 and 9:21, not 1:99."),
        ("style", "1", "This endpoint has no field “style”."),
        ("webhook_secret", "a", "“webhook_secret” cannot be an axis: it does not change the image."),
        ("webhook_url", "a", "“webhook_url” cannot be an axis: it does not change the image."),
        ("seed", "2000 random", "“2000 random” has 2,000 values; at most 1,000 are possible."),
        ("prompt", "a\nb {c", "Line 2: The “{” at character 3 has no “}”. Write \\{ for the character."),
        ("prompt", "a\x07b", "Line 1 contains a control character; type the text again."),
    ],
)
def test_errors(field: str, text: str, message: str) -> None:
    """A text that cannot be used is refused in a sentence that names the value."""
    assert axis_error(field, text) == message


def test_too_many_values() -> None:
    """A list of 10,000 values is refused before any of them is checked."""
    assert "at most 1,000" in axis_error("steps", ",".join(map(str, range(10_000))))


def test_random_seeds_extend() -> None:
    """More random seeds keep the earlier ones and begin with that of the sweep."""
    four, six = (axis_values("seed", f"{count} random", seed=7) for count in (4, 6))
    assert four[0] == 7
    assert six[:4] == four
    assert len(set(six)) == 6
    assert axis_values("seed", "5, 2 Random", seed=9)[:2] == [5, 9]


def test_replacements() -> None:
    """The words after the arrow replace the word before it."""
    points = parse_axis(ENDPOINT, AxisText("prompt", 'red -> blue, "dark, green", ""', AxisKind.REPLACE)).points
    assert [point.replacement for point in points] == [("red", "blue"), ("red", "dark, green"), ("red", "")]
    assert [point.label for point in points] == ["blue", "dark, green", "without “red”"]
    assert axis_error("prompt", "red, blue", kind=AxisKind.REPLACE) == (
        "Write what is replaced by what, such as: red -> blue, green."
    )
    assert axis_error("prompt", "-> blue", kind=AxisKind.REPLACE) == "Nothing is written before the arrow."
    assert axis_error("prompt", "red ->", kind=AxisKind.REPLACE) == "The axis has no values."


def test_zero_strength_is_the_control() -> None:
    """Strength 0 has the label of a control."""
    points = parse_axis(ENDPOINT, AxisText("finetune_strength", "0, 1.10")).points
    assert [point.label for point in points] == ["no finetune (control)", "1.1"]


FLOATS = st.floats(-1000, 1000, allow_nan=False).map(lambda value: round(value, 6) + 0.0)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('{}|\\,;"\n'), min_size=1, max_size=20)
AXES = st.one_of(
    st.tuples(st.just("weight"), st.lists(FLOATS, min_size=1, unique=True)),
    st.tuples(st.just("seed"), st.lists(st.integers(-(2**70), 2**70), min_size=1, unique=True)),
    st.tuples(st.just("prompt"), st.lists(TEXTS.filter(str.strip), min_size=1, unique=True)),
    st.tuples(st.just("output_format"), st.lists(st.sampled_from(["jpeg", "png", "a, b"]), min_size=1, unique=True)),
    st.tuples(st.just("raw"), st.lists(st.booleans(), min_size=1, unique=True)),
    st.tuples(st.just("colors"), st.lists(st.lists(st.text(max_size=5).filter(bool)), min_size=1, unique_by=str)),
)


@given(AXES)
def test_round_trip(axis: tuple[str, list[Any]]) -> None:
    """The text that is written for values is read as these values."""
    name, values = axis
    source = axis_of_values(ENDPOINT, name, values)
    assert axis_values(source.field, source.text, kind=source.kind) == values


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(2, 60))
def test_spread(first: int, last: int, count: int) -> None:
    """A range has as many values as it says, from end to end, evenly and without rounding errors."""
    if first == last:
        assert "ends are equal" in axis_error("weight", f"{first}-{last} [{count}]")
        return
    values = axis_values("weight", f"{first}-{last} [{count}]")
    assert (values[0], values[-1], len(values)) == (first, last, count)
    steps = [after - before for before, after in itertools.pairwise(values)]
    assert max(steps) - min(steps) < 1e-4 * abs(last - first)


@given(st.text(max_size=60), st.sampled_from([one.name for one in ENDPOINT.fields]), st.sampled_from(AxisKind))
def test_any_text(text: str, field: str, kind: AxisKind) -> None:
    """Any text gives an axis within its bounds or one sentence."""
    if message := axis_error(field, text, kind=kind):
        assert message.endswith(".")
    else:
        assert 1 <= len(parse_axis(ENDPOINT, AxisText(field, text, kind), 7).points) <= MAX_POINTS


@pytest.mark.parametrize(
    "text",
    [
        "," * 200_000,
        '"' * 200_000,
        '"a"b' * 50_000,
        '"a' + " " * 199_000 + "b",
        "1" + " " * 199_000 + "2",
        "1-" * 100_000,
        "a" + " " * 199_000 + "b",
        "9" * 200_000,
        "{|" * 100_000,
    ],
)
def test_long_texts_are_quick(text: str) -> None:
    """A text of the greatest length is read or refused at once."""
    started = time.process_time()
    for field in ("weight", "seed", "prompt", "colors", "output_format"):
        for kind in AxisKind:
            axis_error(field, text, kind=kind)
    assert time.process_time() - started < 10


def test_leak_test_of_a_long_prompt_is_quick() -> None:
    """A word is removed from a long prompt at once."""
    started = time.process_time()
    assert remove_word("a" + " " * 99_000 + "tok b", "TOK") == "a b"
    assert time.process_time() - started < 2
