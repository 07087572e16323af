"""The history of a desktop window, and a reproduction whose response is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ..conftest import HomePages
from ..page_actions import WINDOW, choose_from, forget_visit, generate, image, load

SHAPES = ("21:9", "9:21", "1:1")
NOTHING_MORE = 'data: {"msg": "close_stream", "event_id": null}\n\n'
"""What Gradio sends when it ends the stream of a tab, with or without responses under way."""

CROPPED = """card => {
  const image = card.querySelector("img"), box = image.getBoundingClientRect(), outer = card.getBoundingClientRect();
  const inside = box.left >= outer.left - 1 && box.right <= outer.right + 1 && box.bottom <= outer.bottom + 1;
  const fits = Math.abs(box.width / box.height / (image.naturalWidth / image.naturalHeight) - 1) < 0.03;
  return !(image.complete && image.naturalWidth && inside && (fits || getComputedStyle(image).objectFit === "contain"));
}"""


@pytest.fixture(scope="module")
def page(tab: Page, home_pages: HomePages) -> Iterator[Page]:
    """One page for all tests, with an image of each shape in its history."""
    load(tab, home_pages.url())
    for shape in SHAPES:
        generate(tab, finetune_id="my-finetune", prompt=f"a mill {shape}", seed="", aspect_ratio=shape)
        image(tab)
    yield tab
    forget_visit(tab)


def test_thumbnails_are_whole(page: Page) -> None:
    """A thumbnail shows the whole image, however wide or high the image is."""
    cards = page.locator("#strip .card:has(img)")
    assert cards.count() >= len(SHAPES)
    for card in cards.all()[: len(SHAPES)]:
        card.scroll_into_view_if_needed()
        expect(card.locator("img")).to_be_visible()
        card.locator("img").evaluate("image => image.decode()")
        assert not card.evaluate(CROPPED)


def test_card_far_down_shows_the_image(page: Page) -> None:
    """A click on a card below the window shows its image and brings the image into view."""
    page.set_viewport_size({"width": 800, "height": 640})
    card = page.locator("#strip .card").nth(len(SHAPES) - 1)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    card.scroll_into_view_if_needed()
    assert page.locator("#stage .frame").evaluate("frame => frame.getBoundingClientRect().bottom") < 210
    chosen = card.get_attribute("data-id")
    card.click()
    frame = page.locator(f'#stage .frame[data-id="{chosen}"]')
    expect(frame).to_be_in_viewport(ratio=0.3)
    expect(frame.locator("img")).to_be_in_viewport()
    page.set_viewport_size(WINDOW["viewport"])


def test_lost_response_of_a_reproduction(page: Page) -> None:
    """When the response of Reproduce is lost, the page says so and shows what was made, which is paid once."""
    before = page.locator("#strip .card").count()
    page.route("**/queue/data*", lambda route: route.fulfill(body=NOTHING_MORE), times=1)
    with page.expect_request("**/queue/data*"):
        choose_from(page, "more", "reproduce")
    page.evaluate("() => { const now = performance.now.bind(performance); performance.now = () => now() + 9000; }")
    expect(page.get_by_text("No response. Try again if nothing changed.")).to_be_attached()
    expect(page.locator("#strip .card")).to_have_count(before + 1)
    image(page)
    assert page.locator("#strip .card").count() == before + 1
