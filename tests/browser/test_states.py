"""Zoom, writing direction, notifications, the seed lock, the price and the keyboard focus in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from flux_playground import schema
from flux_playground.local import LocalServer
from tests.app_process import running_quick
from tests.page_actions import choose_from, fill, generate, image, load, open_page, sent_seed

HEBREW = "בית קטן על גבעה באור הבוקר"
SPILT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  const unseen = one.closest(".unseen, .toast, .haze, dialog:not([open]), details:not([open]) > :not(summary)");
  return box.width && box.height && !unseen && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.outerHTML.slice(0, 120))"""
"""What stands beyond the left or right edge of the window."""
COVERED = """() => {
  const boxes = [...document.querySelectorAll("button, a, summary, input, textarea, h1, .line, .price")]
    .filter((one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
    .filter((one) => !one.closest("#action, #edit, .seedtools, .opener, .toast, dialog:not([open]), .controls"))
    .filter((one) => one.type !== "file")
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 4 && box.height > 4);
  return boxes.flatMap(([one, a], at) => boxes.slice(at + 1)
    .filter(([other, b]) => !one.contains(other) && !other.contains(one)
      && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
    .map(([other]) => one.outerHTML.slice(0, 90) + " | " + other.outerHTML.slice(0, 90)));
}"""
"""What covers something else; the button that leads back to the form floats above the page."""


def pressed(page: Page) -> str | None:
    return page.locator("[data-act=lock]").get_attribute("aria-pressed")


def test_price_of_demo(page: Page) -> None:
    """The price beside Generate says that the demo is free."""
    expect(page.locator("#price")).to_have_text("Free (demo)")


def test_locked_seed(page: Page) -> None:
    """A locked seed is kept by New seed, Random, copied settings and a reload; an empty field has nothing to lock."""
    page.evaluate("() => document.querySelector('#stage [data-seed]')?.remove()")  # an image of another test
    page.locator("[data-act=lock]").click()
    expect(page.locator(".toast")).to_have_text("There is no seed to lock.")
    assert pressed(page) == "false"
    generate(page, finetune_id="my-finetune", prompt="a mill", seed="", aspect_ratio="1:1")
    image(page)
    page.locator("[data-act=lock]").click()
    seed = sent_seed(page)
    expect(page.locator("#input-seed input")).to_have_value(seed)
    page.locator("[data-act=vary]").click()
    expect(page.locator("#stage [data-seed]")).not_to_have_text(seed)
    image(page)
    fill(page, prompt="something else")
    page.locator("[data-act=dice]").click()
    choose_from(page, "reuse", "recall", what="all")
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill")
    expect(page.locator("#input-seed input")).to_have_value(seed)
    page.wait_for_function("seed => localStorage.getItem('flux-form')?.includes(seed)", arg=seed)
    page.reload()
    expect(page.locator("#input-seed input")).to_have_value(seed)
    expect(page.locator("[data-act=lock][aria-pressed=true]")).to_be_visible()
    page.locator("[data-act=lock]").click()
    assert pressed(page) == "false"


HIDDEN = """() => {
  window.asked = 0; window.notices = [];
  window.Notification = class {
    static permission = "default";
    static async requestPermission() { window.asked += 1; return (this.permission = "granted"); }
    constructor(title, options) { window.notices.push([title, options.body]); }
  };
  window.hide = () => {
    Object.defineProperty(document, "hidden", { value: true });
    window.requestAnimationFrame = () => 0; // a browser draws no frames for a tab that nobody sees
  };
}"""


def test_notification(context: BrowserContext, address: str) -> None:
    """An image that is ready in a background tab gives a notification only after it was switched on."""
    context.add_init_script(f"({HIDDEN})()")
    page = open_page(context, address)
    generate(page, finetune_id="my-finetune", prompt="before anybody asked", seed="", aspect_ratio="1:1")
    image(page)
    assert page.evaluate("[asked, notices.length]") == [0, 0]
    page.locator("#foot [data-act=keys]").click()
    page.get_by_role("switch", name="Notify me when an image is ready").click()
    expect(page.locator("#notify")).to_have_attribute("aria-checked", "true")
    assert page.evaluate("asked") == 1
    page.locator("#keys [data-act=close]").click()
    fill(page, prompt="a mill: far away")
    page.evaluate("hide()")
    page.locator("#generate").click()
    page.wait_for_function("notices.length === 1", polling=200)
    assert page.evaluate("notices[0]") == ["Ready – FLUX Playground", "a mill: far away"]
    page.wait_for_function("document.title.startsWith('Ready')", polling=200)


