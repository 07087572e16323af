"""Numbers that are typed beyond their bounds, pasted text, and what is said about it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from ..hosted_page import HostedPage
from ..page_actions import fill, load


@pytest.mark.parametrize(
    ("typed", "shown", "hint"), [("5", "2", "Set to 2 (maximum)"), ("-1", "0", "Set to 0 (minimum)")]
)
def test_number_beyond_its_bounds(page: Page, typed: str, shown: str, hint: str) -> None:
    """A number beyond a slider's bounds is corrected with a hint, and the next press sends nothing."""
    fill(page, finetune_id="my-finetune", prompt="bounds", seed="")
    before = page.locator("#strip .card").count()
    box = page.locator("#field-finetune_strength input[type=number]")
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(typed)
    page.locator("#generate").click()
    expect(page.locator("#hint-finetune_strength .moved")).to_contain_text(hint)
    expect(box).to_have_value(shown)
    assert page.locator("#strip .card").count() == before
    page.locator("#generate").click()
    expect(page.locator("#strip .card")).to_have_count(before + 1)


def test_cleared_number(page: Page) -> None:
    """A number that is cleared gets its default again, visibly, and never 0."""
    box = page.locator("#field-finetune_strength input[type=number]")
    box.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.locator("#input-prompt textarea").click()
    expect(page.locator("#hint-finetune_strength .moved")).to_contain_text("default")
    expect(box).to_have_value("1.2")


def test_seed_minus_one_is_random(page: Page) -> None:
    """Seed -1, which other tools write for random, is sent as a random seed."""
    before = page.locator("#strip .card").count()
    fill(page, finetune_id="my-finetune", prompt="any seed", seed="-1")
    page.locator("#generate").click()
    expect(page.locator("#strip .card")).to_have_count(before + 1)
    expect(page.locator("#stage [data-seed]")).not_to_have_text("-1")


def test_pasted_text(page: Page) -> None:
    """Plain text that is pasted outside a field fills an empty prompt and opens nothing."""
    fill(page, prompt="")
    paste = """text => { const data = new DataTransfer(); data.setData("text/plain", text);
      document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true})); }"""
    page.evaluate("document.activeElement.blur()")
    page.evaluate(paste, "hello world")
    expect(page.locator("#input-prompt textarea")).to_have_value("hello world")
    page.evaluate("document.activeElement.blur()")
    page.evaluate(paste, "another text")
    expect(page.locator("#input-prompt textarea")).to_have_value("hello world")
    expect(page.locator("dialog.sheet")).to_have_count(0)


def test_example_has_undo(page: Page, hosted: HostedPage) -> None:
    """An example that replaces a typed prompt can be undone with the button of every other replacement."""
    load(page, hosted.url)  # examples are shown to a visitor without images
    fill(page, finetune_id="", prompt="my long prompt", seed="")
    page.locator("#stage [data-act=example]").first.click()
    expect(page.locator("#notice .notice")).to_contain_text("Example filled in.")
    expect(page.locator("#input-prompt textarea")).not_to_have_value("my long prompt")
    page.locator("#notice [data-act=undo]").click()
    expect(page.locator("#input-prompt textarea")).to_have_value("my long prompt")
    expect(page.locator("#input-finetune_id input, #input-finetune_id textarea").first).to_have_value("")


def test_buttons_that_replace_typed_values_have_undo(page: Page) -> None:
    """Dice and shapes keep a typed value for Undo; a value that a button has set goes without a notice."""
    fill(page, seed="77", aspect_ratio="5:4")
    for act, name, typed in (
        ("[data-act=dice]", "seed", "77"),
        ("[data-act=shape][data-value='1:1']", "aspect_ratio", "5:4"),
    ):
        box = page.locator(f"#input-{name} input, #input-{name} textarea").first
        expect(box).to_have_value(typed)
        page.locator(act).click()
        expect(box).not_to_have_value(typed)
        page.locator("#notice [data-act=undo]").click()
        expect(box).to_have_value(typed)
        expect(page.locator("#notice .notice")).to_contain_text("Form restored.")


def test_json_edits_have_one_undo(page: Page) -> None:
    """One Undo takes back all edits of the JSON in a row, and the errors of filled fields go."""
    fill(page, finetune_id="", prompt="from the form", seed="abc")
    page.locator("#generate").click()
    expect(page.locator("#hint-seed .fault")).to_be_visible()
    page.locator("#formtools [data-act=json]").click()
    box = page.locator("#json")
    expect(box).to_have_value(re.compile("from the form"))
    for prompt in ("first edit", "second edit"):
        box.fill(json.dumps({"finetune_id": "my-finetune", "prompt": prompt, "seed": 5}))
        expect(page.locator("#input-prompt textarea")).to_have_value(prompt)
    expect(page.locator("#hint-seed .fault")).to_be_hidden()
    expect(page.locator("#notice .reasons")).to_have_count(0)
    page.locator("#notice [data-act=undo]").click()
    expect(page.locator("#input-prompt textarea")).to_have_value("from the form")
    expect(page.locator("#input-seed input")).to_have_value("abc")
