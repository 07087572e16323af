"""An endpoint without a seed in a real browser: nothing on the page offers one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from flux_playground.reproduce import NO_SEED_CAVEAT
from tests.app_process import running_quick
from tests.page_actions import choose_from, fill, image, press

SHAPES = Path(__file__).parents[1] / "documents" / "image-shapes.yaml"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running program at an endpoint that takes no seed."""
    extra = {"FLUX_PLAYGROUND_OPENAPI": str(SHAPES), "FLUX_PLAYGROUND_ENDPOINT": "/v1/flux-3-image"}
    with running_quick(tmp_path_factory.mktemp("seedless"), **extra) as url:
        yield url


def test_nothing_offers_a_seed(page: Page) -> None:
    """The form, the count and the image have no seed; the page says that the image cannot be reproduced."""
    for act in ("dice", "lock"):
        expect(page.locator(f"[data-act={act}]")).to_have_count(0)
    fill(page, prompt="a mill")
    page.locator("[data-act=count][data-value='2']").click()
    expect(page.locator("#price")).to_have_text("2 images · Free (demo)")
    before = page.locator("#strip .card").count()
    press(page)
    image(page)
    expect(page.locator("#strip .card")).to_have_count(before + 2)
    expect(page.locator("#stage .caveat")).to_have_text(NO_SEED_CAVEAT)
    expect(page.locator("#stage [data-act=vary]")).to_contain_text("Generate again")
    for act in ("reproduce", "recall[data-what=seed]", "recall[data-what=but-seed]"):
        name, _, rest = act.partition("[")
        expect(page.locator(f"#stage [data-act={name}]{'[' + rest if rest else ''}")).to_have_count(0)
    words = page.locator("#stage").inner_text().replace(NO_SEED_CAVEAT, "")
    assert "seed" not in words.lower()
    assert all("seed" not in (card.get_attribute("aria-label") or "") for card in page.locator("#strip .card").all())


def test_recipe_says_not_reproducible(page: Page) -> None:
    """The recipe of such an image says so, and so does the key for a seed."""
    fill(page, prompt="a barn")
    press(page)
    image(page)
    choose_from(page, "more", "panel", what="recipe")
    recipe = json.loads(page.locator("#stage .panel pre").inner_text())
    assert recipe["reproducible"] is False
    assert "seed" not in json.dumps(recipe)
    page.locator("#stage [data-act=vary]").focus()
    page.keyboard.press("s")
    expect(page.locator("#notice")).to_contain_text("This image has no seed.")
    expect(page.locator("#input-prompt textarea")).to_have_value("a barn")