@pytest.mark.parametrize("width", [720, 195])
def test_zoomed_page(page: Page, address: str, width: int) -> None:
    """At a zoom of 200 % nothing overlaps and nothing is wider than the window."""
    page.set_viewport_size({"width": width, "height": 450})
    load(page, address)
    assert page.evaluate(SPILT) == []
    generate(page, finetune_id="my-finetune", prompt=HEBREW, seed="", aspect_ratio="3:2")
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.evaluate(moving) == 0
    image(page)
    page.locator("#advanced > button").click()
    page.locator("#stage details.details summary").click()
    page.wait_for_function(f"() => !({moving})()")
    assert page.evaluate(SPILT) == []
    assert page.evaluate(COVERED) == []
    fill(page, prompt="#error", seed="")
    generate(page)
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    fill(page, seed="abc")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_be_visible()
    assert page.evaluate(SPILT) == []
    assert page.evaluate(COVERED) == []
    page.locator("details.key summary").click()
    assert page.evaluate(SPILT) == []
    page.locator("details.key summary").click()
    page.locator("#foot [data-act=keys]").click()
    assert page.evaluate(SPILT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_right_to_left_prompt(page: Page) -> None:
    """A Hebrew prompt is written from right to left in each place."""
    generate(page, finetune_id="my-finetune", prompt=f"{HEBREW} #stuck", seed="", aspect_ratio="3:2")
    reads = "one => getComputedStyle(one).direction"
    assert page.locator("#input-prompt textarea").evaluate(reads) == "rtl"
    assert page.locator("#input-finetune_id input").evaluate(reads) == "ltr"
    assert page.locator("#stage .asked").evaluate(reads) == "rtl"
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    fill(page, prompt=HEBREW)
    page.locator("#advanced > button").click()
    page.locator("#input-prompt_upsampling input").check()
    generate(page)
    image(page)
    page.locator("#stage details.details summary").click()
    assert page.locator("#stage .used").evaluate(reads) == "rtl"
    page.locator("#input-prompt_upsampling input").uncheck()


def test_cost_and_balance(page: Page, tmp_path: Path) -> None:
    """With an own key the page shows the cost and the balance before and after an image."""
    with (
        LocalServer(speed=40, renderer="flat") as server,
        running_quick(tmp_path, BFL_API_KEY="a-key-of-the-local-server", FLUX_PLAYGROUND_BASE_URL=server.url) as url,
    ):
        load(page, url)
        expect(page.locator("#price")).to_have_text(
            re.compile(r"7 credits \(\$0\.07\), list price · [0-9,]+ left afterwards")
        )
        generate(page, finetune_id="my-finetune", prompt="a mill", aspect_ratio="1:1")
        image(page)
        expect(page.locator("#stage .line")).to_contain_text("7 credits ($0.07)")
        page.locator("#stage details.details summary").click()
        expect(page.locator("#stage .details")).to_contain_text("7 credits ($0.07)")
        expect(page.locator(".connection")).to_contain_text(re.compile("[0-9,]+ credits left"))


NOTHING_MORE = 'data: {"msg": "close_stream", "event_id": null}\n\n'
"""What gradio says when it ends the stream of a tab, answers that are on their way or not."""


def test_lost_response(page: Page) -> None:
    """A lost response is requested again, and nothing is done twice."""
    before = page.locator("#strip .card").count()
    page.route("**/queue/data*", lambda route: route.fulfill(body=NOTHING_MORE), times=1)
    fill(page, finetune_id="my-finetune", prompt="a mill whose answer got lost", seed="", aspect_ratio="3:2")
    page.locator("#generate").click()
    expect(page.locator("#stage .frame.image img")).to_have_attribute("alt", re.compile("got lost"))
    assert page.locator("#strip .card").count() == before + 1


FOCUSED = "document.activeElement.id || document.activeElement.dataset.act || document.activeElement.tagName"


def test_focus_is_kept(page: Page) -> None:
    """The keyboard focus keeps its place when the focused button disappears."""
    generate(page, finetune_id="my-finetune", prompt="a mill #stuck", seed="", aspect_ratio="3:2")
    page.locator("#stage [data-act=stop]").press("Enter")
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    expect(page.locator("#stage")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "collect"
    page.locator("#input-prompt textarea").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stage .frame.waiting")).to_be_visible()
    expect(page.locator("#input-prompt textarea")).to_be_focused()
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible()


def test_scrolling_on_phone(page: Page, address: str) -> None:
    """On a phone Generate scrolls to the image; the reasons of a refusal stay in view."""
    page.set_viewport_size({"width": 390, "height": 844})
    load(page, address)
    fill(page, finetune_id="my-finetune", prompt="a mill", seed="abc", aspect_ratio="3:2")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_be_in_viewport(ratio=0.9)
    page.wait_for_timeout(500)
    expect(page.locator("#notice .reasons")).to_be_in_viewport(ratio=0.9)
    generate(page, seed="")
    expect(page.locator("#stage .frame")).to_be_in_viewport(ratio=0.9)
    image(page)


def test_server_is_chosen(page: Page, tmp_path: Path) -> None:
    """The owner chooses one of the document's servers; the choice gets the requests and outlives a reload."""
    with (
        LocalServer(speed=40, renderer="flat", credits=500) as first,
        LocalServer(speed=40, renderer="flat", credits=300) as second,
    ):
        document = tmp_path / "servers.json"
        raw = {**schema.load().raw, "servers": [{"url": first.url}, {"url": second.url}]}
        document.write_text(json.dumps(raw), encoding="utf-8")
        with running_quick(tmp_path, BFL_API_KEY="a-key", FLUX_PLAYGROUND_OPENAPI=str(document)) as url:
            load(page, url)
            expect(page.locator(".connection")).to_contain_text("500 credits left")
            page.locator("details.servers > summary").click()
            page.locator(f'[data-act=server][data-value="{second.url}"]').click()
            expect(page.locator("#notice")).to_contain_text(f"New requests go to {second.url.removeprefix('http://')}.")
            expect(page.locator(".connection")).to_contain_text("300 credits left")
            page.reload()
            expect(page.locator(".connection")).to_contain_text("300 credits left")
            generate(page, finetune_id="my-finetune", prompt="a mill", aspect_ratio="1:1")
            image(page)
            expect(page.locator("#stage details.details")).to_contain_text(second.url)
