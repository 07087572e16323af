"""The page in a real browser: the first image, the form, several images at once, the keyboard."""

from __future__ import annotations

import io
import re
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page, expect

from tests.hosted_page import HostedPage
from tests.page_actions import clear_finetune, fill, forget_visit, generate, image, load, press, read, sent_seed


def test_empty_seed_is_random(page: Page) -> None:
    """A form without a seed is sent with a random seed, not with 0."""
    generate(page, finetune_id="my-finetune", prompt="a mill")
    image(page)
    assert page.locator("#input-seed input").input_value() == ""
    assert sent_seed(page) != "0"


def test_generate_shows_image(page: Page) -> None:
    """Generate shows the image at its full size, with its seed."""
    generate(page, finetune_id="my-finetune", prompt="a lighthouse", seed="42", aspect_ratio="1:1")
    shown = Image.open(io.BytesIO(read(image(page))))
    size = page.locator("#stage .frame img").evaluate(
        "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"
    )
    assert size == list(shown.size)
    expect(page.locator("#stage .line")).to_contain_text(f"{shown.width} × {shown.height} px")
    assert sent_seed(page) == "42"


def test_reused_seed(page: Page) -> None:
    """The same request with the seed of an image makes the same bytes."""
    generate(page, finetune_id="my-finetune", prompt="a mill by a river", aspect_ratio="4:3")
    first, first_id = image(page), page.locator("#stage .frame").get_attribute("data-id")
    page.locator("#stage .line [data-act=recall]").click()
    expect(page.locator("#input-seed input")).to_have_value(sent_seed(page))
    page.locator("#generate").click()
    page.locator("#notice [data-act=insist]").click()
    expect(page.locator(f'#stage .frame.image:not([data-id="{first_id}"])')).to_be_visible()
    second = image(page)
    assert first != second
    assert read(first) == read(second)


def test_invalid_fields(page: Page) -> None:
    """Invalid fields are marked until they change, and the form keeps its values."""
    clear_finetune(page)
    fill(page, prompt="kept 🪁", seed="abc", aspect_ratio="banana")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_be_visible()
    for name in ("finetune_id", "seed", "aspect_ratio"):
        expect(page.locator(f"#hint-{name} .fault")).to_be_visible()
        expect(page.locator(f"#input-{name} input")).to_have_attribute("aria-invalid", "true")
    assert page.locator("#input-prompt textarea").input_value() == "kept 🪁"
    fill(page, seed="1")
    expect(page.locator("#hint-seed .fault")).to_be_hidden()


def test_closed_tab(page: Page, address: str) -> None:
    """A generation continues after its tab was closed, and a new tab shows it."""
    generate(page, finetune_id="my-finetune", prompt="a slow one #slow", aspect_ratio="1:1")
    seed = sent_seed(page)
    forget_visit(page)  # as a new tab
    load(page, address)
    expect(page.locator("#stage .frame.waiting, #stage .frame.image")).to_be_visible()
    assert sent_seed(page) == seed
    image(page)


def test_prices_follow_the_key(page: Page) -> None:
    """With a key, the actions of a demo image are not free any more."""
    generate(page, prompt="a mill")
    image(page)
    expect(page.locator("#stage [data-act=vary] .cost")).to_have_text("free")
    page.locator("details.key summary").click()
    page.locator("#key").fill("a-key-of-nobody")
    page.locator("#key").press("Enter")
    expect(page.locator("#stage [data-act=vary] .cost")).to_have_text("7 credits ($0.07)")
    page.locator(".connection [data-act=key]").click()
    expect(page.locator("#stage [data-act=vary] .cost")).to_have_text("free")


