"""Nothing on the page moves unless a user moves it: layout shifts as the browser counts them, over whole journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app_process import running_quick
from tests.page_actions import fill, generate, image, open_page

MOST = 0.02
MOST_OF_LOADING = 0.01
MOST_OF_AN_END = 0.04
MOST_OF_DETAILS = 0.03
"""They grow by what is known only when the image is there."""

WATCH = """(() => {
  window.shifts = [];
  const named = (node) => (node?.nodeType === 1 ? node : node?.parentElement)?.outerHTML?.slice(0, 90) || "?";
  const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) {
      const moved = one.sources.map((it) => `${named(it.node)}: ${box(it.previousRect)} -> ${box(it.currentRect)}`);
      if (!one.hadRecentInput) window.shifts.push([one.value, moved]);
    }
  }).observe({ type: "layout-shift", buffered: true });
})()"""
"""Keeps what moved without anybody having pressed anything just before: how much, and from where to where."""

SLOW = 600
"""Milliseconds after which the browser no longer takes what moves for an answer to a press."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running program, slow enough for each update to arrive alone."""
    with running_quick(tmp_path_factory.mktemp("shift"), FLUX_PLAYGROUND_LOCAL_SPEED="7") as url:
        yield url


def still(page: Page, most: float = MOST) -> None:
    """No layout shift since the last call."""
    page.wait_for_timeout(250)
    moved = page.evaluate("shifts.splice(0)")
    assert sum(value for value, _ in moved) < most, moved


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_while_the_page_loads_with_and_without_pictures(
    browser: Browser, address: str, width: int
) -> None:
    window = browser.new_context(viewport={"width": width, "height": 900})
    window.add_init_script(WATCH)
    page = open_page(window, address)
    still(page, MOST_OF_LOADING)
    generate(page, finetune_id="my-finetune", prompt="a mill by a river", aspect_ratio="2:3")
    image(page)
    page.wait_for_timeout(1500)  # the form is kept again and again
    page.reload()
    expect(page.locator("#stage .frame.image img")).to_be_visible()
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill by a river")
    still(page, MOST_OF_LOADING)
    window.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_moves_by_itself_while_pictures_come_or_fail(browser: Browser, address: str, width: int) -> None:
    window = browser.new_context(viewport={"width": width, "height": 900})
    window.add_init_script(WATCH)
    page = open_page(window, address)
    page.wait_for_timeout(500)
    page.evaluate("shifts.splice(0)")
    for shape in ("21:9", "16:9"):
        generate(page, finetune_id="my-finetune", prompt="a mill by a river", seed="", aspect_ratio=shape)
        page.wait_for_timeout(SLOW)
        image(page)
        still(page)
    fill(page, prompt="TOK a mill by a river", aspect_ratio="3:2")
    page.locator("#stage details.details summary").click()
    page.wait_for_timeout(SLOW)
    generate(page)
    page.wait_for_timeout(SLOW)
    image(page)
    expect(page.locator("#stage details.details[open]")).to_be_attached()
    still(page, MOST_OF_DETAILS)
    page.locator("#stage details.details summary").click()
    generate(page, prompt="#moderated-content")
    page.wait_for_timeout(SLOW)
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    still(page, MOST_OF_AN_END)
    window.close()


def test_what_is_asked_for_and_what_comes_of_it_stand_in_the_same_place(browser: Browser, address: str) -> None:
    window = browser.new_context(viewport={"width": 1100, "height": 900})
    page = open_page(window, address)
    box = "() => JSON.stringify(document.querySelector('#stage .frame').getBoundingClientRect())"
    for shape, word in (("21:9", ""), ("2:3", ""), ("3:2", "#moderated-content")):
        generate(page, finetune_id="my-finetune", prompt=f"a mill {word}", seed="", aspect_ratio=shape)
        waiting = page.evaluate(box)
        expect(page.locator("#stage .frame:not(.waiting)")).to_be_visible()
        assert page.evaluate(box) == waiting, (shape, word)
    window.close()
