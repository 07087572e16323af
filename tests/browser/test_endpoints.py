"""Several endpoints in a real browser: the choice, what is carried over, and the request as JSON beside the form."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from flux_playground.schema.document import BUNDLED_DOCUMENT
from tests.app_process import running_quick
from tests.page_actions import choose_from, fill, has, image, load, press

CONSTRUCTS = Path(__file__).parents[1] / "documents" / "constructs.yaml"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running program, with a document of several endpoints."""
    extra = {"FLUX_PLAYGROUND_OPENAPI": str(CONSTRUCTS), "FLUX_PLAYGROUND_ENDPOINT": "/v1/plain"}
    with running_quick(tmp_path_factory.mktemp("endpoints"), **extra) as url:
        yield url


def choose(page: Page, path: str, field: str) -> None:
    page.select_option("#endpoint", path)
    expect(page.locator(f"#field-{field}")).to_be_visible()


def test_switch_endpoint(page: Page, address: str) -> None:
    """Another endpoint takes the values that fit, names the others, and is part of the link."""
    fill(page, text="much too long", huge=str(2**70))
    choose(page, "/v1/nullable", "must_say")
    expect(page.locator("#notice .unfit")).to_contain_text("huge has no field here")
    expect(page.locator("#notice .unfit")).to_contain_text("at most 9 characters")
    expect(page).to_have_url(has("endpoint=%2Fv1%2Fnullable"))
    choose(page, "/v1/plain", "huge")
    assert page.locator("#input-huge input").input_value() == str(2**70)
    assert page.locator("#input-text textarea").input_value() == "much too long"
    expect(page).not_to_have_url(has("endpoint"))
    page.goto(address + "?endpoint=/v1/only_hooked")
    expect(page.locator("#field-prompt")).to_be_visible()
    assert page.locator("#endpoint").input_value() == "/v1/only_hooked"
    fill(page, prompt="a mill")
    press(page)
    image(page)
    page.locator("#stage details.details summary").click()
    expect(page.locator("#stage .details")).to_contain_text("/v1/only_hooked")


def test_json_editor(page: Page) -> None:
    """Form and JSON follow each other; invalid JSON stays in the box, and its error has a position."""
    fill(page, text="a fox", huge=str(2**70))
    page.locator("#input-secret input").fill("hush")
    page.get_by_role("button", name="JSON: the request beside the form").click()
    box = page.locator("#json")
    expect(box).to_have_value(re.compile("a fox"))
    start = {"kind": "plain", "ratio": "16:9", "height": 1024, "share": 0.5, "switch": True, "steps": 4}
    hidden = "(secret, as in the form)"
    sent = {**start, "text": "a fox", "huge": 2**70, "format_with_default": "png", "secret": hidden}
    assert json.loads(box.input_value()) == sent
    box.fill(json.dumps({"text": "an owl", "count": 3, "steps": 8, "kind": "plain", "secret": hidden}))
    expect(page.locator("#input-text textarea")).to_have_value("an owl")
    expect(page.locator("#input-count input")).to_have_value("3")
    expect(page.locator("#input-huge input")).to_have_value("")
    expect(page.locator("#input-secret input")).to_have_value("hush")
    box.fill('{"text": "an owl",\n "count": }')
    expect(page.locator("#json-state")).to_contain_text("Line 2, column 11")
    assert box.input_value() == '{"text": "an owl",\n "count": }'
    expect(page.locator("#input-count input")).to_have_value("3")


def test_replace_document(page: Page, tmp_path: Path) -> None:
    """The owner can replace the API document; an invalid one changes nothing."""
    newer = tmp_path / "newer.json"
    text = BUNDLED_DOCUMENT.read_text()
    newer.write_text(text.replace('"title": "Aspect Ratio"', '"maxLength": 9, "title": "Aspect Ratio"'))
    assert newer.read_text() != text
    with running_quick(tmp_path / "run") as url:
        load(page, url)
        choose_from(page, "menu", "schema")
        page.set_input_files("#document-file", {"name": "no.json", "mimeType": "text/plain", "buffer": b"{"})
        expect(page.locator("#adopted")).to_contain_text("no.json is not valid JSON")
        expect(page.locator("#generate")).to_be_visible()
        page.set_input_files("#document-file", newer)
        expect(page.locator("#adopted")).to_contain_text("aspect_ratio: longest none → 9")
        page.wait_for_function("() => performance.getEntriesByType('navigation')[0].type === 'reload'")
        expect(page.locator("#adopted")).to_contain_text("aspect_ratio: longest none → 9")
        expect(page.locator("#about-aspect_ratio")).to_contain_text("up to 9 characters")


def test_copied_settings_choose_endpoint(page: Page) -> None:
    """The settings of an image choose the endpoint that made it."""
    choose(page, "/v1/only_hooked", "prompt")
    fill(page, prompt="a mill by the sea")
    press(page)
    image(page)
    choose(page, "/v1/plain", "huge")
    choose_from(page, "reuse", "recall", what="all")
    expect(page.locator("#field-prompt")).to_be_visible()
    expect(page.locator("#input-prompt textarea")).to_have_value("a mill by the sea")
    expect(page.locator("#notice")).to_contain_text("Settings copied.")
    assert page.locator("#endpoint").input_value() == "/v1/only_hooked"


def test_images_stay_with_json(page: Page, tmp_path: Path) -> None:
    """Images stay in the form when the JSON changes, and all of them are sent."""
    for name, colour in (("one", "red"), ("two", "blue")):
        Image.new("RGB", (64, 48), colour).save(tmp_path / f"{name}.png")
    choose(page, "/v1/images", "input_images")
    page.locator("#field-input_images input[type=file]").set_input_files([tmp_path / "one.png", tmp_path / "two.png"])
    expect(page.locator("#field-input_images img")).to_have_count(2)
    page.locator("#field-input_image input[type=file]").set_input_files(tmp_path / "one.png")
    expect(page.locator("#field-input_image img")).to_be_visible()
    page.get_by_role("button", name="JSON: the request beside the form").click()
    box = page.locator("#json")
    expect(box).to_have_value(re.compile("input_images"))
    given = json.loads(box.input_value())
    box.fill(json.dumps({**given, "prompt": "both of them"}))
    expect(page.locator("#input-prompt textarea")).to_have_value("both of them")
    expect(page.locator("#field-input_images img")).to_have_count(2)
    press(page)
    expect(page.locator("#stage .details")).to_contain_text("both of them")
    image(page)
    page.locator("#stage details.details summary").click()
    assert page.locator("#stage .details").inner_text().count("sha256:") == 3


def test_each_of_several_images_is_described(page: Page) -> None:
    """A field for several images has a note for each image, and names the one that cannot be sent."""
    choose(page, "/v1/images", "input_images")
    png = io.BytesIO()
    Image.new("RGB", (64, 48)).save(png, "PNG")
    contents = {"a.png": png.getvalue(), "b.png": b"not an image"}
    page.locator("#field-input_images input[type=file]").set_input_files(
        [FilePayload(name=name, mimeType="image/png", buffer=data) for name, data in contents.items()]
    )
    expect(page.locator("#field-input_images li").first).to_contain_text("64 × 48")
    expect(page.locator("#hint-input_images .fault")).to_contain_text("Image 2: This file is not an image.")


def test_page_begins_at_top(page: Page) -> None:
    """The page begins at its top with any number of endpoints."""
    box = page.locator("#head").bounding_box()
    assert box is not None
    assert box["y"] <= 32