def test_key_stays_secret(page: Page, address: str) -> None:
    """A key is not stored in the browser, not shown, and sent to no other server; a refused text stays in its field."""
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    load(page, address)
    page.locator("details.key summary").click()
    page.locator("#key").fill("two words")
    page.locator("#key").press("Enter")
    expect(page.locator("details.key .fault")).to_contain_text("no spaces")
    expect(page.locator("#key")).to_have_value("two words")
    page.locator("#key").fill("a-secret-key-xyzzy")
    page.locator("#key").press("Enter")
    expect(page.locator(".connection")).to_contain_text("Your key")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "xyzzy" not in stored
    assert "xyzzy" not in page.content()
    page.get_by_role("button", name="Remove key").click()
    expect(page.locator("#key")).to_have_value("")
    expect(page.locator(".connection")).to_contain_text("Demo")
    assert hosts - {urlsplit(address).netloc, ""} == set()


def test_phone_width(page: Page, address: str) -> None:
    """On a phone nothing is wider than the window."""
    page.set_viewport_size({"width": 390, "height": 844})
    load(page, address)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_header_is_one_row(page: Page, hosted: HostedPage) -> None:
    """On a tablet and on a laptop nothing of the header is in a second row, or over the endpoint."""

    def measure_header(width: int) -> tuple[float, bool]:
        page.set_viewport_size({"width": width, "height": 768})
        head, endpoint, connection = (page.locator(one).bounding_box() for one in ("#head", ".endpoint", ".connection"))
        assert head
        assert endpoint
        assert connection
        return head["height"], endpoint["x"] + endpoint["width"] < connection["x"]

    assert [measure_header(width) for width in (900, 1024, 1280)] == [(54, True)] * 3
    load(page, hosted.url)
    assert measure_header(1366) == (54, True)


def test_prompt_is_escaped(page: Page) -> None:
    """Markup in a prompt is shown as text."""
    generate(page, finetune_id="my-finetune", prompt="<img src=x onerror=alert(1)> ${1+1} {{2+2}}")
    image(page)
    page.locator("#stage details.details summary").click()
    expect(page.locator("#stage .details pre")).to_contain_text("<img src=x onerror=alert(1)> ${1+1} {{2+2}}")
    assert page.locator("img[src=x]").count() == 0


def test_title(page: Page) -> None:
    """The title of the tab names the state of the generation."""
    generate(page, finetune_id="my-finetune", prompt="#moderated-content", aspect_ratio="1:1")
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    expect(page).to_have_title(re.compile("Moderated"))
    expect(page.locator("#stage .head")).to_have_text("Image blocked by moderation")


SHOWN = """new MutationObserver(() => {
  if (window.shown || !document.documentElement.classList.contains("there")) return;
  const prompt = document.querySelector("#input-prompt textarea").value;
  window.shown = [prompt, Boolean(document.querySelector("#input-output_format input[value=png]")?.checked)];
}).observe(document, { subtree: true, attributes: true });"""
"""What stands in the form in the moment in which the page is shown."""


def test_form_survives_reload(page: Page) -> None:
    """When the page is shown after a reload, the form has its values again, except secrets."""
    fill(page, finetune_id="paper-hills", prompt="kept over a reload", seed="77")
    page.locator("#advanced > button").click()
    page.locator("#input-output_format").get_by_text("png").click()
    page.locator("#input-webhook_secret input").fill("hush-xyzzy")
    page.wait_for_function("() => localStorage.getItem('flux-form')?.includes('png')")
    assert "xyzzy" not in page.evaluate("localStorage.getItem('flux-form')")
    page.add_init_script(SHOWN)
    page.reload()
    page.wait_for_function("() => window.shown")
    assert page.evaluate("shown") == ["kept over a reload", True]
    expect(page.locator("#input-prompt textarea")).to_have_value("kept over a reload")
    expect(page.locator("#input-seed input")).to_have_value("77")
    expect(page.locator("#input-output_format input[value=png]")).to_be_checked()
    assert page.locator("#input-webhook_secret input").input_value() == ""


