"""Nothing on the page moves unless a user moves it: layout shifts as the browser counts them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.app_process import running_quick
from tests.page_actions import fill, generate, image, load

MAX_SHIFT = 0.02
MAX_LOAD_SHIFT = 0.01
MAX_ENDING_SHIFT = 0.04
MAX_DETAILS_SHIFT = 0.03
"""Details grow by what is known only when the image is ready."""

WATCH = """(() => {
  window.shifts = [];
  const named = (node) => (node?.nodeType === 1 ? node : node?.parentElement)?.outerHTML?.slice(0, 90) || "?";
  const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      const moved = shift.sources.map((it) => `${named(it.node)}: ${box(it.previousRect)} -> ${box(it.currentRect)}`);
      if (!shift.hadRecentInput) window.shifts.push([shift.value, moved]);
    }
  }).observe({ type: "layout-shift", buffered: true });
})()"""
"""Records what moved without a press just before, since the page began to load: how much, from where, to where."""

INPUT_MILLISECONDS = 600
"""The browser attributes a shift within 500 ms of a press to the press."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running program, slow enough for each update to arrive alone."""
    with running_quick(tmp_path_factory.mktemp("shift"), FLUX_PLAYGROUND_LOCAL_SPEED="7") as url:
        yield url


@pytest.fixture
def page(page: Page) -> Page:
    """The page with its transitions."""
    page.emulate_media(reduced_motion="no-preference")
    return page


def wait_after_press(page: Page) -> None:
    """Wait and forget the shifts so far: on a busy machine the frame of a press is drawn late, and is not counted."""
    page.wait_for_timeout(INPUT_MILLISECONDS)
    page.evaluate("shifts.splice(0)")


def expect_still(page: Page, limit: float = MAX_SHIFT) -> None:
    """No layout shift since the last call."""
    page.wait_for_timeout(250)
    moved = page.evaluate("shifts.splice(0)")
    assert sum(value for value, _ in moved) < limit, moved


@pytest.mark.parametrize("width", [1440, 390])
def test_page_load(page: Page, address: str, width: int) -> None:
    """Nothing moves while the page loads, with and without images."""
    page.set_viewport_size({"width": width, "height": 900})
    load(page, address)
    page.evaluate(WATCH)
    expect_still(page, MAX_LOAD_SHIFT)
    generate(page, finetune_id="my-finetune", prompt="a mill by a river", aspect_ratio="2:3")
    image(page)
    page.wait_for_function("() => localStorage.getItem('flux-form')?.includes('2:3')")
    page.reload()
    page.evaluate(WATCH)
    expect(page.locator("#stage .frame.image img")).to_be_visible()
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill by a river")
    expect_still(page, MAX_LOAD_SHIFT)


@pytest.mark.parametrize("width", [1440, 390])
def test_generation(page: Page, address: str, width: int) -> None:
    """Nothing moves while images are made, with and without details, or fail."""
    page.set_viewport_size({"width": width, "height": 900})
    load(page, address)
    page.evaluate(WATCH)
    wait_after_press(page)
    for shape in ("21:9", "16:9"):
        generate(page, finetune_id="my-finetune", prompt="a mill by a river", seed="", aspect_ratio=shape)
        wait_after_press(page)
        image(page)
        expect_still(page)
    fill(page, prompt="TOK a mill by a river", aspect_ratio="3:2")
    page.locator("#stage details.details summary").click()
    wait_after_press(page)
    generate(page)
    wait_after_press(page)
    image(page)
    expect(page.locator("#stage details.details[open]")).to_be_attached()
    expect_still(page, MAX_DETAILS_SHIFT)
    page.locator("#stage details.details summary").click()
    generate(page, prompt="#moderated-content")
    wait_after_press(page)
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    expect_still(page, MAX_ENDING_SHIFT)


def test_frame_keeps_its_place(page: Page, address: str) -> None:
    """The frame of a running generation has the place and size of its outcome."""
    page.set_viewport_size({"width": 1100, "height": 900})
    box = "() => JSON.stringify(document.querySelector('#stage .frame').getBoundingClientRect())"
    for shape, word in (("21:9", ""), ("2:3", ""), ("3:2", "#moderated-content")):
        generate(page, finetune_id="my-finetune", prompt=f"a mill {word}", seed="", aspect_ratio=shape)
        waiting = page.evaluate(box)
        expect(page.locator("#stage .frame:not(.waiting)")).to_be_visible()
        assert page.evaluate(box) == waiting, (shape, word)
