"""What differs between two recipes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flux_playground.recipe import Recipe
from flux_playground.recipe.differences import HINTS, Difference, explain_differences

RECIPE = Recipe(
    request={"prompt": "a cat", "seed": 1, "finetune_id": "one", "output_format": "png", "raw": None},
    endpoint="/v1/flux-pro-1.1-ultra-finetuned",
    server="https://api.us1.bfl.ai",
    document="1.0.0 sha256:00",
    seed=1,
    prompt="a cat",
    cost=7,
    task_id="one",
)


def test_equal_recipes() -> None:
    """Times, costs and blanks are not differences."""
    assert explain_differences(RECIPE, RECIPE) == ()
    again = replace(RECIPE, task_id="two", cost=8, seconds=3.0, sha256="ab" * 32, made_at="later")
    assert explain_differences(RECIPE, again) == ()
    assert (
        explain_differences(RECIPE, replace(RECIPE, request={**RECIPE.request, "raw": ""}, prompt=None, document=""))
        == ()
    )


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("finetune_id", "two"),
        ("output_format", "jpeg"),
        ("strength", 0.5),
        ("image_prompt", "sha256:ab"),
        ("raw", False),
    ],
)
def test_different_fields(name: str, after: Any) -> None:
    """Every different field is a difference."""
    other = replace(RECIPE, request={**RECIPE.request, name: after})
    (reason,) = explain_differences(RECIPE, other)
    assert (reason.name, reason.before, reason.after) == (name, RECIPE.request.get(name), after)


def test_used_prompt_differs() -> None:
    """A rewritten prompt has an explanation."""
    (reason,) = explain_differences(RECIPE, replace(RECIPE, prompt="a fluffy cat"))
    assert (reason.name, reason.before, reason.after) == ("prompt used", "a cat", "a fluffy cat")
    assert reason.hint == HINTS["prompt used"]
    asked = replace(RECIPE, request={**RECIPE.request, "prompt": "a dog"}, prompt="a dog")
    assert [one.name for one in explain_differences(RECIPE, asked)] == ["prompt"]


def test_used_seed_and_location_differ() -> None:
    """Seed, endpoint, server and document are compared."""
    other = replace(RECIPE, server="https://api.eu1.bfl.ai", endpoint="/v1/x", document="2", seed=2)
    assert [one.name for one in explain_differences(RECIPE, other)] == ["seed used", "endpoint", "server", "document"]
    drawn = replace(RECIPE, request={"prompt": "a cat", "finetune_id": "one", "output_format": "png"})
    assert explain_differences(RECIPE, drawn) == ()
    assert explain_differences(replace(RECIPE, seed=None), drawn) == (Difference("seed", 1, None),)
