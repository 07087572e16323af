"""Screenshots of each state of the page, light and dark, wide and narrow.

`python -m scripts.screenshots` writes them and a contact sheet to `build/shots/`.
"""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from flux_playground.local import LocalServer
from tests.app_process import ROOT, running
from tests.page_actions import FLAGS
from tests.page_states import ENDINGS, UNDER_WAY

PLACE = ROOT / "build" / "shots"
SIZES = {
    "wide": (1440, 900),
    "narrow": (390, 844),
    "laptop": (1366, 768),
    "desktop": (1920, 1080),
    "large": (2560, 1440),
    "tablet": (1024, 768),
    "small": (320, 568),
}
FEW = ("wide", "narrow")
"""Sizes for the many states of a result."""
SCHEMES = ("light", "dark")
FROM_THE_TOP = ("empty", "invalid", "keys", "key", "advanced")
FROM_THE_PANEL = ("sweep",)
REPEAT_MILLISECONDS = 600
"""After it the same press is no double click."""

SHAPES = ("1:1", "3:2", "2:3", "21:9")
PROMPT = "TOK lighthouse on a cliff at dawn, mist over the sea, photographed from a small boat"


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """The page in a new window."""
    width, height = SIZES["wide"]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.wait_for_selector("#generate", state="attached")
    page.wait_for_function("() => Boolean(window.flux?.send)")
    page.wait_for_timeout(600)
    yield page
    context.close()


def keep(page: Page, name: str, sizes: Iterable[str] = FEW) -> list[Path]:
    """Save screenshots of the window in each scheme and size; in a narrow one, of the result.

    A load of the page takes a hundred times as long as a change of its size.
    """
    paths = []
    for size in sizes:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.evaluate("scheme => document.body.classList.toggle('dark', scheme === 'dark')", scheme)
            if width < 500 and name not in FROM_THE_TOP and not page.evaluate("document.documentElement.dataset.view"):
                place = ".sweep-panel" if name in FROM_THE_PANEL else "#result"
                page.locator(place).evaluate("place => place.scrollIntoView()")
            else:
                page.evaluate("scrollTo(0, 0)")
            page.wait_for_timeout(200)
            paths.append(PLACE / f"{name}-{size}-{scheme}.png")
            page.screenshot(path=paths[-1])
    page.set_viewport_size({"width": SIZES["wide"][0], "height": SIZES["wide"][1]})
    page.evaluate("() => { document.body.classList.remove('dark'); scrollTo(0, 0); }")
    return paths


def fill(page: Page, prompt: str = PROMPT, finetune: str = "my-finetune", seed: str = "", shape: str = "16:9") -> None:
    """Fill in the form."""
    values = {"finetune_id": finetune, "prompt": prompt, "seed": seed, "aspect_ratio": shape}
    for name, value in values.items():
        page.locator(f"#input-{name} textarea, #input-{name} input").first.fill(value)


def selected_id(page: Page) -> str:
    """The id of the generation that the page shows."""
    return page.locator("#stage .frame").get_attribute("data-id") or ""


def start(page: Page) -> str:
    """Press Generate; return the id of the new generation."""
    before = selected_id(page)
    page.wait_for_timeout(REPEAT_MILLISECONDS)
    page.locator("#generate").click()
    page.wait_for_selector(f'#stage .frame:not([data-id="{before}"])')
    return selected_id(page)


def make_endings(page: Page, words: dict[str, str]) -> dict[str, str]:
    """Make a generation for each failure, one after the other; return their ids."""
    made = {}
    for name, word in words.items():
        fill(page, f"{PROMPT} {word}".strip(), seed="7")
        if name == "upsampled":
            page.locator("#advanced > button").click()
            page.locator("#input-prompt_upsampling input").check()
        made[name] = start(page)
        page.wait_for_selector(f'#stage .frame[data-id="{made[name]}"]:not(.waiting)')
        if name == "upsampled":
            page.locator("#input-prompt_upsampling input").uncheck()
            page.locator("#advanced > button").click()
    return made


