"""The small pictures in `docs/page.md`, one for each of its rows, made from the running page.

`python -m tests.shots_of_docs` writes `docs/page/*.png`, each under 60 KB.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from flux_playground.local import LocalServer
from tests.app_process import ROOT, running
from tests.browser.test_reproduction import PASTE
from tests.page_actions import FLAGS, READY, fill, generate, opened, picture

PLACE = ROOT / "docs" / "page"
WIDEST = 720
LARGEST = 60_000
PROMPT = "TOK lighthouse on a cliff at dawn, mist over the sea"


def keep(name: str, what: Page | Locator, tallest: int = 0) -> None:
    """A screenshot as a small PNG; only its upper part where it is too tall."""
    with Image.open(io.BytesIO(what.screenshot())) as shot:
        image = shot.convert("RGB")
    if tallest:
        image = image.crop((0, 0, image.width, min(image.height, tallest)))
    for width in (WIDEST, 600, 500, 420):
        small = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        chosen = image if image.width <= width else small
        chosen.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            PLACE / f"{name}.png", optimize=True
        )
        if (PLACE / f"{name}.png").stat().st_size < LARGEST:
            return
    raise AssertionError(f"{name} is too large")


def filled(page: Page, **values: str) -> None:
    """A form that is filled in as a person would."""
    fill(page, **{"finetune_id": "my-finetune", "prompt": PROMPT, "seed": "7", "aspect_ratio": "21:9", **values})


def forms(page: Page) -> None:
    """What stands at the left: the fields, JSON beside them, the trigger word, the seed's tools, the reasons."""
    filled(page)
    page.wait_for_timeout(500)
    keep("form", page.locator("#form"), 640)
    page.locator("#views [data-act=json]").click()
    expect(page.locator("#json")).to_have_value(re.compile("lighthouse"), timeout=READY)
    page.wait_for_timeout(400)
    keep("json", page.locator("#form"), 640)
    page.keyboard.press("Escape")
    page.locator("#json-view button").last.click()
    page.wait_for_timeout(400)
    filled(page, prompt="a lighthouse on a cliff", finetune_id="my-finetune")
    page.wait_for_timeout(400)
    keep("trigger", page.locator("#field-finetune_id"))
    page.locator("[data-act=lock]").click()
    page.wait_for_timeout(400)
    keep("seed", page.locator("#field-seed"))
    page.locator("[data-act=lock]").click()
    filled(page, finetune_id="", seed="abc", aspect_ratio="banana")
    page.locator("#generate").click()
    expect(page.locator("#notice .reasons")).to_be_visible(timeout=READY)
    keep("invalid", page.locator("#action"))
    filled(page)


def results(page: Page) -> None:
    """What stands at the right: waiting, several at once, the picture, and what can be done with it."""
    filled(page, prompt=f"{PROMPT} #slow", seed="")
    for _ in range(3):
        page.locator("#generate").click()
        page.wait_for_timeout(700)
    keep("waiting", page.locator("#result"))
    expect(page.locator("#strip .card.running")).to_have_count(0, timeout=90_000)
    generate(page, prompt=PROMPT, seed="7")
    picture(page)
    page.wait_for_timeout(800)
    keep("result", page.locator("#result"))
    page.locator("#stage [data-act=more]").click()
    page.locator("#stage [data-act=panel][data-what=code]").click()
    page.wait_for_timeout(900)
    keep("code", page.locator("#panel"), 460)
    page.locator("#stage [data-act=reproduce]").click()
    expect(page.locator("#panel .verdict")).to_be_visible(timeout=READY)
    page.wait_for_timeout(800)
    keep("reproduce", page.locator("#panel"), 460)
    page.locator("#stage details.details summary").click()
    keep("details", page.locator("#stage .details"), 420)


def ends(page: Page) -> None:
    """Ends without a picture, and one by stopping."""
    for name, word in (
        ("moderated", "#moderated-content"),
        ("uncertain", "#submit-cut"),
        ("expired", "#sample-expired"),
    ):
        generate(page, prompt=f"{PROMPT} {word}", seed="7")
        expect(page.locator("#stage .frame.ending")).to_be_visible(timeout=READY)
        keep(name, page.locator("#stage .frame"))
    generate(page, prompt=f"{PROMPT} #stuck", seed="7")
    page.locator("#stage [data-act=stop]").click()
    expect(page.locator("#stage .frame.ending")).to_be_visible(timeout=READY)
    keep("stopped", page.locator("#stage .frame"))


def sheets(page: Page) -> None:
    """A recall, the sheet of keys, and what a pasted recipe would change."""
    page.locator("#stage [data-act=recall][data-what=but-seed]").click()
    expect(page.locator("#notice .notice")).to_be_visible(timeout=READY)
    keep("recall", page.locator("#action"))
    fill(page, prompt="", seed="")
    sent = {"finetune_id": "my-finetune", "prompt": PROMPT, "seed": 7, "aspect_ratio": "16:9"}
    page.evaluate("document.activeElement.blur()")
    page.evaluate(PASTE, json.dumps({"flux_playground_recipe": 1, "sent": sent}))
    expect(page.locator("dialog.sheet[open]")).to_be_visible(timeout=READY)
    page.wait_for_timeout(400)
    keep("recipe", page.locator("dialog.sheet[open]"), 520)
    page.keyboard.press("Escape")
    page.locator("[data-act=keys]").click()
    page.wait_for_timeout(400)
    keep("keys", page.locator("#keys"))
    page.locator("#keys [data-act=close]").click()


def paid(browser: Browser, folder: Path) -> None:
    """What somebody who pays sees beside Generate, and when it goes wrong: the local server stands for the API."""
    with (
        LocalServer(speed=30) as server,
        running(folder, BFL_API_KEY="a-key-of-the-local-server", FLUX_PLAYGROUND_BASE_URL=server.url) as url,
    ):
        page = window(browser, url)
        filled(page)
        generate(page)
        picture(page)
        expect(page.locator("#price")).to_contain_text("then", timeout=READY)
        keep("cost", page.locator("#action"))
        ends(page)
        page.context.close()


def narrow(browser: Browser, url: str) -> None:
    """A phone, in the dark."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = opened(context, f"{url}?__theme=dark")
    page.locator("#result").evaluate("place => place.scrollIntoView()")
    page.wait_for_timeout(600)
    keep("narrow", page)
    context.close()


def window(browser: Browser, url: str) -> Page:
    """The page in a window of its own."""
    return opened(browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce"), url)


def main() -> None:
    """Make them all."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        paid(browser, Path(folder) / "paid")
        with running(Path(folder) / "free", FLUX_PLAYGROUND_LOCAL_SPEED="20") as url:
            page = window(browser, url)
            steps: tuple[Callable[[Page], None], ...] = (forms, results, sheets)
            for step in steps:
                step(page)
            narrow(browser, url)
        browser.close()


if __name__ == "__main__":
    main()
