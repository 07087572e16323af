"""Images in an image field: what is said as soon as they are there."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from ..app_process import running
from ..page_actions import READY, opened

CONSTRUCTS = Path(__file__).parents[1] / "documents" / "constructs.yaml"
FORMAT = "Choose a JPEG, PNG or WebP file."


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page of the local demo."""
    with running(tmp_path_factory.mktemp("images")) as url:
        yield url


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    """The page in a new window, with the image field open."""
    page = opened(context, address)
    page.locator("#advanced > button").click()
    expect(page.locator("#input-image_prompt input[type=file]")).to_be_attached()
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


@pytest.mark.parametrize(
    ("name", "kind", "data", "sentence"),
    [
        ("photo.heic", "image/heic", b"\0\0\0\x18ftypheic" + bytes(64), FORMAT),
        ("drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>", FORMAT),
        ("words.png", "image/png", b"not an image", FORMAT),
        ("paper.pdf", "application/pdf", b"%PDF-1.7", FORMAT),
        ("empty.png", "image/png", b"", FORMAT),
        ("cut.jpg", "image/jpeg", encoded("JPEG")[:400], "Choose another file."),
    ],
)
def test_unusable_file_is_named_at_once(page: Page, name: str, kind: str, data: bytes, sentence: str) -> None:
    """A file that cannot be sent gets a sentence at its field before anything is sent."""
    file = {"name": name, "mimeType": kind, "buffer": data}
    page.locator("#input-image_prompt input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator("#hint-image_prompt .fault")).to_contain_text(sentence, timeout=READY)
    expect(page.locator("#hint-image_prompt .fault")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "kind", "data", "sentence"),
    [
        ("scan.tiff", "image/tiff", encoded("TIFF"), "64 × 48 px"),
        ("moving.gif", "image/gif", encoded("GIF", "L", frames=3), "Only the first frame is sent."),
        ("clear.png", "image/png", encoded("PNG", "LA", frames=1), "Transparent areas are sent as they are."),
        ("large.png", "image/png", encoded("PNG", "L", (9000, 5000)), "scaled down to 4096 px before it is sent"),
    ],
)
def test_usable_file_is_described(page: Page, name: str, kind: str, data: bytes, sentence: str) -> None:
    """An image gets its size and what becomes of it; the note goes with the image."""
    file = {"name": name, "mimeType": kind, "buffer": data}
    page.locator("#input-image_prompt input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator("#hint-image_prompt .measure")).to_contain_text(sentence, timeout=READY)
    expect(page.locator("#hint-image_prompt .fault")).to_have_count(0)


def test_several_dropped_files_name_the_used_one(page: Page) -> None:
    """A field for one image says which of several dropped files is used."""
    drop = """(field) => {
      const carried = new DataTransfer();
      for (const name of ["a.png", "b.png"]) carried.items.add(new File([""], name, { type: "image/png" }));
      const init = { dataTransfer: carried, bubbles: true, cancelable: true };
      field.querySelector("[data-testid=image] button").dispatchEvent(new DragEvent("drop", init));
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
    expect(page.locator("dialog[open]")).to_contain_text("Open a JPEG, PNG or WebP file.", timeout=READY)


def test_each_of_several_images_is_described(context: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A field for several images has a note for each image, and names the one that cannot be sent."""
    extra = {"FLUX_PLAYGROUND_OPENAPI": str(CONSTRUCTS), "FLUX_PLAYGROUND_ENDPOINT": "/v1/images"}
    with running(tmp_path_factory.mktemp("several"), **extra) as url:
        page = opened(context, url)
        files = page.locator("#input-input_images input[type=file]")
        contents = {"a.png": encoded("PNG"), "b.png": b"not an image"}
        files.set_input_files(
            [FilePayload(name=name, mimeType="image/png", buffer=data) for name, data in contents.items()]
        )
        expect(page.locator("#hint-input_images .measure")).to_contain_text("Image 1: 64 × 48 px", timeout=READY)
        expect(page.locator("#hint-input_images .fault")).to_contain_text("Image 2: This file is not an image.")


def test_note_of_a_refused_file_is_dropped(page: Page) -> None:
    """A file that is no image is refused at its field, and the note goes with the next press."""
    page.locator("#input-image_prompt input[type=file]").set_input_files(
        {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    expect(page.locator("#hint-image_prompt .fault")).to_contain_text("This file is not an image.")
    page.locator("#generate").click()
    expect(page.locator("#hint-image_prompt .fault")).to_have_count(0, timeout=READY)
