"""The search for a finetune in the regions of the local server, in a real browser."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from flux_playground.local import LocalServer

from ..app_process import running_quick
from ..local.requests_to_server import get
from ..page_actions import generate, image, load


def test_finetune_of_another_region(page: Page, tmp_path: Path) -> None:
    """After "Finetune not found" the page finds the finetune's region, uses it, and makes the image there."""
    with LocalServer(regions=2, dead_region="refuse", speed=40, renderer="flat", scale=0.1) as server:
        name = get(server.urls[1] + "/v1/my_finetunes").json()["finetunes"][0]
        settings = {"BFL_API_KEY": "a-key-of-the-local-server", "FLUX_PLAYGROUND_OPENAPI": f"{server.url}/openapi.json"}
        with running_quick(tmp_path / "app", **settings) as url:
            load(page, url)
            generate(page, finetune_id=name, prompt="a mill")
            page.locator("#stage [data-act=regions]").click()
            notice = page.locator("#notice")
            expect(notice).to_contain_text(f"{name} is at {urlsplit(server.urls[1]).netloc}.")
            expect(notice).to_contain_text(f"No clear response from {urlsplit(server.urls[2]).netloc}")
            notice.locator("[data-act=server]").click()
            page.locator("#generate").click()
            image(page)
