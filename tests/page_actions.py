"""Actions in a real browser: open the page, fill it in, press Generate, wait for the image."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.waiting import WAIT_SECONDS

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
READY = 60_000
"""Milliseconds that a test waits for the page at most."""
WINDOW: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
"""A window without motion: the animation of a waiting image takes a whole core to draw."""

expect.set_options(timeout=READY)


def open_page(context: BrowserContext, address: str) -> Page:
    """Load the page in a new tab."""
    return load(context.new_page(), address)


def load(page: Page, address: str) -> Page:
    """Go to the address and wait until the page is ready."""
    page.set_default_timeout(READY)
    page.goto(address)
    expect(page.locator("#generate")).to_be_visible()
    page.wait_for_function("() => Boolean(window.flux?.send)")
    expect(page.locator("#history section")).to_be_attached()
    return page


def has(text: str) -> re.Pattern[str]:
    """Return the pattern of an address with this text."""
    return re.compile(re.escape(text))


def wait_for_held(page: Page, held: Sequence[Route]) -> None:
    """Let the page go on until a request is held."""
    deadline = time.monotonic() + READY / 1000
    while not held:
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def forget_visit(page: Page) -> None:
    """Make the tab as good as new: nothing stored, no routes, the size and media of `WINDOW`. The cache stays."""
    for tab in page.context.pages:
        if tab is not page:
            tab.close()
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); Storage.prototype.setItem = () => {}; }")
    page.goto("about:blank")
    page.unroute_all()
    page.context.clear_cookies()
    page.set_viewport_size(WINDOW["viewport"])
    page.emulate_media(color_scheme="light", reduced_motion=WINDOW["reduced_motion"])


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"#input-{name} textarea, #input-{name} input").first.fill(value)


def clear_finetune(page: Page) -> None:
    """Empty the field once the page has chosen a finetune of the account, which it does only once."""
    box = page.locator("#input-finetune_id input")
    expect(box).not_to_have_value("")
    box.fill("")


def press(page: Page) -> None:
    """Press Generate and wait until what it started is on the stage."""
    expect(page.locator("#stage .frame")).to_have_count(1)
    before = page.locator("#stage .frame").get_attribute("data-id")
    page.locator("#generate").click()
    expect(page.locator(f'#stage .frame:not([data-id="{before}"])')).to_be_visible()


def generate(page: Page, **values: str) -> None:
    """Fill in the form and start it."""
    fill(page, **values)
    press(page)


def image(page: Page) -> str:
    """Wait for the image; return its address."""
    image = page.locator("#stage .frame.image img")
    expect(image).to_be_visible()
    return str(image.evaluate("image => image.src"))


def choose_from(page: Page, menu: str, act: str, **data: str) -> None:
    """Choose an action of the menu `reuse` or `more` of the shown image, or of the page's own `menu`."""
    page.locator(f"details.{menu} > summary").first.click()
    attributes = "".join(f"[data-{name}={value}]" for name, value in data.items())
    page.locator(f"details.{menu} [data-act={act}]{attributes}").click()


def sent_seed(page: Page) -> str:
    return page.locator("#stage [data-seed]").inner_text()


def read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
        return bytes(answer.read())
