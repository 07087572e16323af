"""Prices of an endpoint with a price by size, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from flux_playground.local import LocalServer

from ..app_process import running_quick
from ..local.added_endpoint import with_endpoint
from ..page_actions import fill, generate, image, load

ENDPOINT = "/v1/flux-2-klein-4b"
INPUT = {"type": "string", "description": "Input image as base64"}
SIDE = {"type": "integer", "minimum": 64, "default": 0}


def test_price_follows_the_size(page: Page, tmp_path: Path) -> None:
    """The estimate follows size and images of the form and stays after an image; the details have the megapixels."""
    document = tmp_path / "document.json"
    fields = {"width": SIDE, "height": SIDE, "seed": {"type": "integer"}, "input_image": INPUT}
    document.write_text(json.dumps(with_endpoint(ENDPOINT, **fields).raw))
    source = tmp_path / "input.png"
    Image.new("L", (1500, 1400)).save(source)
    paid = {"BFL_API_KEY": "a-key-of-the-local-server", "FLUX_PLAYGROUND_ENDPOINT": ENDPOINT}
    with (
        LocalServer(document, speed=40, renderer="flat") as server,
        running_quick(
            tmp_path / "app", FLUX_PLAYGROUND_BASE_URL=server.url, FLUX_PLAYGROUND_OPENAPI=str(document), **paid
        ) as url,
    ):
        load(page, url)
        line = page.locator("#price")
        expect(line).to_contain_text("≈ 1.4 credits ($0.014), estimated")
        fill(page, width="2048", height="1536")
        expect(line).to_contain_text("≈ 1.6 credits ($0.016), estimated")
        page.locator("[data-act=count][data-value='2']").click()
        expect(line).to_have_text("2 images · ≈ 3.2 credits ($0.032), estimated")
        page.locator("[data-act=count][data-value='1']").click()
        generate(page, prompt="a mill")
        image(page)
        expect(line).to_contain_text("≈ 1.6 credits ($0.016), estimated")
        page.locator("#stage details.details summary").click()
        expect(page.locator("#stage .details")).to_contain_text("image 3 MP, input 0 MP")
        page.locator("#field-input_image input[type=file]").set_input_files(source)
        expect(line).to_contain_text("≈ 1.9 credits ($0.019), estimated")
        page.locator("#field-input_image [data-do=remove]").click()
        expect(line).to_contain_text("≈ 1.6 credits ($0.016), estimated")
        page.reload()
        expect(line).to_contain_text("≈ 1.6 credits ($0.016), estimated")  # the form survives a reload
