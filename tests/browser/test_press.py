"""Presses, keys and what they cost; images shown whole; a browser that keeps nothing."""

from __future__ import annotations

import json

from playwright.sync_api import BrowserContext, Page, expect

from ..page_actions import choose_from, clear_finetune, fill, generate, image

SHAPES = ("21:9", "16:9", "3:2", "4:3", "1:1", "3:4", "2:3", "9:16", "9:21")
WINDOWS = ((1280, 720), (1366, 768), (1440, 900), (1920, 1080), (390, 844))
# How much of the image is cut off by the elements around it or by its own box, in pixels.
HIDDEN = """image => {
  const own = image.getBoundingClientRect();
  let hidden = 0;
  for (let box = image.parentElement; box; box = box.parentElement) {
    if (getComputedStyle(box).overflow === "visible") continue;
    const clip = box.getBoundingClientRect();
    if (box.scrollHeight > box.clientHeight + 1 && box === document.scrollingElement) continue;
    hidden = Math.max(hidden, clip.left - own.left, own.right - clip.right);
    const isCut = ["hidden", "clip"].includes(getComputedStyle(box).overflowY) && box !== document.body;
    if (isCut) hidden = Math.max(hidden, clip.top - own.top, own.bottom - clip.bottom);
  }
  const ratio = (own.width / own.height) / (image.naturalWidth / image.naturalHeight);
  return Math.max(hidden, Math.abs(ratio - 1) * 100);
}"""


def cards(page: Page) -> int:
    """How many generations the history shows."""
    return page.locator("#strip .card").count()


def test_images_are_whole(page: Page) -> None:
    """Every shape is shown whole in every window."""
    for shape in SHAPES:
        generate(page, finetune_id="my-finetune", prompt="a whole image", seed="", aspect_ratio=shape)
        image(page)
        shown = page.locator("#stage .frame.image img")
        wide, high = map(int, shape.split(":"))
        for width, height in WINDOWS:
            page.set_viewport_size({"width": width, "height": height})
            expect(shown).to_be_visible()
            assert shown.evaluate(HIDDEN) < 1.5, (shape, width, height)
        assert abs(shown.evaluate("image => image.naturalWidth / image.naturalHeight") / (wide / high) - 1) < 0.05
        page.set_viewport_size({"width": 1440, "height": 900})


def test_double_click_makes_one_image(page: Page) -> None:
    """A double click on Generate with a blank seed makes one image."""
    before = cards(page)
    fill(page, finetune_id="my-finetune", prompt="twice", seed="", aspect_ratio="1:1")
    page.locator("#generate").dblclick()
    expect(page.locator("#strip .card")).to_have_count(before + 1)
    image(page)
    assert cards(page) == before + 1


def test_held_keys_make_one_image(page: Page) -> None:
    """Ctrl+Enter held down makes one image."""
    before = cards(page)
    fill(page, finetune_id="my-finetune", prompt="held", seed="4713", aspect_ratio="1:1")
    page.focus("#input-prompt textarea")
    page.keyboard.down("Control")
    for _ in range(15):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    expect(page.locator("#strip .card")).to_have_count(before + 1)
    image(page)
    assert cards(page) == before + 1


def test_ctrl_enter_submits_the_form_only(page: Page) -> None:
    """Ctrl+Enter works in the form or without a focus, and never elsewhere or under a dialog or the gallery."""
    fill(page, finetune_id="my-finetune", prompt="one press", seed="4720", aspect_ratio="1:1")
    page.evaluate(
        """() => {
          window.presses = 0;
          document.querySelector("#generate").addEventListener("click", () => (window.presses += 1));
        }"""
    )

    def presses() -> int:
        page.keyboard.press("Control+Enter")
        return int(page.evaluate("window.presses"))

    page.locator("#stage button:visible").first.focus()
    assert presses() == 0
    page.locator("details.key summary").focus()
    assert presses() == 0
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert presses() == 0
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("g")
    expect(page.locator("#gallery")).to_be_visible()
    assert presses() == 0
    page.evaluate("document.activeElement.blur()")
    assert presses() == 0
    page.keyboard.press("Escape")
    expect(page.locator("#gallery")).to_be_hidden()
    page.focus("#input-prompt textarea")
    assert presses() == 1
    expect(page.locator("#stage .frame.image img")).to_have_attribute("alt", "one press")
    page.evaluate("document.activeElement.blur()")
    assert presses() == 2


