"""Numbers that are typed beyond their bounds, pasted text, and what is said about it."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from ..hosted_page import HostedPage
from ..page_actions import clear_finetune, fill, load, wait_for_held


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
    """Undo takes back all that an example has replaced: prompt, finetune, and a strength from the slider."""
    load(page, hosted.url)  # examples are shown to a visitor without images
    fill(page, finetune_id="", prompt="my long prompt", seed="", finetune_strength="0.3")
    page.locator("#stage [data-act=example]").first.click()
    expect(page.locator("#notice .notice")).to_contain_text("Example filled in.")
    expect(page.locator("#input-prompt textarea")).not_to_have_value("my long prompt")
    strength = page.locator("#input-finetune_strength input").first
    expect(strength).to_have_value("1.2")
    page.locator("#notice [data-act=undo]").click()
    expect(page.locator("#input-prompt textarea")).to_have_value("my long prompt")
    expect(page.locator("#input-finetune_id input, #input-finetune_id textarea").first).to_have_value("")
    expect(strength).to_have_value("0.3")


def test_buttons_that_replace_typed_values_have_undo(page: Page) -> None:
    """Dice and shapes keep a typed value for Undo; a value that a button has set goes without a notice."""
    fill(page, seed="77", aspect_ratio="5:4")
    for act, name, typed in (
        ("[data-act=dice]", "seed", "77"),
        ("[data-act=shape][data-value='1:1']", "aspect_ratio", "5:4"),
        ("[data-act=swap]", "aspect_ratio", "5:4"),
    ):
        box = page.locator(f"#input-{name} input, #input-{name} textarea").first
        expect(box).to_have_value(typed)
        page.locator(act).click()
        expect(box).not_to_have_value(typed)
        page.locator("#notice [data-act=undo]").click()
        expect(box).to_have_value(typed)
        expect(page.locator("#notice .notice")).to_contain_text("Form restored.")


def test_json_edits_have_one_undo(page: Page) -> None:
    """One Undo takes back all JSON edits in a row. Errors of filled fields go, and come with the next press."""
    clear_finetune(page)
    fill(page, prompt="from the form", seed="abc")
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
    expect(box).to_have_value(re.compile("from the form"))
    page.locator("#generate").click()
    expect(page.locator("#hint-seed .fault")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    fill(page, prompt="while closed")
    page.locator("#formtools [data-act=json]").click()
    expect(box).to_have_value(re.compile("while closed"))


def test_press_waits_for_the_json(page: Page) -> None:
    """A press at once after an edit of the JSON sends the edited request; a fault in the JSON holds the press back."""
    fill(page, finetune_id="my-finetune", prompt="the old prompt", seed="1")
    page.evaluate("() => { const now = performance.now(); performance.now = () => now; }")  # a press waits for 5 s
    page.get_by_role("button", name="JSON: the request beside the form").click()
    expect(page.locator("#json")).to_have_value(re.compile("the old prompt"))
    edited = {"finetune_id": "my-finetune", "prompt": "the edited prompt", "seed": 556677}
    page.locator("#json").fill(json.dumps(edited))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stage [data-seed]")).to_have_text("556677")
    expect(page.locator("#stage .frame.image img")).to_have_attribute("alt", "the edited prompt")
    before = page.locator("#strip .card").count()
    page.locator("#json").fill('{"prompt": "x", ')
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("The JSON has a fault.")
    expect(page.locator("#json")).to_be_focused()
    page.locator("#generate").click()
    assert page.locator("#strip .card").count() == before
    page.locator("#json").fill(json.dumps({**edited, "seed": 556678}))
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stage [data-seed]")).to_have_text("556678")


def test_held_press_ends_with_a_change_of_the_form(page: Page) -> None:
    """A press that waits for the JSON is given up when the user changes the form meanwhile: nothing is sent late."""
    fill(page, finetune_id="my-finetune", prompt="the old prompt", seed="1")
    page.get_by_role("button", name="JSON: the request beside the form").click()
    expect(page.locator("#json")).to_have_value(re.compile("the old prompt"))
    before, held = page.locator("#strip .card").count(), []

    def hold(route: Route) -> None:
        if "fromjson" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/gradio_api/**", hold)
    page.locator("#json").fill(json.dumps({"finetune_id": "my-finetune", "prompt": "edited", "seed": 5}))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Applying the JSON first")
    fill(page, prompt="changed meanwhile")
    wait_for_held(page, held)
    for route in held:
        route.continue_()
    expect(page.locator("#input-seed input")).to_have_value("5")
    page.wait_for_function("() => new Promise((ended) => setTimeout(() => ended(true), 300))")
    assert page.locator("#strip .card").count() == before
