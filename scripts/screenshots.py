"""Screenshots of each state of the page, light and dark, wide and narrow.

`python -m scripts.screenshots` writes them and a contact sheet to `build/shots/`.
"""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Iterator, Sequence
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
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
OTHER_SIZES = {
    "laptop": (1366, 768),
    "desktop": (1920, 1080),
    "large": (2560, 1440),
    "tablet": (1024, 768),
    "small": (320, 568),
}
"""Sizes for the first visit and one image only."""
SCHEMES = ("light", "dark")
REPEAT_MILLISECONDS = 600
"""After it the same press is no double click."""

SHAPES = ("1:1", "3:2", "2:3", "21:9")
PROMPT = "TOK lighthouse on a cliff at dawn, mist over the sea, photographed from a small boat"


@contextmanager
def opened(browser: Browser, url: str, scheme: str, size: str) -> Iterator[Page]:
    """The page in a new window."""
    width, height = {**SIZES, **OTHER_SIZES}[size]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{url}{'&' if '?' in url else '?'}__theme={scheme}")
    page.wait_for_selector("#generate", state="attached")
    page.wait_for_function("() => Boolean(window.flux?.send)")
    page.wait_for_timeout(600)
    yield page
    context.close()


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


def keep(page: Page, name: str, scheme: str, size: str) -> Path:
    """Save a screenshot of the window; in a narrow window, of the result."""
    if size in ("narrow", "small") and name not in ("empty", "invalid", "keys", "key", "advanced"):
        page.locator("#result").evaluate("place => place.scrollIntoView()")
    return keep_view(page, name, scheme, size)


def shoot_states(browser: Browser, url: str, made: dict[str, str], scheme: str, size: str) -> list[Path]:
    """Each state in one scheme and size."""
    with opened(browser, url, scheme, size) as page:
        paths = []
        for name, one in made.items():
            page.evaluate("id => window.flux.send('show', { id })", one)
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
        page.evaluate("id => window.flux.send('show', { id })", waiting[0])
        page.wait_for_selector(f'#stage .frame[data-id="{waiting[0]}"]')
        paths.append(keep(page, "several", scheme, size))
        for name, one in zip(("unsent", "unsent", "", "stopped"), reversed(waiting), strict=True):
            page.evaluate("id => window.flux.send('show', { id })", one)
            page.wait_for_selector(f'#stage .frame[data-id="{one}"]')
            page.locator("#stage [data-act=stop]").click()
            page.wait_for_selector(f'#stage .frame.ending[data-id="{one}"]')
            paths += [keep(page, name, scheme, size)] if name else []
        for name, word in UNDER_WAY.items():
            fill(page, f"{PROMPT} {word}", shape="3:2")
            one = start(page)
            page.wait_for_timeout(1200)
            paths.append(keep(page, name, scheme, size))
            page.evaluate("id => window.flux.send('stop', { id })", one)
            page.wait_for_selector("#stage .frame:not(.waiting)")
        return paths


def shoot_start(browser: Browser, url: str, scheme: str, size: str) -> list[Path]:
    """The page at the first visit, then with its folded part and its dialogs open."""
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


def shoot_image(browser: Browser, url: str, generation: str, scheme: str, size: str) -> Path:
    """One image with its history."""
    with opened(browser, f"{url}?image={generation}", scheme, size) as page:
        page.wait_for_selector("#stage .frame.image img")
        return keep(page, "ready", scheme, size)