def make_history(page: Page) -> None:
    """Make a few images for the history."""
    examples = json.loads((ROOT / "assets" / "examples.json").read_text(encoding="utf-8"))
    prompts = [example["settings"]["prompt"] for example in examples[1:]]
    for prompt, shape in zip(
        [*prompts, "A mill by a river at noon", "A night train through a forest"], SHAPES, strict=True
    ):
        fill(page, prompt, shape=shape)
        one = start(page)
        page.wait_for_selector(f'#stage .frame.image[data-id="{one}"] img')


def make_sweep(page: Page) -> str:
    """Make a sheet of three strengths and two seeds; return the id of the sweep."""
    fill(page, seed="7")
    page.locator("#formtools [data-act=sweep]").click()
    add_axis = page.locator("[data-act=sweep-add]")
    for number, (field, text) in enumerate((("finetune_strength", "0, 0.8, 1.6"), ("seed", "7, 8"))):
        if number:
            add_axis.click()
        axis = page.locator(".sweep-panel .axes > li").nth(number)
        axis.locator(f"option[value={field}]").wait_for(state="attached")
        axis.locator("[name=field]").select_option(field)
        axis.locator("textarea").fill(text)
    page.get_by_role("button", name="Make 6 images").click()
    page.wait_for_selector('#sheet header[data-active=""]')
    return parse_qs(urlsplit(page.url).query)["sheet"][0]


def show(page: Page, generation: str) -> None:
    """Show a generation of the history."""
    page.evaluate("id => window.flux.send('show', { id })", generation)
    page.wait_for_selector(f'#stage .frame[data-id="{generation}"]')


def shoot_states(browser: Browser, url: str, made: dict[str, str]) -> list[Path]:
    """Each state of a result."""
    with opened(browser, url) as page:
        paths = []
        for name, one in made.items():
            show(page, one)
            paths += keep(page, name, SIZES if name == "ready" else FEW)
        fill(page, "", finetune="", seed="abc", shape="banana")
        page.locator("#generate").click()
        page.wait_for_selector("#notice .reasons")
        paths += keep(page, "invalid", SIZES)
        fill(page, f"{PROMPT} #stuck", shape="1:1")
        waiting = [start(page) for _ in range(4)]
        page.wait_for_timeout(900)
        paths += keep(page, "queued")
        show(page, waiting[0])
        paths += keep(page, "several")
        for name, one in zip(("unsent", "unsent", "", "stopped"), reversed(waiting), strict=True):
            show(page, one)
            page.locator("#stage [data-act=stop]").click()
            page.wait_for_selector(f'#stage .frame.ending[data-id="{one}"]')
            paths += keep(page, name) if name else []
        for name, word in UNDER_WAY.items():
            fill(page, f"{PROMPT} {word}", shape="3:2")
            one = start(page)
            page.wait_for_timeout(1200)
            paths += keep(page, name)
            page.evaluate("id => window.flux.send('stop', { id })", one)
            page.wait_for_selector("#stage .frame:not(.waiting)")
        return paths


def shoot_start(browser: Browser, url: str) -> list[Path]:
    """The page at the first visit, then with its folded part and its dialogs open."""
    with opened(browser, url) as page:
        paths = keep(page, "empty", SIZES)
        page.locator("#advanced > button").click()
        page.wait_for_selector("#field-image_prompt .image-list")
        paths += keep(page, "advanced", SIZES)
        page.locator("details.key summary").click()
        paths += keep(page, "key")
        page.locator("details.key summary").click()
        page.keyboard.press("?")
        return paths + keep(page, "keys")


