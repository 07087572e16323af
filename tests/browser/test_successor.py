"""The note of a deprecated endpoint, and the switch to its successor, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from flux_playground.schema import facts
from flux_playground.settings import DEFAULT_ENDPOINT
from tests.page_actions import fill, has, image, load, press

SUCCESSOR = facts(DEFAULT_ENDPOINT).successor
NOTE = "details.legacy:not([hidden])"


def switch_to_successor(page: Page) -> None:
    """Press the button of the note and wait for the other form."""
    page.locator(f"{NOTE} > summary").click()
    page.locator(f"{NOTE} [data-act=successor]").click()
    expect(page.locator("#field-width")).to_be_visible()
    expect(page.locator("#form")).not_to_have_attribute("aria-busy", "true")


def test_switch_carries_form(page: Page, address: str) -> None:
    """The successor gets the form's values, makes the image, and stays after a reload."""
    fill(page, prompt="a mill by the sea", finetune_id="acme/ink-1", seed="7", aspect_ratio="4:3")
    switch_to_successor(page)
    assert page.locator("#endpoint").input_value() == SUCCESSOR
    expect(page.locator("#notice .unfit")).to_contain_text("aspect_ratio has no field here")
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill by the sea")
    expect(page.locator("#input-finetune_id input")).to_have_value("acme/ink-1")
    expect(page.locator("#input-seed input")).to_have_value("7")
    expect(page.locator(NOTE)).to_have_count(0)
    press(page)
    image(page)
    page.locator("#stage details.details summary").click()
    expect(page.locator("#stage .details")).to_contain_text(SUCCESSOR)
    expect(page.locator("#stage .details")).to_contain_text("acme/ink-1")
    load(page, page.url)
    expect(page.locator("#field-width")).to_be_visible()
    expect(page.locator("#input-finetune_id input")).to_have_value("acme/ink-1")
    assert page.locator("#endpoint").input_value() == SUCCESSOR


def test_endpoints_of_one_form(page: Page) -> None:
    """Another endpoint with the same fields keeps the form as it is, also after a reload, and gets the request."""
    switch_to_successor(page)
    other = "/v1/flux-2-klein-base-4b-finetuned"
    fill(page, prompt="a barn", finetune_id="my-lora")
    page.select_option("#endpoint", other)
    expect(page).to_have_url(has("klein-base-4b"))
    expect(page.locator("#input-prompt textarea")).to_have_value("a barn")
    page.wait_for_function("path => (sessionStorage['flux-form' + path] || '').includes('a barn')", arg=other)
    load(page, page.url)
    expect(page.locator("#input-prompt textarea")).to_have_value("a barn")
    expect(page.locator("#input-finetune_id input")).to_have_value("my-lora")
    press(page)
    image(page)
    page.locator("#stage details.details summary").click()
    expect(page.locator("#stage .details")).to_contain_text(other)


def test_note_can_be_hidden(page: Page, address: str) -> None:
    """A hidden note stays hidden for its endpoint; nothing moves, and Generate is in a small window."""
    page.set_viewport_size({"width": 1366, "height": 768})
    place = page.locator("#generate").bounding_box()
    assert place is not None
    assert place["y"] + place["height"] < 768
    page.locator(f"{NOTE} > summary").click()
    page.locator(f"{NOTE} [data-act=legacy]").click()
    expect(page.locator(NOTE)).to_have_count(0)
    assert page.locator("#generate").bounding_box() == place
    load(page, address)
    expect(page.locator(NOTE)).to_have_count(0)


def test_finetune_of_another_model(page: Page) -> None:
    """A finetune of another base model is reported at its field, and holds back one press."""
    fill(page, prompt="a mill")
    page.locator("[data-act=finetunes]").click()
    page.locator("#finetune-list [data-value='acme-studio/neon-signs']").click()
    fault = page.locator("#hint-finetune_id .fault")
    expect(fault).to_have_text("was trained for flux-2-klein-9b-kv. Its endpoint is /v1/flux-2-klein-9b-kv-finetuned.")
    page.locator("#generate").click()
    expect(page.locator("#input-finetune_id input")).to_be_focused()
    expect(page.locator(".toast.on")).to_have_text("Check the finetune, then press again.")
    switch_to_successor(page)
    expect(page.locator("#input-finetune_id input")).to_have_value("acme-studio/neon-signs")
    expect(fault).to_have_count(0)
    press(page)
    image(page)
    fill(page, finetune_id="paper-hills")
    expect(fault).to_have_text("was trained for FLUX.1. This endpoint needs flux-2-klein-9b-kv.")


def test_useful_range_of_strength(page: Page) -> None:
    """The slider offers the useful range of a strength without bounds; a number beyond it is sent as typed."""
    switch_to_successor(page)
    box, slider = (
        page.locator("#input-finetune_strength input"),
        page.locator("#field-finetune_strength .suggested input"),
    )
    expect(slider).to_have_value("1")
    slider.press("ArrowRight")
    expect(box).to_have_value("1.01")
    fill(page, prompt="a mill", finetune_strength="3.5")
    expect(slider).to_have_value("2")
    page.locator("#input-prompt textarea").click()
    expect(box).to_have_value("3.5")
    press(page)
    image(page)
    expect(page.locator("#stage .line")).to_contain_text("3.5")


def test_demo_has_a_fitting_finetune(page: Page) -> None:
    """The demo's finetune that the page has chosen is replaced by one that the other endpoint takes."""
    expect(page.locator("#input-finetune_id input")).to_have_value("my-finetune")
    switch_to_successor(page)
    expect(page.locator("#input-finetune_id input")).not_to_have_value("my-finetune")
    fill(page, prompt="a mill")
    press(page)
    image(page)


def test_error_has_its_label(page: Page) -> None:
    """An error in the form of another endpoint is listed with the label of its field."""
    switch_to_successor(page)
    fill(page, prompt="a mill", width="10")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_contain_text("Width must be at least 64")
    expect(page.locator("#hint-width .fault")).to_be_visible()
