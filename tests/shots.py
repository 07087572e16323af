"""Screenshots of every state of the page, light and dark, wide and narrow: `make shots`, then look at them.

Writes `build/shots/`: each state, and one contact sheet. `scripts/readme_animation.py` makes the README's animation.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from flux_playground.local import LocalServer
from tests.app_process import ROOT, running
from tests.page_actions import FLAGS

PLACE = ROOT / "build" / "shots"
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES = ("light", "dark")

# name: the word in the prompt that calls it, and what its end looks like
ENDINGS = {
    "ready": "",
    "upsampled": "",
    "moderated-request": "#moderated-request",
    "moderated-content": "#moderated-content",
    "no-credits": "#no-credits",
    "wrong-key": "#bad-key",
    "no-finetune": "#no-finetune",
    "refused-by-the-api": "#invalid",
    "uncertain": "#broken",
    "failed": "#error",
    "lost": "#lost",
    "not-an-image": "#sample-not-image",
    "expired": "#sample-expired",
    "unavailable": "#unavailable",
    "rate-limited": "#too-many",
}
UNDER_WAY = {"progress": "#stuck", "no-progress": "#stuck #no-progress"}
SHAPES = ("1:1", "3:2", "2:3", "21:9")
PROMPT = "TOK lighthouse on a cliff at dawn, mist over the sea, photographed from a small boat"


@contextmanager
def opened(browser: Browser, url: str, scheme: str, size: str) -> Iterator[Page]:
    """The page in a window of its own."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}?__theme={scheme}")
    page.wait_for_selector("#generate")
    page.wait_for_function("() => Boolean(window.flux?.bridge)")
    page.wait_for_timeout(600)
    yield page
    context.close()


def fill(page: Page, prompt: str = PROMPT, finetune: str = "my-finetune", seed: str = "", shape: str = "16:9") -> None:
    """Fill in the form."""
    values = {"finetune_id": finetune, "prompt": prompt, "seed": seed, "aspect_ratio": shape}
    for name, value in values.items():
        page.locator(f"#input-{name} textarea, #input-{name} input").first.fill(value)


def shown(page: Page) -> str:
    """The id of the generation on the stage."""
    return page.locator("#stage .frame").get_attribute("data-id") or ""


def start(page: Page) -> str:
    """Press Generate; gives the id of what it started."""
    before = shown(page)
    page.locator("#generate").click()
    page.wait_for_selector(f'#stage .frame:not([data-id="{before}"])')
    return shown(page)


def ended(page: Page, words: dict[str, str]) -> dict[str, str]:
    """Have each of the states happen, one after the other; gives the id of each."""
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


def others(page: Page) -> None:
    """A few more pictures, so that there is a history."""
    prompts = json.loads((ROOT / "assets" / "examples.json").read_text())[1:]
    for prompt, shape in zip(
        [*prompts, "A mill by a river at noon", "A night train through a forest"], SHAPES, strict=True
    ):
        fill(page, prompt, shape=shape)
        one = start(page)
        page.wait_for_selector(f'#stage .frame.picture[data-id="{one}"] img')


def keep(page: Page, name: str, scheme: str, size: str) -> Path:
    """A screenshot of what the window shows; on a narrow one, of the result as well."""
    page.wait_for_timeout(350)
    path = PLACE / f"{name}-{size}-{scheme}.png"
    if size == "narrow" and name not in ("empty", "invalid", "keys", "key", "advanced"):
        page.locator("#result").evaluate("place => place.scrollIntoView()")
        page.wait_for_timeout(150)
    page.screenshot(path=path)
    return path