def shoot_views(browser: Browser, url: str, sweep: str) -> list[Path]:
    """The gallery with its filters, an open image and a comparison; the panel of a sweep, its sheet and a vote."""
    with opened(browser, f"{url}?gallery") as page:
        cards = page.locator("#gallery .grid .card")
        cards.first.wait_for()
        paths = keep(page, "gallery", SIZES)
        page.locator("details.filters > summary").click()
        page.wait_for_selector("details.filters fieldset")
        paths += keep(page, "filters", SIZES)
        page.keyboard.press("Escape")
        page.locator("#gallery [data-act=prompts]").click()
        page.wait_for_selector("#prompt-list li")
        paths += keep(page, "prompts", SIZES)
        page.keyboard.press("Escape")
        page.locator("#gallery .grid .card[data-image]").first.click()
        page.wait_for_selector("#lightbox .notes")
        paths += keep(page, "open", SIZES)
        page.locator("#lightbox [data-act=compare-with]").first.click()
        page.wait_for_selector("#comparison figure[data-id] img")
        paths += keep(page, "comparison", SIZES)
    with opened(browser, f"{url}?sheet={sweep}") as page:
        page.wait_for_selector("#sheet td .card img")
        paths += keep(page, "sheet", SIZES)
        page.locator("[data-act=sweep-vote]").click()
        page.wait_for_selector("#vote[open] .pair img")
        paths += keep(page, "vote", SIZES)
        page.keyboard.press("Escape")
        page.locator("#sheet [data-act=sheet-close]").first.click()
        fill(page)
        page.locator("#formtools [data-act=sweep]").click()
        page.locator("[data-preset=ladder]").click()
        page.get_by_role("button", name="Make 6 images").wait_for()
        return paths + keep(page, "sweep", SIZES)


def shoot_restart(browser: Browser, folder: Path) -> list[Path]:
    """The page after the program was killed with active tasks, and with an API that cannot be reached."""
    api = {"BFL_API_KEY": "a-key-of-the-local-server", "FLUX_PLAYGROUND_MAX_IN_FLIGHT": "3"}
    with LocalServer(speed=4) as server:
        api["FLUX_PLAYGROUND_BASE_URL"] = server.url
        with running(folder, signal.SIGKILL, **api) as url, opened(browser, url) as page:
            fill(page, PROMPT, seed="7")
            start(page)
            page.wait_for_selector("#stage .frame.image img")
            for word in ("#stuck", "#submit-silent", "#slow"):
                fill(page, f"{PROMPT} {word}")
                one = start(page)
                page.wait_for_timeout(700)
                if word == "#stuck":
                    page.evaluate("id => window.flux.send('stop', { id })", one)
                    page.wait_for_selector("#stage .frame.ending")
        with running(folder, **api) as url, opened(browser, url) as page:
            paths = keep(page, "resumed")
            labels = {"uncollected-after-restart": "Not downloaded", "uncertain-after-restart": "Unconfirmed"}
            for name, label in labels.items():
                page.locator(f'#strip .card[aria-label^="{label}"]').first.click()
                page.wait_for_selector("#stage .frame.ending")
                paths += keep(page, name)
            server.close()
            fill(page, PROMPT)
            start(page)
            page.wait_for_selector("#stage .frame.ending")
            return paths + keep(page, "unreachable")


def write_contact_sheet(paths: Sequence[Path], width: int = 480, columns: int = 6) -> None:
    """Write one image with all screenshots."""
    small = []
    for path in paths:
        with Image.open(path) as shot:
            across = width if shot.width > shot.height else width // 2
            small.append(shot.convert("RGB").resize((across, shot.height * across // shot.width)))
    cell = (width + 12, max(image.height for image in small) + 12)
    whole = Image.new("RGB", (cell[0] * columns, cell[1] * -(-len(small) // columns)), "#777")
    for place, image in enumerate(small):
        whole.paste(image, (place % columns * cell[0], place // columns * cell[1]))
    whole.save(PLACE / "sheet.png")


def main() -> None:
    """Take all screenshots."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        paths = shoot_restart(browser, Path(folder) / "restart")
        limits = {"FLUX_PLAYGROUND_MAX_IN_FLIGHT": "2", "FLUX_PLAYGROUND_TIMEOUT": "12"}
        with running(Path(folder), FLUX_PLAYGROUND_LOCAL_SPEED="30", **limits) as url:
            paths += shoot_start(browser, url)
            with opened(browser, url) as page:
                make_history(page)
                made = make_endings(page, {"ready": ENDINGS["ready"]})
                sweep = make_sweep(page)
            with opened(browser, url) as page:
                made |= make_endings(page, {name: word for name, word in ENDINGS.items() if name not in made})
            paths += shoot_views(browser, url, sweep)
            paths += shoot_states(browser, url, made)
        browser.close()
    write_contact_sheet(paths)


if __name__ == "__main__":
    main()