LOSE = """addEventListener("DOMContentLoaded", () => new MutationObserver((_, observer) => {
  if (!document.documentElement.classList.contains("there")) return;
  observer.disconnect();
  const write = (name, text) => {
    const box = document.querySelector(`#input-${name} :is(textarea, input)`);
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, text);
    return box;
  };
  write("prompt", "");
  write("seed", "5").dispatchEvent(new Event("input", { bubbles: true }));
}).observe(document.documentElement, { attributes: true }));"""
"""When the page is shown: loses a value, as Gradio does on a busy machine while it still draws; types another one."""


def test_late_loss_of_a_restored_value(page: Page) -> None:
    """A restored value that is lost after the page is shown comes back, but replaces nothing that was typed."""
    fill(page, prompt="kept over a reload", seed="77")
    page.wait_for_function("() => localStorage.getItem('flux-form')?.includes('77')")
    page.add_init_script(LOSE)
    page.reload()
    expect(page.locator("#input-prompt textarea")).to_have_value("kept over a reload")
    page.wait_for_function("() => JSON.parse(localStorage.getItem('flux-form')).seed === '5'")
    expect(page.locator("#input-seed input")).to_have_value("5")


def test_trigger_word(page: Page) -> None:
    """A trigger word that the prompt lacks can be added with a button."""
    page.wait_for_function("() => document.querySelector('#finetunes option')")
    fill(page, finetune_id="paper-hills", prompt="a harbour")
    page.locator("#trigger button").click()
    expect(page.locator("#input-prompt textarea")).to_have_value("PAPER a harbour")
    expect(page.locator("#trigger")).to_have_count(0)


def test_several_at_once(page: Page) -> None:
    """Several generations run at once; the latest stays on the stage, and each can be stopped."""
    for number in range(3):  # each another request: the same one pressed twice at once counts once
        fill(page, finetune_id="my-finetune", prompt=f"{number} of several #stuck", aspect_ratio="1:1")
        press(page)
    fill(page, prompt="one of several #stuck")
    latest = page.locator("#stage .frame").get_attribute("data-id")
    page.wait_for_timeout(600)
    assert page.locator("#stage .frame").get_attribute("data-id") == latest
    expect(page.locator("#strip .card.running")).to_have_count(3)
    page.locator("#strip .card.running").nth(2).click()
    expect(page.locator("#strip .card").nth(2)).to_have_attribute("aria-current", "true")
    assert page.locator("#input-prompt textarea").input_value() == "one of several #stuck"
    for _ in range(3):
        page.locator("#strip .card.running").first.click()
        before = page.locator("#strip .card.running").count()
        page.locator("#stage [data-act=stop]").click()
        expect(page.locator("#strip .card.running")).to_have_count(before - 1)


def test_keyboard(page: Page) -> None:
    """An image can be made, stopped and used again with the keyboard alone."""
    fill(page, finetune_id="my-finetune", prompt="by keyboard #stuck", seed="9", aspect_ratio="1:1")
    page.locator("#input-prompt textarea").press("Control+Enter")
    expect(page.locator("#stage .frame.waiting")).to_be_visible()
    page.locator("#generate").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#stage .frame.ending .head")).to_have_text("Stopped waiting")
    fill(page, prompt="another", seed="")
    page.locator("#strip .card[aria-current=true]").focus()
    page.keyboard.press("a")
    expect(page.locator("#input-seed input")).to_have_value("9")
    expect(page.locator("#input-prompt textarea")).to_have_value("by keyboard #stuck")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_offered_key_form_opens(page: Page) -> None:
    """The button of a rejected key opens the form for another key, and the form stays open."""
    generate(page, finetune_id="my-finetune", prompt="a mill #bad-key", aspect_ratio="1:1")
    page.locator(":is(#stage, #notice) [data-act=key]").click()
    expect(page.locator("#key")).to_be_focused()
    expect(page.locator("details.key")).to_have_attribute("open", "")
