"""Files in an image field: each gets a message or a note as soon as it is chosen."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from tests.page_actions import generate

CONSTRUCTS = Path(__file__).parents[1] / "documents" / "constructs.yaml"
FORMAT = "Choose a JPEG, PNG or WebP file."


@pytest.fixture
def page(page: Page) -> Page:
    """The page with the image field open."""
    page.locator("#advanced > button").click()
    expect(page.locator("#field-image_prompt input[type=file]")).to_be_attached()
    return page


def encoded(kind: str, mode: str = "RGB", size: tuple[int, int] = (64, 48), frames: int = 1) -> bytes:
    """An image file of one color per frame."""
    file = io.BytesIO()
    images = [
        Image.new(mode, size, ((index * 40,) * len(mode)) if len(mode) > 1 else index * 40) for index in range(frames)
    ]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(file, kind, **more)
    return file.getvalue()


UNUSABLE = [
    ("photo.heic", "image/heic", b"\0\0\0\x18ftypheic" + bytes(64), FORMAT),
    ("drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", FORMAT),
    ("words.png", "image/png", b"not an image", FORMAT),
    ("paper.pdf", "application/pdf", b"%PDF-1.7", FORMAT),
    ("empty.png", "image/png", b"", FORMAT),
    ("cut.jpg", "image/jpeg", encoded("JPEG")[:400], "Choose another file."),
]
USABLE = [
    ("scan.tiff", "image/tiff", encoded("TIFF"), "64 × 48 px"),
    ("moving.gif", "image/gif", encoded("GIF", "L", frames=3), "Only the first frame is sent."),
    ("clear.png", "image/png", encoded("PNG", "LA", frames=1), "Transparent areas are sent as they are."),
    ("large.png", "image/png", encoded("PNG", "L", (9000, 5000)), "scaled down to 4096 px before it is sent"),
]


def choose_file(page: Page, name: str, kind: str, data: bytes) -> None:
    """Choose a file in the image field."""
    field = page.locator("#field-image_prompt input[type=file]")
    field.set_input_files(FilePayload(name=name, mimeType=kind, buffer=data))


def test_unusable_files(page: Page) -> None:
    """A file that cannot be sent gets a message at its field at once, and the next usable file takes it away."""
    for name, kind, data, message in UNUSABLE:
        choose_file(page, name, kind, data)
        expect(page.locator("#hint-image_prompt .fault"), name).to_contain_text(message)
        expect(page.locator("#hint-image_prompt .fault"), name).to_be_visible()
        choose_file(page, "usable.png", "image/png", encoded("PNG"))
        expect(page.locator("#hint-image_prompt .fault"), name).to_have_count(0)
        page.get_by_role("button", name="Remove Image").click()


def test_next_press_removes_a_rejected_file(page: Page) -> None:
    """A file that never came into its field does not hold back Generate; its message goes with the press."""
    choose_file(page, *UNUSABLE[3][:3])
    expect(page.locator("#hint-image_prompt .fault")).to_be_visible()
    generate(page, prompt="a mill #stuck")
    expect(page.locator("#hint-image_prompt .fault")).to_have_count(0)
    page.locator("[data-act=stop]").click()


def test_usable_files(page: Page) -> None:
    """An image gets its size and what is changed before it is sent."""
    for name, kind, data, note in USABLE:
        choose_file(page, name, kind, data)
        expect(page.locator("#hint-image_prompt .measure"), name).to_contain_text(note)
        expect(page.locator("#hint-image_prompt .fault"), name).to_have_count(0)
        page.get_by_role("button", name="Remove Image").click()
        expect(page.locator("#hint-image_prompt .measure"), name).to_have_count(0)


def test_several_dropped_files_name_the_used_one(page: Page) -> None:
    """A field for one image says which of several dropped files is used."""
    drop = """(field) => {
      const carried = new DataTransfer();
      for (const name of ["a.png", "b.png"]) carried.items.add(new File([""], name, { type: "image/png" }));
      const init = { dataTransfer: carried, bubbles: true, cancelable: true };
      field.querySelector(".image-list").dispatchEvent(new DragEvent("drop", init));
    }"""
    page.locator("#field-image_prompt").evaluate(drop)
    expect(page.locator("#hint-image_prompt .measure")).to_contain_text("Only a.png of 2 files is used.")


def test_svg_dropped_on_the_page_is_refused(page: Page) -> None:
    """An SVG dropped outside of the fields gets a sentence and changes nothing."""
    drop = """() => {
      const carried = new DataTransfer();
      carried.items.add(new File(["<svg xmlns='http://www.w3.org/2000/svg'/>"], "a.svg", { type: "image/svg+xml" }));
      document.querySelector("#stage").dispatchEvent(
        new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
    }"""
    page.evaluate(drop)
    expect(page.locator("dialog[open]")).to_contain_text("Open a JPEG, PNG or WebP file.")
