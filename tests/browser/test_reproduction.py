"""Recipes in a real browser: what is dropped, pasted, linked, made again, and offered because it is there already."""

from __future__ import annotations

import base64
import io
import json
import re
import urllib.request
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Page, expect

from tests.page_actions import choose_from, fill, forget_visit, generate, has, image, load, read, sent_seed
from tests.waiting import WAIT_SECONDS

DROP = """([data, name, type]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], name, { type }));
  const how = { bubbles: true, cancelable: true, dataTransfer };
  for (const kind of ["dragover", "drop"]) document.querySelector("#result").dispatchEvent(new DragEvent(kind, how));
}"""
PASTE = """(text) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
}"""


def made(page: Page, **values: str) -> str:
    """An image of a small shape; gives its address."""
    generate(page, **{"finetune_id": "my-finetune", "aspect_ratio": "1:1", "seed": "", **values})
    return image(page)


def drop(page: Page, data: bytes, name: str, kind: str) -> None:
    """Drop a file on the page and wait for what the page says of it."""
    page.evaluate(DROP, [base64.b64encode(data).decode(), name, kind])
    expect(page.locator("dialog.sheet[open]")).to_be_visible()


def table(page: Page) -> dict[str, tuple[str, str]]:
    """What would change: now and then, by the field's label."""
    rows = page.locator("dialog.sheet[open] tbody tr").all()
    return {row.locator("th").inner_text(): tuple(row.locator("td").all_inner_texts()) for row in rows}  # type: ignore[misc]


def test_dropped_copy(page: Page, address: str) -> None:
    """A dropped copy shows what would change before it changes anything, with Undo."""
    made(page, prompt="a mill to come back to")
    seed = sent_seed(page)
    copied = page.locator("#stage .more a", has_text="Download with settings embedded").get_attribute("href")
    fill(page, prompt="something else", seed="7")
    drop(page, read(address + str(copied)), "copy.jpg", "image/jpeg")
    assert table(page) == {"Prompt": ("something else", "a mill to come back to"), "Seed": ("7", seed)}
    assert page.locator("#input-prompt textarea").input_value() == "something else"
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill to come back to")
    expect(page.locator("#input-seed input")).to_have_value(seed)
    expect(page.locator("dialog.sheet")).to_have_count(0)
    page.locator("#notice [data-act=undo]").click()
    expect(page.locator("#input-prompt textarea")).to_have_value("something else")
    expect(page.locator("#input-seed input")).to_have_value("7")


def test_dropped_image(page: Page) -> None:
    """An original is recognized by its hash; an unknown image is offered as image prompt."""
    original = made(page, prompt="kept as it came")
    fill(page, prompt="")
    drop(page, read(original), "anything.jpg", "image/jpeg")
    expect(page.locator("dialog.sheet h2")).to_have_text("Your image")
    assert table(page)["Prompt"] == ("empty", "kept as it came")
    page.get_by_role("button", name="Cancel").click()
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "crimson").save(file, "GIF")
    drop(page, file.getvalue(), "found.gif", "image/gif")
    expect(page.locator("dialog.sheet[open]")).to_contain_text("It has no settings")
    page.get_by_role("button", name="Use as image prompt").click()
    page.locator("#advanced > button").click()
    expect(page.locator("#field-image_prompt img")).to_be_visible()
    page.locator("#notice [data-act=undo]").click()
    expect(page.locator("#field-image_prompt img")).to_have_count(0)


def test_shared_link(page: Page) -> None:
    """A link with settings fills an untouched form at once, with Undo, and starts nothing."""
    fill(page, finetune_id="my-finetune", prompt="linked & shared 🪁", seed="18446744073709551615")
    page.get_by_role("button", name="Share / code").click()
    link = page.get_by_label("Link to these settings")
    expect(link).to_have_value(re.compile("^http://127.*recipe=1$"))
    shared = link.input_value()
    forget_visit(page)
    page.goto(shared)
    expect(page.locator("#notice")).to_contain_text("Settings loaded from the link. Undo")
    cards = page.locator("#strip .card").count()
    expect(page.locator("#input-prompt textarea")).to_have_value("linked & shared 🪁")
    expect(page.locator("#input-seed input")).to_have_value("18446744073709551615")
    assert page.locator("#strip .card").count() == cards
    expect(page).not_to_have_url(has("recipe="))


def test_reproduce_compares(page: Page) -> None:
    """A reproduced image is compared with the first one; a reload keeps the comparison."""
    first = made(page, prompt="a mill made again")
    choose_from(page, "more", "reproduce")
    expect(page.locator("#panel .verdict")).to_have_text("Identical file Every byte is the same.")
    assert read(image(page)) == read(first)
    page.reload()
    expect(page.locator("#panel .verdict b")).to_have_text("Identical file")


