"""The `parameters` text: where the prompt ends, which pairs count, and what is unclear."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.recipe import parse_parameters
from flux_playground.recipe.tool_settings import (
    GRID,
    INCOMPLETE,
    NO_PROMPT,
    NO_SEED,
    SEVERAL,
    TWO_SEEDS,
    UNCLEAR,
    UNCLEAR_PROMPT,
)

from .tool_files import INFOTEXT, LISTED, PROMPT, SEED

LINE = INFOTEXT.rpartition("\n")[2]
WITHOUT_NEGATIVE = f"{PROMPT}\n{LINE}"
NOT_OURS = "a __place__, Seed: 7, Size: 1x1"
ONE_LINE = INFOTEXT.replace("\n", " ")


def parsed(text: str) -> tuple[Any, Any, tuple[str, ...]]:
    """Prompt, seed and notes of a `parameters` text."""
    settings = parse_parameters(text, is_parameters=True)
    assert settings is not None
    return settings.values.get("prompt"), settings.values.get("seed"), settings.notes


@pytest.mark.parametrize(
    "text",
    [
        INFOTEXT,
        f"\ufeff{INFOTEXT}",
        f"\n{INFOTEXT}\n\n",
        INFOTEXT.replace("\n", "\r\n"),
        INFOTEXT.replace("\n", "\r"),
        f"parameters\n\n{INFOTEXT}",
        f"parameters:\n{INFOTEXT}",
        f"Prompt: {INFOTEXT}",
        f"Positive prompt:\n{INFOTEXT}",
        WITHOUT_NEGATIVE,
        INFOTEXT.replace("Steps", "  Steps"),
        INFOTEXT.replace(LINE, LINE.replace(", ", ",")),
        INFOTEXT.replace(LINE, LINE.replace(": ", ":").replace(", ", " , ")),
        f"{INFOTEXT}\nTemplate: a __place__ at dawn, gulls\nNegative Template: people",
        f"{INFOTEXT}\nTemplate: {NOT_OURS}",
        f'{INFOTEXT}\nCivitai resources: [{{"type":"checkpoint","modelVersionId":128078}}]',
        f"{INFOTEXT}\n\nSeed: 7",
        INFOTEXT.replace(", Size", ', Hires prompt: "a mill\nat dawn", Size'),
        INFOTEXT.replace(", Seed", ', Hires prompt: "a mill\nSteps: 9, Seed: 7, Size: 1x1", Seed'),
        INFOTEXT.replace(", Seed", ', Hires prompt: "a mill\nNegative prompt: x\nSteps: 9, Seed: 7, Size: 1x1", Seed'),
        INFOTEXT.replace(", Seed", f', Template: "{NOT_OURS}", Seed'),
        INFOTEXT.replace(", Seed", f", Template: '{NOT_OURS}', Seed"),
        INFOTEXT.replace(", Seed", f", Template: “{NOT_OURS}”, Seed"),
        INFOTEXT.replace(", Seed", f', Template: "a \\"big\\" {NOT_OURS}", Seed'),
        INFOTEXT.replace(", Seed", f', Template: "{NOT_OURS * 1000}", Seed'),
        INFOTEXT.replace(", Seed", f', Hashes: {{"lora:knots, Seed: 7, Size: 1x1": "}} {NOT_OURS}"}}, Seed'),
        INFOTEXT.replace(", Seed", f', Resources: [{{"name": "[ {NOT_OURS}"}}, [{NOT_OURS}]], Seed'),
        INFOTEXT.replace(", Seed", f", Model: [{NOT_OURS}] painter, Seed"),
        INFOTEXT.replace(", Seed", ', Model: 27" screen, Seed'),
        INFOTEXT.replace(", Seed", ", Model: it's, Seed"),
        INFOTEXT.replace(", Seed", ", Model: painter Seed: 7, Seed"),
        INFOTEXT.replace(", Seed", ", Variation seed: 7, Seed"),
        f"{INFOTEXT}, Size: 1x1",
        f"{INFOTEXT}, Seed: {SEED}",
        f"```\n{INFOTEXT}\n```",
        f"```text\nparameters\n\n{INFOTEXT}\n```",
        INFOTEXT.replace(", Seed", f", Model: painter[{NOT_OURS}, b], Seed"),
        INFOTEXT.replace(", Seed", f", Extra: (1.5, {NOT_OURS}), Seed"),
        INFOTEXT.replace(", Seed", ", Model: a smile :(, Seed"),
        INFOTEXT.replace(", Seed", ", Model: painter[v2, Seed"),
        f"{INFOTEXT}, Hires steps: 7, Steps: 9",
        INFOTEXT.replace(", Seed", ",\n Seed"),
        INFOTEXT.replace("Steps: 20, Sampler: Euler a", "Sampler: Euler a, Steps: 20"),
        f"{PROMPT}\nNegative prompt: people\nSeed: {SEED}, Size: 1216x832, Steps: 20",
        INFOTEXT.replace("people", "people, Steps: many\nSteps to heaven"),
        INFOTEXT.replace("people", "a sign: 'Negative prompt: x'"),
        ONE_LINE,
        f"Prompt: {ONE_LINE}",
        WITHOUT_NEGATIVE.replace("\n", " "),
        INFOTEXT.replace("\n", "\\n"),
        INFOTEXT.replace("\n", "<br>"),
        INFOTEXT.replace("\n", "<br/>"),
        INFOTEXT.replace("\n", "\u2028"),
        INFOTEXT.replace("\nNegative", ".Negative").replace("\nSteps", ",.Steps"),
        INFOTEXT.replace("\nSteps", " Steps"),
        f'{ONE_LINE}, Hires steps: 7, Template: "{NOT_OURS}"',
        ONE_LINE.replace("people", ""),
        *(
            INFOTEXT.replace("\n", separator)
            for separator in (" | ", "; ", ", ", ".", ",.", " / ", "\0", "\t", "  ", "")
        ),
        *(WITHOUT_NEGATIVE.replace("\n", separator) for separator in (" | ", "; ", ", ", ".", "\0", "\t", "  ", "")),
        INFOTEXT.replace("Negative prompt:", "Negative prompt："),
        INFOTEXT.replace(", CFG", "\nCFG"),
        INFOTEXT.replace(", Seed", "\nSeed"),
        INFOTEXT.replace(LINE, LINE.replace(", ", "\n")),
        f"{INFOTEXT}\nSeed: 7",
        ONE_LINE.replace(" Negative prompt: people", " Negative prompt:"),
        f"Parameters                      : {ONE_LINE}",
        f"User Comment : {INFOTEXT}",
        f"  Properties:\n    parameters: {INFOTEXT}\n    signature: 5b",
        "\n".join(f"> {line}" for line in INFOTEXT.split("\n")),
        f"{PROMPT}\n-people\n{LINE}, Guidance Scale: 4.5",
        LISTED,
        f"Prompt: {LISTED}",
        LISTED.replace("Negative Prompt: people", "Negative Prompt: people, Seed: 7"),
        LISTED.replace("Negative Prompt: people", "Negative Prompt:"),
    ],
)
def test_clear_texts(text: str) -> None:
    """Prompt and seed are read without a note."""
    assert parsed(text) == (PROMPT, SEED, ())


@pytest.mark.parametrize(
    "prompt",
    [
        "a poster that reads 'Negative prompt: none', bold type",
        'a poster that reads "Steps: 5, Seed: 7, Size: 1x1"',
        "first line\nsecond line, Steps: 5\nSteps: carved in stone, Model: a girl",
        '{a|b}, [cat:dog:0.5], (dawn:1.2), "quoted',
        "Seed: of a tree, Size: small",
        "a, Seed: 7, b",
        "parameters of a machine",
        "prompts: many",
        "a girl\nModel: a girl",
        "a tree\nSize: large",
    ],
)
def test_prompt_with_words_of_settings(prompt: str) -> None:
    """What looks like settings within a prompt stays in it."""
    assert parsed(f"{prompt}\nNegative prompt: people\n{LINE}") == (prompt, SEED, ())


@pytest.mark.parametrize("separator", [".", " ", "\n", "\\n"])
@pytest.mark.parametrize("end", [".", "!", "?", ")", "…"])
def test_end_of_a_prompt(separator: str, end: str) -> None:
    """The last mark of a prompt stays, whatever stands for the line breaks."""
    text = f"{PROMPT}{end}\nNegative prompt: people{end}\n{LINE}".replace("\n", separator)
    assert parsed(text) == (PROMPT + end, SEED, ())
    assert parsed(text.replace(f"Negative prompt: people{end}{separator}", "")) == (PROMPT + end, SEED, ())


def test_quotes_around_all() -> None:
    """Quotes around the whole text are no part of the prompt."""
    assert parsed(f'"{INFOTEXT}"') == (PROMPT, SEED, ())
    assert parsed(f'"a sign\n{LINE}, Template: "x"')[0] == '"a sign'
    assert parsed('"a sign"') == ("a sign", None, (NO_SEED,))


def test_quoted_negative_prompt_without_a_line() -> None:
    """In quotes the words are a part of the prompt; without quotes nobody knows."""
    assert parsed(f"a sign 'Negative prompt: x'\n{LINE}") == ("a sign 'Negative prompt: x'", SEED, ())
    assert parsed(f'a sign "with Negative prompt: x"\n{LINE}')[2] == ()
    assert parsed(f"a sign Negative prompt: x\n{LINE}") == (None, SEED, (UNCLEAR_PROMPT,))


@pytest.mark.parametrize(
    "text",
    [
        f"{PROMPT}\nNegative prompt: people",
        f"{PROMPT}\nSteps: 20",
        f"{PROMPT}\nSteps: 20\nAn unknown name: Euler a\nSeed: 5",
        f"{PROMPT} Steps: 20, at dawn",
        f"{INFOTEXT}\n{INFOTEXT}",
        f"{ONE_LINE} {ONE_LINE}",
        f"a climber, Steps: 3, at dawn {ONE_LINE}",
        ONE_LINE.replace("people", "people Negative prompt: boats"),
        ONE_LINE.replace("Steps: 20, Sampler: Euler a", "Sampler: Euler a, Steps: 20"),
        ONE_LINE.replace("Steps: 20", "Version: x, Steps: 20"),
        f"{PROMPT}\nSteps: 20, Seed",
        PROMPT + "\nSeed: 5",
        INFOTEXT.replace(": ", "："),
        INFOTEXT.replace(", ", " | "),
        str({"prompt": PROMPT, "seed": 5}),
        json.dumps([{"prompt": PROMPT, "seed": 5}]),
        f"prompt={PROMPT}\nseed=5",
        f"prompt: {PROMPT}\nseed: 5",
        f"{INFOTEXT}\nTemplate: a __place__\nSteps: 9, Seed: 7, Size: 1x1",
        LISTED.replace("people", "people,\nboats"),
        f"<p>parameters</p><p>{INFOTEXT}</p>",
        f"{LISTED}Seed: 7",
        LISTED.replace(PROMPT, f"{PROMPT}\nPrompt: a mill"),
        INFOTEXT.replace("\nSteps", "\nSeed: 7\nat dawn\nSteps"),
        f"{PROMPT}\nНегативный промпт: люди\nШаги: 20, Сид: {SEED}, Размер: 1216x832",
    ],
)
def test_unclear_texts(text: str) -> None:
    """A text that cannot be divided without doubt has no values."""
    settings = parse_parameters(text, is_parameters=True)
    assert settings is not None
    assert (dict(settings.values), settings.notes) == ({}, (UNCLEAR,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (INFOTEXT.replace(str(SEED), "-1"), (PROMPT, None, (NO_SEED,))),
        (INFOTEXT.replace(str(SEED), "any"), (PROMPT, None, (NO_SEED,))),
        (INFOTEXT.replace(f", Seed: {SEED}", ""), (PROMPT, None, (NO_SEED,))),
        (f"{INFOTEXT}, Seed: 7", (PROMPT, SEED, (TWO_SEEDS,))),
        (f'{INFOTEXT}, Script: X/Y/Z plot, X Type: Seed, X Values: "1, 2"', (PROMPT, SEED, (GRID,))),
        (INFOTEXT.replace(str(SEED), "1,234"), (PROMPT, None, (NO_SEED,))),
        (INFOTEXT.replace(str(SEED), "42,424,242"), (PROMPT, None, (NO_SEED,))),
        (f'{INFOTEXT}, ADetailer prompt: "a, Seed: 9", ADetailer negative prompt: b', (PROMPT, SEED, ())),
        (LINE, (None, SEED, (NO_PROMPT,))),
        (f"Negative prompt: people\n{LINE}", (None, SEED, (NO_PROMPT,))),
        (f'{INFOTEXT}, Template: "{NOT_OURS}', (PROMPT, SEED, (INCOMPLETE,))),
        (INFOTEXT.replace(", Seed", f', Template: "{NOT_OURS}, Seed'), (PROMPT, None, (NO_SEED, INCOMPLETE))),
        (
            INFOTEXT.replace(", Seed", f', Template: "a "big {NOT_OURS}" b", Seed'),
            (PROMPT, None, (NO_SEED, INCOMPLETE)),
        ),
        (f"Steps: 5, Sampler: none\n{INFOTEXT}", (f"Steps: 5, Sampler: none\n{PROMPT}", SEED, (SEVERAL,))),
        (f"{PROMPT}\nNegative prompt: a\nNegative prompt: b\n{LINE}", (None, SEED, (UNCLEAR_PROMPT,))),
    ],
)
def test_gaps_have_notes(text: str, expected: tuple[Any, Any, tuple[str, ...]]) -> None:
    """Each gap in the settings has a note."""
    prompt, seed, notes = parsed(text)
    assert (prompt, seed, set(notes)) == (expected[0], expected[1], set(expected[2]))


@pytest.mark.parametrize("text", ["only a prompt", "Steps to heaven", "[[cat]]", "{a|b} in the rain"])
def test_only_a_prompt(text: str) -> None:
    """A text without settings is a prompt only where a prompt is expected."""
    assert parsed(text) == (text, None, (NO_SEED,))
    assert parse_parameters(text) is None


PAIRS = [
    "Sampler: Euler a",
    "CFG scale: 7",
    f"Seed: {SEED}",
    "Size: 1216x832",
    "Model: painter",
    f'Template: "{NOT_OURS}"',
]
PIECES = ["Hashes: {", '"', "'", "]", "[", "}", "Seed: 7", "Steps: 3,", "\n", ", ", "Negative prompt:", "\\", "x", ": "]


@given(pairs=st.permutations(PAIRS), prompt=st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=60))
def test_any_order_of_pairs(pairs: list[str], prompt: str) -> None:
    """The order of the pairs changes nothing."""
    assert parsed(f"x{prompt}\nSteps: 20, {', '.join(pairs)}") == (f"x{prompt}".strip(), SEED, ())


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=12), place=st.sampled_from([", Seed", ", Size", "CFG"]))
def test_broken_pairs_never_change_the_result_silently(pieces: list[str], place: str) -> None:
    """With anything between the pairs, prompt and seed are right or there is a note."""
    prompt, seed, notes = parsed(INFOTEXT.replace(place, ", Extra: {" + "".join(pieces) + "}" + place))
    assert (prompt, seed) == (PROMPT, SEED) or notes


@pytest.mark.parametrize(
    "text",
    [
        "a: " * 300_000,
        'a:"' * 300_000,
        "Steps: 1, " + "x " * 450_000,
        "Steps: 1, Seed: 2, x: [\n" * 40_000,
        "x Steps: 1, " * 80_000,
        "Steps: 1, Seed: 2, Size: 3, x: {" + '"\\"' * 300_000,
        "'Negative prompt: " * 50_000 + LINE,
        "'Negative prompt: " * 50_000 + "\n" + LINE,
        "\n" * 900_000 + "Steps: 1",
        "Steps: 1," + " " * 900_000 + "Seed: 2",
        "Steps:" * 160_000,
        "Steps: 1, Seed: 2, " + "x: (a " * 140_000,
        "Steps: 1, Seed: 2, x: " + "a[ " * 300_000,
        "Steps: 1," + "," * 900_000,
        "[" * 900_000,
        ("Steps: 1, Seed: 2, Size: " + '"\\' * 8) * 30_000,
    ],
)
def test_hostile_texts(text: str) -> None:
    """Texts that are long and broken are parsed to an end."""
    assert parse_parameters(text, is_parameters=True) is not None
