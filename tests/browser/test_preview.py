"""The preview of a running task in a real browser."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Page, expect

from flux_playground.local import LocalServer

from ..app_process import running_quick
from ..page_actions import generate, image, load, read


def test_preview_while_waiting(page: Page) -> None:
    """The frame shows the preview of a running task, which is at its address only as long as the task runs."""
    generate(page, finetune_id="my-finetune", prompt="a mill #preview #reasoning #stuck", aspect_ratio="16:9")
    preview = page.locator("#stage .frame.waiting img.preview")
    expect(preview).to_have_js_property("complete", True)
    assert preview.evaluate("image => image.naturalWidth") > 0
    expect(page.locator("#stage .frame .mark")).to_have_text("Preview")
    expect(page.locator("#stage .line .state")).to_have_text("Reasoning")
    address = str(preview.evaluate("image => image.src"))
    assert read(address)[8:12] == b"WEBP"
    place, signature = address.partition("?")[0].rsplit("/", 1)
    with pytest.raises(HTTPError, match="404"):
        read(f"{place}/{signature[::-1]}")
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible()
    expect(preview).to_have_count(0)
    with pytest.raises(HTTPError, match="404"):
        read(address)


def test_image_after_a_preview(page: Page, tmp_path: Path, released: threading.Event) -> None:
    """The image replaces its preview."""
    with (
        LocalServer(speed=40, renderer="flat") as server,
        running_quick(tmp_path, BFL_API_KEY="a-key", FLUX_PLAYGROUND_BASE_URL=server.url) as url,
    ):
        load(page, url)
        generate(page, finetune_id="my-finetune", prompt="a mill #preview", aspect_ratio="16:9")
        expect(page.locator("#stage .frame.waiting img.preview")).to_be_visible()
        released.set()
        assert "/image/" in image(page)
        expect(page.locator("#stage .frame .mark")).to_have_count(0)
