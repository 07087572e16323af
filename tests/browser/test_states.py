"""What a page must also do, in a real browser: large type, other scripts, calm, a lock, a word from the background, and
an end without an image that everybody can read.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from flux_playground.local import LocalServer
from tests.app_process import running_quick
from tests.page_actions import READY, fill, generate, image, opened, sent_seed

HEBREW = "בית קטן על גבעה באור הבוקר"
SPILT = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const box = one.getBoundingClientRect();
  const unseen = one.closest(".unseen, .toast, .haze, dialog:not([open]), details:not([open]) > :not(summary)");
  return box.width && box.height && !unseen && (box.right > innerWidth + 1 || box.left < -1);
}).map((one) => one.outerHTML.slice(0, 120))"""
"""What stands beyond the left or right edge of the window."""
COVERED = """() => {
  const boxes = [...document.querySelectorAll("button, a, summary, input, textarea, h1, .line, .limits, .price")]
    .filter((one) => one.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
    .filter((one) => !one.closest("#action, .toast, dialog:not([open]), [data-testid=image]") && one.type !== "file")
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 4 && box.height > 4);
  return boxes.flatMap(([one, a], at) => boxes.slice(at + 1)
    .filter(([other, b]) => !one.contains(other) && !other.contains(one)
      && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
    .map(([other]) => one.outerHTML.slice(0, 90) + " | " + other.outerHTML.slice(0, 90)));
}"""
"""What stands on something else."""


@pytest.fixture
def address(home: str) -> str:
    """The page at home that all tests share."""
    return home


def pressed(page: Page) -> str | None:
    return page.locator("[data-act=lock]").get_attribute("aria-pressed")


def test_beside_generate_stands_what_it_will_cost(context: BrowserContext, address: str) -> None:
    page = opened(context, address)
    expect(page.locator("#price")).to_have_text("Free (demo)")


def test_a_locked_seed_outlives_recalls_dice_and_a_reload(context: BrowserContext, address: str) -> None:
    page = opened(context, address)
    generate(page, finetune_id="my-finetune", prompt="a mill", seed="", aspect_ratio="1:1")
    image(page)
    page.locator("[data-act=lock]").click()
    seed = sent_seed(page)
    expect(page.locator("#input-seed input")).to_have_value(seed)
    page.locator("[data-act=vary]").click()
    expect(page.locator("#stage [data-seed]")).not_to_have_text(seed, timeout=READY)
    image(page)
    fill(page, prompt="something else")
    for name in ("[data-act=dice]", "[data-act=clear]", "#stage [data-act=recall][data-what=all]"):
        page.locator(name).click()
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill", timeout=READY)
    expect(page.locator("#input-seed input")).to_have_value(seed)
    page.wait_for_function("seed => localStorage.getItem('flux-form')?.includes(seed)", arg=seed)
    page.reload()
    expect(page.locator("#input-seed input")).to_have_value(seed, timeout=READY)
    expect(page.locator("[data-act=lock][aria-pressed=true]")).to_be_visible()
    page.locator("[data-act=lock]").click()
    assert pressed(page) == "false"
    page.locator("[data-act=clear]").click()
    expect(page.locator("#input-seed input")).to_have_value("")


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


def test_a_picture_that_ends_in_the_background_is_notices_only_to_whoever_asked_for_it(
    context: BrowserContext, address: str
) -> None:
    context.add_init_script(f"({HIDDEN})()")
    page = opened(context, address)
    generate(page, finetune_id="my-finetune", prompt="before anybody asked", seed="", aspect_ratio="1:1")
    image(page)
    assert page.evaluate("[asked, notices.length]") == [0, 0]
    page.locator("[data-act=keys]").click()
    page.get_by_role("switch", name="Notify me when an image is ready").click()
    expect(page.locator("#notify")).to_have_attribute("aria-checked", "true")
    assert page.evaluate("asked") == 1
    page.locator("#keys [data-act=close]").click()
    generate(page, prompt="a mill: far away #slow")
    page.evaluate("hide()")
    page.wait_for_function("notices.length === 1", timeout=READY, polling=200)
    assert page.evaluate("notices[0]") == ["Ready – FLUX Playground", "a mill: far away #slow"]
    page.wait_for_function("document.title.startsWith('Ready')", polling=200)


