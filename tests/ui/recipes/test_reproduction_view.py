"""What the page offers for an image, with and without a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flux_playground import Playground, Settings, schema
from flux_playground.local import LocalServer
from flux_playground.recipe import dump_recipe
from flux_playground.reproduce import NO_SEED_CAVEAT, recipe

from ..page_parts import Page

FORM = {"finetune_id": "my-finetune", "prompt": "a mill", "aspect_ratio": "1:1"}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A page whose endpoint has no seed, neither in the request nor in the result."""
    raw = json.loads(json.dumps(schema.load().raw))
    for definition in raw["components"]["schemas"].values():
        definition.get("properties", {}).pop("seed", None)
    file = tmp_path / "no-seed.json"
    file.write_text(json.dumps(raw), encoding="utf-8")
    document = schema.load(file)
    with LocalServer(document, speed=60, scale=0.25, renderer="flat") as server:
        settings = Settings(data=tmp_path / "data", demo_url=server.url)
        with Playground(settings, document) as playground:
            yield Page(playground)


def test_image_without_a_seed(page: Page) -> None:
    """The page offers another image instead of a reproduction, and says why; so does the recipe."""
    updates = page.run("generate", raw=FORM, count=2)
    first, second = page.playground.recent()
    assert (first.seed, second.seed) == (None, None)
    result = updates[-1].result
    assert result is not None
    assert NO_SEED_CAVEAT.replace("'", "&#39;") in result.below
    assert "Generate again" in result.below
    assert 'data-act="reproduce"' not in result.below
    assert 'data-what="but-seed"' not in result.below
    assert "seed" not in result.line
    assert json.loads(dump_recipe(recipe(first)))["reproducible"] is False


def test_reproduce_without_a_seed_starts_nothing(page: Page) -> None:
    """A forged press cannot reproduce an image without a seed; another image can be made."""
    page.run("generate", raw=FORM)
    (first,) = page.playground.recent()
    assert page.run("reproduce", id=first.id) == []
    page.run("vary", id=first.id)
    assert len(page.playground.recent()) == 2


def test_image_with_a_seed(playground: Playground) -> None:
    """An image with a seed can be reproduced; its recipe has the seed."""
    page = Page(playground)
    updates = page.run("generate", raw={**FORM, "seed": "7"})
    assert 'data-act="reproduce"' in str(updates[-1].result)
    assert "New seed" in str(updates[-1].result)
    written = json.loads(dump_recipe(recipe(playground.recent()[0])))
    assert written["used"]["seed"] == 7
    assert "reproducible" not in written
