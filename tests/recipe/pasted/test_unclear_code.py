"""Requests in the code of other people: what is certain is read, what the code may change is unclear."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.errors import InvalidRecipe
from flux_playground.recipe import detect
from flux_playground.recipe.pasted import read_pasted
from flux_playground.recipe.tool_settings import NO_SEED

FIELDS = ("finetune_id", "prompt", "seed", "raw", "image_prompt")
REQUEST = {"prompt": "a lighthouse at dawn", "seed": 42}
FILE = Path(__file__).with_name("code_samples.txt")
SAMPLES = [part.partition("\n") for part in FILE.read_text(encoding="utf-8").split("==== ")[1:]]


def of_kind(kind: str) -> list[object]:
    """The samples of one kind, with their names."""
    named = [(head.partition(": ")[2], text) for head, _, text in SAMPLES if head.startswith(f"{kind}: ")]
    return [pytest.param(text.removesuffix("\n"), id=name) for name, text in named]


@pytest.mark.parametrize("text", of_kind("clear"))
def test_clear(text: str) -> None:
    """Prompt and seed are read, and nothing else is said."""
    read = read_pasted(text, FIELDS)
    assert read is not None
    assert {name: read.values[name] for name in REQUEST} == REQUEST
    assert (read.count, set(read.unread) - {"image_prompt"}) == (1, set())
    assert "0123456789abcdef" not in str(read)


@pytest.mark.parametrize("text", of_kind("unclear"))
def test_unclear(text: str) -> None:
    """What an unknown function, command or operator may change gives no value."""
    with pytest.raises(InvalidRecipe, match=r"unclear|no request could be read"):
        detect(text, FIELDS)


@pytest.mark.parametrize("field", ["prompt", "seed"])
def test_one_unclear_field(field: str) -> None:
    """A field that gets its value elsewhere is named; the other one is read."""
    samples = [text for head, _, text in SAMPLES if head.startswith(f"no {field}: ")]
    assert samples
    for text in samples:
        read = read_pasted(text, FIELDS)
        assert read is not None, text
        assert (field in read.unread, field in read.values) == (True, False), text
        other = "seed" if field == "prompt" else "prompt"
        assert read.values[other] == REQUEST[other], text


@pytest.mark.parametrize("text", of_kind("unreadable"))
def test_unreadable(text: str) -> None:
    """A language that inserts values in a way that is not followed gives no prompt."""
    read = read_pasted(text, FIELDS)
    assert read is None or "prompt" not in read.values


@pytest.mark.parametrize(
    "text",
    [
        '{"prompt": "a lighthouse at dawn", "seed": -1}',
        '{"prompt": "a lighthouse at dawn", "seed": 42, "randomize_seed": true}',
        "import gradio_client\nclient.predict(prompt='a lighthouse at dawn', seed=42, randomize_seed=True)",
    ],
)
def test_random_seed(text: str) -> None:
    """A seed that stands for any seed is none, and a note says so."""
    found = detect(text, FIELDS)
    assert (found.values["prompt"], "seed" in found.values, found.notes) == (REQUEST["prompt"], False, (NO_SEED,))


PYTHON = ("import requests", "{0} = {{'prompt': 'a lighthouse at dawn', 'seed': 42}}", "requests.post(URL, json={0})")
JAVASCRIPT = (
    "",
    "let {0} = {{prompt: 'a lighthouse at dawn', seed: 42}};",
    "fetch(URL, {{body: JSON.stringify({0})}});",
)
CALLS = ["change({0})", "{0} = change({0})", "x = tools.change(1, {0})", "tools.deep.change({0}, 1)"]
OTHERS = ["print({0})", "n = len({0})", "log.info({0})", "x = 1", "send(1)"]


@given(
    language=st.sampled_from([PYTHON, JAVASCRIPT]),
    call=st.sampled_from(CALLS),
    name=st.sampled_from(["payload", "body", "r"]),
    lines=st.lists(st.sampled_from(OTHERS), max_size=3),
    place=st.integers(0, 3),
)
def test_any_place_of_a_call(language: tuple[str, ...], call: str, name: str, lines: list[str], place: int) -> None:
    """A call of an unknown function before the request is sent makes it unclear; without it, it is read."""
    start, assigned, sent = language
    read = read_pasted("\n".join([start, assigned, *lines, sent]).format(name), FIELDS)
    assert read is not None
    assert {field: read.values[field] for field in REQUEST} == REQUEST
    changed = [*lines[:place], call, *lines[place:]]
    read = read_pasted("\n".join([start, assigned, *changed, sent]).format(name), FIELDS)
    assert read is not None
    assert (read.values, set(read.unread)) == ({}, set(REQUEST))
