"""Alternatives in prompts: order, nesting, escapes and limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.errors import InvalidSweep
from flux_playground.sweeps.alternatives import escape, expand


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("plain", ["plain"]),
        ("", [""]),
        ("{a|b}{1|2}", ["a1", "a2", "b1", "b2"]),
        ("x{|y}", ["x", "xy"]),
        ("{a|{b|c} d}", ["a", "b d", "c d"]),
        ('{"subject": "cat"}', ['{"subject": "cat"}']),
        ("{mood: {calm|wild}}", ["{mood: calm}", "{mood: wild}"]),
        ("a|b", ["a|b"]),
        (r"\{a\|b\} \\ C:\x", ["{a|b} \\ C:\\x"]),
        (r"{a\|b|c}", ["a|b", "c"]),
    ],
)
def test_expansion(text: str, texts: list[str]) -> None:
    """A text expands to these texts in this order."""
    assert expand(text, 100) == texts


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a {b|c", "The “{” at character 3 has no “}”. Write \\{ for the character."),
        ("a b} c", "The “}” at character 4 has no “{”. Write \\} for the character."),
        ("{a|" * 9 + "b" + "}" * 9, "The braces at character 25 are nested more than 8 deep."),
        ("{a|b}" * 7, "The braces expand to 128 texts; at most 100 are possible."),
        ("{a|b}" * 20_000, "The braces expand to more than a billion texts; at most 100 are possible."),
        ("a" * 90_000 + "{a|b}" * 6, "The braces expand to 64 texts of this length, which are too long together."),
        ("{" * 100_000, "The braces at character 9 are nested more than 8 deep."),
    ],
)
def test_errors(text: str, message: str) -> None:
    """A text that cannot be expanded is refused in a sentence that names the place."""
    with pytest.raises(InvalidSweep) as caught:
        expand(text, 100)
    assert caught.value.message == message


@given(st.text())
def test_escaped_text_is_one_text(text: str) -> None:
    """An escaped text expands to the text itself."""
    assert expand(escape(text), 1) == [text]


@given(st.lists(st.lists(st.text("ab ", max_size=3), min_size=2, max_size=4), max_size=4))
def test_number_of_texts(groups: list[list[str]]) -> None:
    """The number of texts is the product of the alternatives."""
    text = "-".join("{" + "|".join(group) + "}" for group in groups)
    expected = 1
    for group in groups:
        expected *= len(group)
    assert len(expand(text, 256)) == expected