def look(browser: Browser, url: str, made: dict[str, str], scheme: str, size: str) -> list[Path]:
    """Every state in one scheme and size."""
    with opened(browser, url, scheme, size) as page:
        paths = []
        for name, one in made.items():
            page.evaluate("id => window.flux.bridge('show', { id })", one)
            page.wait_for_selector(f'#stage .frame[data-id="{one}"]')
            paths.append(keep(page, name, scheme, size))
        fill(page, "", finetune="", seed="abc", shape="banana")
        page.locator("#generate").click()
        page.wait_for_selector("#notice .reasons")
        paths.append(keep(page, "invalid", scheme, size))
        fill(page, f"{PROMPT} #stuck", shape="1:1")
        waiting = [start(page) for _ in range(4)]
        page.wait_for_timeout(900)
        paths.append(keep(page, "queued", scheme, size))
        page.evaluate("id => window.flux.bridge('show', { id })", waiting[0])
        page.wait_for_selector(f'#stage .frame[data-id="{waiting[0]}"]')
        paths.append(keep(page, "several", scheme, size))
        for name, one in zip(("unsent", "unsent", "", "stopped"), reversed(waiting), strict=True):
            page.evaluate("id => window.flux.bridge('show', { id })", one)
            page.wait_for_selector(f'#stage .frame[data-id="{one}"]')
            page.locator("#stage [data-act=stop]").click()
            page.wait_for_selector(f'#stage .frame.ending[data-id="{one}"]')
            paths += [keep(page, name, scheme, size)] if name else []
        for name, word in UNDER_WAY.items():
            fill(page, f"{PROMPT} {word}", shape="3:2")
            one = start(page)
            page.wait_for_timeout(1200)
            paths.append(keep(page, name, scheme, size))
            page.evaluate("id => window.flux.bridge('stop', { id })", one)
            page.wait_for_selector("#stage .frame:not(.waiting)")
        return paths


def first(browser: Browser, url: str, scheme: str, size: str) -> list[Path]:
    """What somebody new sees, the folded part and the sheets opened."""
    with opened(browser, url, scheme, size) as page:
        paths = [keep(page, "empty", scheme, size)]
        page.locator("#advanced > button").click()
        page.locator("#field-image_prompt").evaluate("place => place.scrollIntoView({block: 'center'})")
        paths.append(keep(page, "advanced", scheme, size))
        page.evaluate("scrollTo(0, 0)")
        page.locator("details.key summary").click()
        paths.append(keep(page, "key", scheme, size))
        page.locator("details.key summary").click()
        page.keyboard.press("?")
        paths.append(keep(page, "keys", scheme, size))
        return paths


def interrupted(browser: Browser, folder: Path, scheme: str, size: str) -> list[Path]:
    """What is found after the power has failed with tasks under way, and what nobody can reach then."""
    paths = []
    api = {"BFL_API_KEY": "a-key-of-the-local-server", "FLUX_PLAYGROUND_MAX_IN_FLIGHT": "3"}
    with LocalServer(speed=4) as server:
        api["FLUX_PLAYGROUND_BASE_URL"] = server.url
        with running(folder, True, **api) as url, opened(browser, url, scheme, size) as page:
            fill(page, PROMPT, seed="7")
            start(page)
            page.wait_for_selector("#stage .frame.picture img")
            for word in ("#stuck", "#submit-silent", "#slow"):
                fill(page, f"{PROMPT} {word}")
                one = start(page)
                page.wait_for_timeout(700)
                if word == "#stuck":
                    page.evaluate("id => window.flux.bridge('stop', { id })", one)
                    page.wait_for_selector("#stage .frame.ending")
        with running(folder, **api) as url, opened(browser, url, scheme, size) as page:
            paths.append(keep(page, "resumed", scheme, size))
            for name, label in (("uncollected-after-restart", "To collect"), ("uncertain-after-restart", "Unsure")):
                page.locator(f'#strip .card[aria-label^="{label}"]').first.click()
                page.wait_for_selector("#stage .frame.ending")
                paths.append(keep(page, name, scheme, size))
            server.close()
            fill(page, PROMPT)
            start(page)
            page.wait_for_selector("#stage .frame.ending")
            paths.append(keep(page, "unreachable", scheme, size))
    return paths


def sheet(paths: Sequence[Path], width: int = 480, columns: int = 6) -> None:
    """One picture of all pictures."""
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
    """Make them all."""
    PLACE.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    looks = [(scheme, size) for size in SIZES for scheme in SCHEMES]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for scheme, size in looks:
            paths += interrupted(browser, Path(folder) / f"{scheme}-{size}", scheme, size)
        with running(Path(folder), FLUX_PLAYGROUND_LOCAL_SPEED="30", FLUX_PLAYGROUND_MAX_IN_FLIGHT="2") as url:
            for scheme, size in looks:
                paths += first(browser, url, scheme, size)
            with opened(browser, url, "light", "wide") as page:
                others(page)
                made = ended(page, {"ready": ENDINGS["ready"]})
            with opened(browser, url, "light", "wide") as page:
                made |= ended(page, {name: word for name, word in ENDINGS.items() if name not in made})
            for scheme, size in looks:
                paths += look(browser, url, made, scheme, size)
        browser.close()
    sheet(paths)


if __name__ == "__main__":
    main()