def shoot_views(browser: Browser, url: str, sweep: str, scheme: str, size: str) -> list[Path]:
    """The gallery with its filters, an open image and a comparison; the panel of a sweep, its sheet and a vote."""
    with opened(browser, f"{url}?gallery", scheme, size) as page:
        cards = page.locator("#gallery .grid .card")
        cards.first.wait_for()
        paths = [keep_view(page, "gallery", scheme, size)]
        page.locator("details.filters > summary").click()
        page.wait_for_selector("details.filters fieldset")
        paths.append(keep_view(page, "filters", scheme, size))
        page.keyboard.press("Escape")
        page.locator("#gallery [data-act=prompts]").click()
        page.wait_for_selector("#prompt-list li")
        paths.append(keep_view(page, "prompts", scheme, size))
        page.keyboard.press("Escape")
        cards.first.click()
        page.wait_for_selector("#lightbox .notes")
        paths.append(keep_view(page, "open", scheme, size))
        page.locator("#lightbox [data-act=compare-with]").first.click()
        page.wait_for_selector("#comparison figure[data-id] img")
        paths.append(keep_view(page, "comparison", scheme, size))
    with opened(browser, url, scheme, size) as page:
        fill(page)
        page.locator("#formtools [data-act=sweep]").click()
        page.locator("[data-preset=ladder]").click()
        page.get_by_role("button", name="Make 6 images").wait_for()
        paths.append(keep_view(page, "sweep", scheme, size))
    with opened(browser, f"{url}?sheet={sweep}", scheme, size) as page:
        page.wait_for_selector("#sheet td .card img")
        paths.append(keep_view(page, "sheet", scheme, size))
        page.locator("[data-act=sweep-vote]").click()
        page.wait_for_selector("#vote[open] .pair img")
        paths.append(keep_view(page, "vote", scheme, size))
    return paths


def keep_view(page: Page, name: str, scheme: str, size: str) -> Path:
    """Save a screenshot of the window as it is."""
    page.wait_for_timeout(600)
    path = PLACE / f"{name}-{size}-{scheme}.png"
    page.screenshot(path=path)
    return path


def shoot_restart(browser: Browser, folder: Path, scheme: str, size: str) -> list[Path]:
    """The page after the program was killed with active tasks, and with an API that cannot be reached."""
    paths = []
    api = {"BFL_API_KEY": "a-key-of-the-local-server", "FLUX_PLAYGROUND_MAX_IN_FLIGHT": "3"}
    with LocalServer(speed=4) as server:
        api["FLUX_PLAYGROUND_BASE_URL"] = server.url
        with running(folder, signal.SIGKILL, **api) as url, opened(browser, url, scheme, size) as page:
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
        with running(folder, **api) as url, opened(browser, url, scheme, size) as page:
            paths.append(keep(page, "resumed", scheme, size))
            labels = {"uncollected-after-restart": "Not downloaded", "uncertain-after-restart": "Unconfirmed"}
            for name, label in labels.items():
                page.locator(f'#strip .card[aria-label^="{label}"]').first.click()
                page.wait_for_selector("#stage .frame.ending")
                paths.append(keep(page, name, scheme, size))
            server.close()
            fill(page, PROMPT)
            start(page)
            page.wait_for_selector("#stage .frame.ending")
            paths.append(keep(page, "unreachable", scheme, size))
    return paths


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
    paths: list[Path] = []
    looks = [(scheme, size) for size in SIZES for scheme in SCHEMES]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for scheme, size in looks:
            paths += shoot_restart(browser, Path(folder) / f"{scheme}-{size}", scheme, size)
        limits = {"FLUX_PLAYGROUND_MAX_IN_FLIGHT": "2", "FLUX_PLAYGROUND_TIMEOUT": "12"}
        with running(Path(folder), FLUX_PLAYGROUND_LOCAL_SPEED="30", **limits) as url:
            for scheme, size in looks:
                paths += shoot_start(browser, url, scheme, size)
            with opened(browser, url, "light", "wide") as page:
                make_history(page)
                made = make_endings(page, {"ready": ENDINGS["ready"]})
                sweep = make_sweep(page)
            with opened(browser, url, "light", "wide") as page:
                made |= make_endings(page, {name: word for name, word in ENDINGS.items() if name not in made})
            for scheme, size in looks:
                paths += shoot_views(browser, url, sweep, scheme, size)
                paths += shoot_states(browser, url, made, scheme, size)
            for size in OTHER_SIZES:
                paths += [shoot_image(browser, url, made["ready"], scheme, size) for scheme in SCHEMES]
        browser.close()
    write_contact_sheet(paths)


if __name__ == "__main__":
    main()
