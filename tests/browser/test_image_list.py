"""Several images in a form: added, moved, removed, named by an address, and sent."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.app_process import running_quick
from tests.image_shapes import ADDRESS
from tests.page_actions import choose_from, fill, image

SHAPES = Path(__file__).parents[1] / "documents" / "image-shapes.yaml"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The running program, with images in every shape."""
    extra = {"FLUX_PLAYGROUND_OPENAPI": str(SHAPES), "FLUX_PLAYGROUND_ENDPOINT": "/v1/flux-3-image"}
    with running_quick(tmp_path_factory.mktemp("shapes"), **extra) as url:
        yield url


@pytest.fixture
def page(page: Page) -> Page:
    """The page with the images, which are not among the advanced fields."""
    expect(page.locator(".field-images input[type=file]")).to_be_attached()
    return page


def file(number: int) -> FilePayload:
    """A file whose width says which one it is."""
    data = io.BytesIO()
    Image.new("RGB", (100 + number, 60), (number * 20, 90, 140)).save(data, "PNG")
    return FilePayload(name=f"{number}.png", mimeType="image/png", buffer=data.getvalue())


def tiles(page: Page, field: str = "images") -> Locator:
    """The images of a field, each with its size."""
    return page.locator(f"#field-{field} .image-list li[data-index]")


def add(page: Page, *files: FilePayload, field: str = "images") -> None:
    """Choose files for a field."""
    page.locator(f"#field-{field} input[type=file]").set_input_files(list(files))


def expect_widths(page: Page, *widths: str) -> None:
    """The images have these widths in their order; an address is "URL"."""
    expect(page.locator(".field-images li small")).to_have_text([re.compile(rf"^{width}\b") for width in widths])


def test_ten_images(page: Page) -> None:
    """Ten images are added, two removed, one moved by the keyboard and one added by its address; all are sent."""
    add(page, *(file(number) for number in range(10)))
    expect(tiles(page)).to_have_count(10)
    expect(page.locator(".field-images .count-note")).to_have_text("10 of 10")
    expect(page.get_by_role("button", name="Add images")).to_be_disabled()
    expect(page.locator(".field-images li small", has_text="109 × 60")).to_be_visible()
    page.get_by_role("button", name="Remove image 10").click()
    page.get_by_role("button", name="Remove image 4").click()
    page.get_by_role("button", name="Move image 2 left").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move image 1 right")).to_be_focused()
    page.get_by_role("button", name="Add URL").click()
    page.keyboard.type("http://example.org/a.png")
    page.keyboard.press("Enter")
    expect(page.locator(".image-list .address p")).to_contain_text("begins with https://")
    page.get_by_label("Image URL").fill(ADDRESS)
    page.keyboard.press("Enter")
    expect(tiles(page)).to_have_count(9)
    expect_widths(page, "101", "100", "102", "104", "105", "106", "107", "108", "URL")
    fill(page, prompt="a mill")
    page.locator("#generate").click()
    image(page)
    page.locator("#stage details.details summary").click()
    sent = json.loads(page.locator("#stage .details pre").inner_text())
    assert [text[:7] for text in sent["images"]] == ["sha256:"] * 8 + ["https:/"]
    page.get_by_role("button", name="Remove image 1").click()
    expect(tiles(page)).to_have_count(8)
    choose_from(page, "reuse", "recall", what="all")
    expect(tiles(page)).to_have_count(9)
    choose_from(page, "reuse", "asimage")
    expect(tiles(page)).to_have_count(10)


def test_dragged_image_changes_its_place(page: Page) -> None:
    """An image that is dropped on another one takes its place."""
    add(page, *(file(number) for number in range(3)))
    expect(page.locator(".field-images li small", has_text="102 × 60")).to_be_visible()
    tiles(page).nth(2).drag_to(tiles(page).nth(0))
    expect(tiles(page).nth(0)).to_contain_text("102 × 60")
    expect_widths(page, "102", "100", "101")


def test_bad_files_beside_good_ones(page: Page) -> None:
    """A file that is no image is named and left out; one that only says it is an image is marked at its place."""
    paper = FilePayload(name="paper.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7")
    words = FilePayload(name="words.png", mimeType="image/png", buffer=b"no image")
    add(page, file(1), paper, words, file(2))
    expect(tiles(page)).to_have_count(3)
    faults = page.locator("#hint-images .fault")
    expect(faults).to_contain_text([re.compile("paper.pdf is not an image"), re.compile("Image 2: ")])
    expect(page.locator(".field-images li.wrong")).to_have_count(1)
    before = page.locator("#history .card").count()
    fill(page, prompt="a mill")
    page.locator("#generate").click()
    expect(page.locator("#hint-images .fault")).to_contain_text(["item 2"])
    assert page.locator("#history .card").count() == before
    page.get_by_role("button", name="Remove image 2").click()
    expect(tiles(page)).to_have_count(2)
    expect(page.locator("#hint-images .fault:visible")).to_have_count(0)
    page.locator("#generate").click()
    image(page)


def test_too_many_files(page: Page) -> None:
    """Files beyond the limit are named; the others are taken."""
    add(page, *(file(number) for number in range(12)))
    expect(tiles(page)).to_have_count(10)
    expect(page.locator("#hint-images .fault")).to_contain_text("At most 10 images. Not added: 10.png, 11.png.")


def test_dropped_and_pasted_files(page: Page) -> None:
    """Files that are dropped on the field or pasted into it are added."""
    carry = """(list, kind) => {
      const carried = new DataTransfer();
      for (const name of ["a.png", "b.png"]) {
        carried.items.add(new File([kind + name], name, { type: "image/png" }));
      }
      const init = { bubbles: true, cancelable: true };
      list.dispatchEvent(kind === "drop" ? new DragEvent("drop", { ...init, dataTransfer: carried })
        : new ClipboardEvent("paste", { ...init, clipboardData: carried }));
    }"""
    page.locator(".field-images .image-list").evaluate(carry, "drop")
    expect(tiles(page)).to_have_count(2)
    page.locator(".field-images .image-list").evaluate(carry, "paste")
    expect(tiles(page)).to_have_count(4)


def test_objects_with_a_limit_below(page: Page) -> None:
    """The least number of images is shown, and Generate enforces it."""
    page.select_option("#endpoint", "/v1/list")
    expect(page.locator("#field-input_images")).to_be_attached()
    expect(page.get_by_role("button", name="Add URL")).to_have_count(0)
    add(page, file(1), field="input_images")
    expect(page.locator(".count-note")).to_have_text("1 of 4, at least 2")
    fill(page, prompt="a mill")
    page.locator("#generate").click()
    expect(page.locator("#hint-input_images .fault")).to_be_visible()