def test_same_request_under_way(page: Page) -> None:
    """The same request pressed again while it runs is shown; Generate anyway makes another one."""
    before = cards(page)
    generate(page, finetune_id="my-finetune", prompt="same #stuck", seed="4714", aspect_ratio="1:1")
    page.wait_for_timeout(600)  # longer than a double click
    page.locator("#generate").click()
    expect(page.locator("#notice .offer .head")).to_have_text("Already running")
    assert cards(page) == before + 1
    page.locator("#notice [data-act=insist]").click()
    expect(page.locator("#strip .card")).to_have_count(before + 2)
    for _ in range(2):
        page.locator("#strip .card.running").first.click()
        running_now = page.locator("#strip .card.running").count()
        page.locator("#stage [data-act=stop]").click()
        expect(page.locator("#strip .card.running")).to_have_count(running_now - 1)


def test_letters_need_focus_and_cost_nothing(page: Page) -> None:
    """Typing without a focused field changes nothing; letters on the history fill the form, with Undo; none submits."""
    generate(page, finetune_id="my-finetune", prompt="letters", seed="21", aspect_ratio="1:1")
    image(page)
    before = cards(page)
    fill(page, prompt="my long prompt", seed="77")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("vast park")
    assert page.locator("#input-prompt textarea").input_value() == "my long prompt"
    page.locator("#strip .card").first.focus()
    page.keyboard.type("v")
    page.keyboard.press("a")
    expect(page.locator("#input-prompt textarea")).to_have_value("letters")
    page.locator("#notice [data-act=undo]").click()
    expect(page.locator("#input-prompt textarea")).to_have_value("my long prompt")
    expect(page.locator("#input-seed input")).to_have_value("77")
    assert cards(page) == before


def test_letters_can_be_switched_off(page: Page) -> None:
    """The list of shortcuts has a switch for letters, which a reload keeps."""
    generate(page, finetune_id="my-finetune", prompt="switch", seed="22", aspect_ratio="1:1")
    image(page)
    page.keyboard.press("?")
    page.locator("#letters").click()
    page.locator("#keys [data-act=close]").click()
    page.reload()
    expect(page.locator("#strip .card").first).to_be_visible()
    fill(page, prompt="not replaced")
    page.locator("#strip .card").first.focus()
    page.keyboard.press("p")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    assert page.locator("#input-prompt textarea").input_value() == "not replaced"


def test_reasons_go_with_their_cause(page: Page) -> None:
    """The box at the button drops an entry when its field changes, and goes with its last entry."""
    clear_finetune(page)
    fill(page, prompt="x", seed="abc")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons li")).to_have_count(2)
    fill(page, seed="5")
    expect(page.locator("#notice .reasons li")).to_have_count(1)
    fill(page, finetune_id="my-finetune")
    expect(page.locator("#notice .reasons")).to_have_count(0)


def test_clock_never_runs_backwards(page: Page) -> None:
    """The seconds on the page never decrease while an image is made."""
    page.evaluate(
        """() => {
          window.clocks = [];
          new MutationObserver(() => {
            const clock = document.querySelector("#stage time[data-elapsed]");
            if (clock) window.clocks.push([clock.dataset.of, parseInt(clock.textContent)]);
          }).observe(document.body, { childList: true, subtree: true, characterData: true });
        }"""
    )
    generate(page, finetune_id="my-finetune", prompt="clock #stuck", seed="", aspect_ratio="1:1")
    page.wait_for_function("() => window.clocks.some(([, seconds]) => seconds >= 2)")
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    seen = [seconds for _, seconds in page.evaluate("window.clocks")]
    assert max(seen) >= 2
    assert seen == sorted(seen)


def test_popovers_close(page: Page) -> None:
    """The key, the menu and the document close with Esc and with a click outside."""
    for name, opener in (("key", "details.key > summary"), ("menu", "details.menu > summary"), ("document", "")):
        box = page.locator(f"details.{name}")

        def open_popover(opener: str = opener) -> None:
            page.locator(opener).click() if opener else choose_from(page, "menu", "schema")

        open_popover()
        expect(box).to_have_attribute("open", "")
        page.keyboard.press("Escape")
        expect(box).not_to_have_attribute("open", "")
        open_popover()
        page.locator("h1").click()
        expect(box).not_to_have_attribute("open", "")


def test_blocked_storage(context: BrowserContext, address: str) -> None:
    """A browser that refuses storage to the page shows the history and makes images as ever."""
    for name in ("localStorage", "sessionStorage", "indexedDB", "caches"):
        context.add_init_script(
            f"Object.defineProperty(window, {json.dumps(name)}, {{get() {{ throw new DOMException('blocked'); }}}});"
        )
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    expect(page.locator("#strip .card").first).to_be_visible()
    generate(page, finetune_id="my-finetune", prompt="kept nowhere", seed="", aspect_ratio="1:1")
    image(page)
    assert [error for error in errors if "blocked" in error and "gradio" not in error] == []