def test_reproduce_after_upsampling(page: Page) -> None:
    """An upsampled prompt is a caveat before Reproduce and the reason of a difference after it."""
    page.locator("#advanced > button").click()
    page.locator("#input-prompt_upsampling input").check()
    made(page, prompt="a cat")
    expect(page.locator("#stage .caveat")).to_contain_text("rewrites the prompt each time")
    page.locator("#stage details.details summary").click()
    used = page.locator("#stage .used ins").first
    expect(used).to_be_visible()
    page.get_by_role("button", name="Use this prompt without upsampling").click()
    expect(page.locator("#input-prompt textarea")).not_to_have_value("a cat")
    expect(page.locator("#input-prompt_upsampling input")).not_to_be_checked()
    choose_from(page, "more", "reproduce")
    expect(page.locator("#panel .panel[data-what=outcome]")).to_be_visible()
    expect(page.locator("#panel .changes, #panel .verdict").first).to_be_visible()


def test_pasted_recipe(page: Page, address: str) -> None:
    """A pasted recipe is shown as text, its unknown parts are named, and no other server is called."""
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    load(page, address)
    evil = "<img src=x onerror=alert(1)>"
    sent = {"finetune_id": evil, "prompt": evil, "aspect_ratio": "banana", evil: evil, "webhook_secret": "x"}
    recipe = {"flux_playground_recipe": 1, "sent": sent, "server": "https://evil.example", "endpoint": evil}
    page.evaluate(PASTE, json.dumps(recipe))
    sheet = page.locator("dialog.sheet[open]")
    expect(sheet).to_be_visible()
    assert table(page)["Prompt"][1] == evil
    expect(sheet).to_contain_text("1 not supported here")
    expect(sheet).to_contain_text("Made on https://evil.example. New images will use")
    expect(sheet).to_contain_text("Aspect ratio")
    assert page.locator("img[src=x]").count() == 0
    page.get_by_role("button", name="Apply", exact=True).click()
    expect(page.locator("#input-prompt textarea")).to_have_value(evil)
    assert page.locator("#input-aspect_ratio input").input_value() == "16:9"
    assert hosts - {urlsplit(address).netloc, ""} == set()


def test_pasted_nonsense(page: Page) -> None:
    """Text pasted into a field stays there; text that is no recipe gets a message."""
    page.locator("#input-prompt textarea").focus()
    page.evaluate(PASTE, "only words")
    page.wait_for_timeout(300)
    assert page.locator("dialog.sheet").count() == 0
    page.evaluate("document.activeElement.blur()")
    page.evaluate(PASTE, "{only words}")
    expect(page.locator("dialog.sheet[open]")).to_contain_text("no request could be read")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.sheet[open]")).to_have_count(0)


def test_existing_image_is_offered(page: Page) -> None:
    """A request that was made before, with the same seed, is offered instead of made again."""
    first = made(page, prompt="made once", seed="31")
    made(page, prompt="something else")
    fill(page, prompt="made once", seed="31")
    page.locator("#generate").click()
    expect(page.locator("#notice .offer")).to_contain_text("Already generated")
    cards = page.locator("#strip .card").count()
    page.get_by_role("button", name="Show it", exact=True).click()
    expect(page.locator(f'#stage img[src="{urlsplit(first).path.lstrip("/")}"]')).to_be_visible()
    assert page.locator("#strip .card").count() == cards
    page.locator("#generate").click()
    page.locator("#notice [data-act=insist]").click()
    expect(page.locator("#strip .card")).to_have_count(cards + 1)
    image(page)
    page.locator("#generate").click()
    page.locator("#notice [data-act=vary]").click()
    expect(page.locator("#strip .card")).to_have_count(cards + 2)
    expect(page.locator("#notice .offer")).to_have_count(0)
    image(page)
    assert sent_seed(page) != "31"


def test_recipe_and_code(page: Page, address: str) -> None:
    """An image shows its recipe and its code in each language, to its owner only."""
    made(page, prompt="shown as code", seed="5150")
    choose_from(page, "more", "panel", what="code")
    panel = page.locator("#panel .panel[data-what=code]")
    expect(panel).to_contain_text("Calls this page's demo server")
    for name, part in (
        ("curl", "x-key: $BFL_API_KEY"),
        ("Shell script", "#!/bin/sh"),
        ("Python", "import requests"),
        ("JSON", '"seed": 5150'),
    ):
        panel.get_by_role("tab", name=name, exact=True).click()
        expect(panel.get_by_role("tabpanel")).to_contain_text(part)
    choose_from(page, "more", "panel", what="recipe")
    shown = page.locator("#panel .panel[data-what=recipe]")
    expect(shown).to_be_visible()
    href = str(shown.get_by_role("link", name="Download").get_attribute("href"))
    with urllib.request.urlopen(address + href, timeout=WAIT_SECONDS) as answer:
        assert answer.headers["content-disposition"].endswith('.recipe.json"')
        assert json.loads(answer.read()) == json.loads(shown.locator("pre").inner_text())
    stranger = page.request.get(address + href[:-1] + ("0" if href[-1] != "0" else "1"))
    assert stranger.status == 404


def test_import_by_keyboard(page: Page) -> None:
    """A file with settings can be imported with the keyboard alone."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Import…").focus()
        page.keyboard.press("Enter")
    request = json.dumps({"prompt": "from a file", "seed": 12}).encode()
    chooser.value.set_files({"name": "request.json", "mimeType": "application/json", "buffer": request})
    expect(page.locator("dialog.sheet[open] h2")).to_have_text("Request")
    page.keyboard.press("Enter")
    expect(page.locator("#input-seed input")).to_have_value("12")
