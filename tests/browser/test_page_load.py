"""The files that the page loads, in which order, and which of them again."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from flux_playground.ui.gradio_patches.frontend_files import FIRST_LOAD, find_frontend_files, list_first_load

from ..app_process import running_quick
from ..page_actions import FLAGS, WINDOW, load, open_page, wait_for_held

PRELOAD = re.compile(r'<link rel="(?:modulepreload" crossorigin|stylesheet" disabled) href=[^>]*>')
FETCHED = """performance.getEntriesByType("resource")
  .filter((entry) => entry.name.includes("/assets/") && entry.transferSize > 0).map((entry) => entry.name)"""


def test_late_script(page: Page, address: str) -> None:
    """The page waits for a late script."""
    held: list[Route] = []
    page.goto("about:blank")
    page.route(re.compile(r"/assets/flux-\w+\.js"), lambda route: held.append(route))
    with page.expect_request_finished(lambda request: "/assets/index-" in request.url):
        page.goto(address, wait_until="commit")
    wait_for_held(page, held)
    expect(page.locator("#generate")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#generate")).to_be_visible()


def test_missing_root_path(context: BrowserContext, address: str) -> None:
    """Below a path that the program does not know, the page says which setting is missing."""
    page = context.new_page()
    below = re.compile(f"^{re.escape(address)}/?below/")
    page.route(below, lambda route: route.continue_(url=below.sub(f"{address.rstrip('/')}/", route.request.url)))
    page.goto(f"{address.rstrip('/')}/below/")
    expect(page.get_by_role("alert").filter(has_text="GRADIO_ROOT_PATH=/below")).to_be_visible()


def test_first_load_is_preloaded(context: BrowserContext, address: str) -> None:
    """The page links each file that it will request, and no other; a second visit fetches none of them again.

    If the files are others, run `python -m tests.browser.test_page_load`.
    """
    assert set(requested_files(context, address)) == set(list_first_load(find_frontend_files()))
    page = context.pages[0]
    assert len(page.evaluate(FETCHED)) > 20
    load(page, address)
    assert page.evaluate(FETCHED) == []


def requested_files(context: BrowserContext, url: str) -> list[str]:
    """The files of Gradio that the page requests and that Gradio's own HTML does not name, in order."""
    requests: list[str] = []
    html = PRELOAD.sub("", context.request.get(url).text())
    context.route(url, lambda route: route.fulfill(body=html, content_type="text/html"))
    context.on("request", lambda request: requests.append(request.url))
    open_page(context, url)
    context.unroute(url)
    names = [each.partition("/assets/")[2] for each in requests if re.search(r"/assets/[\w.-]+\.(?:js|css)$", each)]
    return [name for name in dict.fromkeys(names) if not name.startswith("flux-") and name not in html]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, running_quick(Path(place)) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        names = requested_files(chromium.new_context(**WINDOW), url)
        FIRST_LOAD.write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
        chromium.close()