@pytest.mark.parametrize("width", [720, 195])
def test_at_twice_the_size_nothing_overlaps_or_is_scrolled_sideways(browser: Browser, address: str, width: int) -> None:
    window = browser.new_context(viewport={"width": width, "height": 450}, reduced_motion="reduce")
    page = opened(window, address)
    assert page.evaluate(SPILT) == []
    generate(page, finetune_id="my-finetune", prompt=HEBREW, seed="", aspect_ratio="3:2")
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    assert page.evaluate(moving) == 0
    image(page)
    page.locator("#advanced > button").click()
    page.locator("#stage details.details summary").click()
    page.wait_for_timeout(600)
    assert page.evaluate(SPILT) == []
    assert page.evaluate(COVERED) == []
    fill(page, prompt="#error", seed="")
    generate(page)
    expect(page.locator("#stage .frame.ending")).to_be_visible(timeout=READY)
    fill(page, seed="abc")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_be_visible()
    assert page.evaluate(SPILT) == []
    assert page.evaluate(COVERED) == []
    page.locator("details.key summary").click()
    assert page.evaluate(SPILT) == []
    page.locator("details.key summary").click()
    page.locator("[data-act=keys]").click()
    assert page.evaluate(SPILT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    window.close()


def test_a_prompt_that_reads_from_the_right_does_so_wherever_it_stands(context: BrowserContext, address: str) -> None:
    page = opened(context, address)
    generate(page, finetune_id="my-finetune", prompt=f"{HEBREW} #stuck", seed="", aspect_ratio="3:2")
    reads = "one => getComputedStyle(one).direction"
    assert page.locator("#input-prompt textarea").evaluate(reads) == "rtl"
    assert page.locator("#input-finetune_id input").evaluate(reads) == "ltr"
    assert page.locator("#stage .asked").evaluate(reads) == "rtl"
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible(timeout=READY)
    fill(page, prompt=HEBREW)
    page.locator("#advanced > button").click()
    page.locator("#input-prompt_upsampling input").check()
    generate(page)
    image(page)
    page.locator("#stage details.details summary").click()
    assert page.locator("#stage .used").evaluate(reads) == "rtl"
    page.locator("#input-prompt_upsampling input").uncheck()


def test_whoever_pays_sees_the_cost_and_the_balance_before_and_after(context: BrowserContext, tmp_path: Path) -> None:
    with (
        LocalServer(speed=40, renderer="flat") as server,
        running_quick(tmp_path, BFL_API_KEY="a-key-of-the-local-server", FLUX_PLAYGROUND_BASE_URL=server.url) as url,
    ):
        page = opened(context, url)
        expect(page.locator("#price")).to_have_text(re.compile("Cost unknown · balance [0-9,]+ credits"), timeout=READY)
        generate(page, finetune_id="my-finetune", prompt="a mill", aspect_ratio="1:1")
        image(page)
        cost = re.compile(r"≈ ([0-9.]+) credits? · ([0-9,]+) left afterwards")
        expect(page.locator("#price")).to_have_text(cost, timeout=READY)
        expect(page.locator(".connection")).to_contain_text(re.compile("[0-9,]+ credits left"))


NOTHING_MORE = 'data: {"msg": "close_stream", "event_id": null}\n\n'
"""What gradio says when it ends the stream of a tab, answers that are on their way or not."""


def test_an_answer_that_got_lost_is_asked_for_again_and_nothing_is_done_twice(
    context: BrowserContext, address: str
) -> None:
    page = opened(context, address)
    before = page.locator("#strip .card").count()
    page.route("**/queue/data*", lambda route: route.fulfill(body=NOTHING_MORE), times=1)
    fill(page, finetune_id="my-finetune", prompt="a mill whose answer got lost", seed="", aspect_ratio="3:2")
    page.locator("#generate").click()
    expect(page.locator("#stage .frame.image img")).to_have_attribute("alt", re.compile("got lost"), timeout=READY)
    assert page.locator("#strip .card").count() == before + 1


FOCUSED = "document.activeElement.id || document.activeElement.dataset.act || document.activeElement.tagName"


def test_whoever_uses_the_keyboard_keeps_the_place_when_what_was_pressed_is_gone(
    context: BrowserContext, address: str
) -> None:
    page = opened(context, address)
    generate(page, finetune_id="my-finetune", prompt="a mill #stuck", seed="", aspect_ratio="3:2")
    page.locator("#stage [data-act=stop]").press("Enter")
    expect(page.locator("#stage .frame.ending")).to_be_visible(timeout=READY)
    expect(page.locator("#stage")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "collect"
    page.locator("#input-prompt textarea").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stage .frame.waiting")).to_be_visible(timeout=READY)
    expect(page.locator("#input-prompt textarea")).to_be_focused()
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible(timeout=READY)


def test_on_a_phone_generate_leads_to_the_picture_and_reasons_stay_where_they_are_read(
    browser: Browser, address: str
) -> None:
    window = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = opened(window, address)
    fill(page, finetune_id="my-finetune", prompt="a mill", seed="abc", aspect_ratio="3:2")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_be_in_viewport(ratio=0.9)
    page.wait_for_timeout(500)
    expect(page.locator("#notice .reasons")).to_be_in_viewport(ratio=0.9)
    generate(page, seed="")
    expect(page.locator("#stage .frame")).to_be_in_viewport(ratio=0.9)
    image(page)
    window.close()
