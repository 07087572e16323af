"""Chromium for the browser tests of a worker, and the tab that they share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ..page_actions import FLAGS, WINDOW, forget_visit, load


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for this folder; where there is none, the tests fail.

    It ends with the last test of the folder: while Playwright runs, no other test of the worker can use `asyncio.run`.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A new browser window: nothing stored, nothing cached."""
    window = browser.new_context(**WINDOW)
    yield window
    window.close()


@pytest.fixture(scope="package")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """The window that the tests share: with a warm cache, a load of the page takes a quarter of the CPU time."""
    window = browser.new_context(**WINDOW)
    yield window
    window.close()


@pytest.fixture(scope="module")
def tab(window: BrowserContext) -> Iterator[Page]:
    """A tab for the tests of a file. Chromium keeps some memory of each load of the page until the tab is closed."""
    tab = window.new_page()
    yield tab
    tab.close()


@pytest.fixture
def address(home: str) -> str:
    """The page at home that all tests share."""
    return home


@pytest.fixture
def page(tab: Page, address: str) -> Iterator[Page]:
    """The page of the file's `address`, ready, for a new visitor."""
    yield load(tab, address)
    forget_visit(tab)
