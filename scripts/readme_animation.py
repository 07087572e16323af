"""The README's animation: a prompt becomes an image, and Reproduce makes the same image from the same seed.

`python -m scripts.readme_animation` starts the demo, takes screenshots in Chromium and writes `assets/animation.webp`.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.app_process import ROOT, running
from tests.page_actions import FLAGS, fill, image, open_page

FILE = ROOT / "assets" / "animation.webp"
WIDTH = 900
MAX_BYTES = 1_500_000
PROMPT = "TOK lighthouse on a cliff at dawn, mist over the sea"
WORDS = PROMPT.split()

Frame = tuple[Image.Image, int]
"""A screenshot and how many milliseconds it is shown."""


def shoot(page: Page, milliseconds: int) -> Frame:
    """A screenshot of the window, scaled to WIDTH."""
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        height = round(shot.height * WIDTH / shot.width)
        return shot.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS), milliseconds


def record_image(page: Page, button: str) -> list[Frame]:
    """Press a button; frames until the new image is shown."""
    before = page.locator("#stage .frame").get_attribute("data-id")
    page.locator(button).first.dispatch_event("click")  # it may be in a closed menu
    page.locator(f'#stage .frame:not([data-id="{before}"])').wait_for()
    frames = []
    while page.locator("#stage .frame img").count() == 0:
        frames.append(shoot(page, 250))
        page.wait_for_timeout(250)
    image(page)
    page.eval_on_selector("#stage img", "image => image.decode()")
    page.wait_for_timeout(400)
    return [*frames, shoot(page, 2200)]


def record(page: Page) -> list[Frame]:
    """Type a prompt, generate an image, reproduce it."""
    fill(page, finetune_id="my-finetune", prompt="", seed="")
    frames = [shoot(page, 800)]
    for count in (*range(2, len(WORDS), 2), len(WORDS)):
        fill(page, prompt=" ".join(WORDS[:count]))
        frames.append(shoot(page, 160))
    frames += [shoot(page, 500), *record_image(page, "#generate")]
    return [*frames, *record_image(page, "#stage [data-act=reproduce]")]


def write(frames: list[Frame], path: Path) -> None:
    """Write an animated WebP that repeats; lower the quality until it has at most MAX_BYTES."""
    images, durations = [image for image, _ in frames], [milliseconds for _, milliseconds in frames]
    for quality in (70, 50, 30):
        images[0].save(
            path, save_all=True, append_images=images[1:], duration=durations, loop=0, quality=quality, method=6
        )
        if path.stat().st_size <= MAX_BYTES:
            return
    raise ValueError(f"{path} has {path.stat().st_size} bytes; take fewer frames")


def main() -> None:
    """Start the demo, record and write."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), FLUX_PLAYGROUND_LOCAL_SPEED="3") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        write(record(open_page(context, f"{url}?__theme=light")), FILE)
        browser.close()


if __name__ == "__main__":
    main()
