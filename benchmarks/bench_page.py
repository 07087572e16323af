"""Measures start and load of the page against a bare Gradio page, and the time that it adds to the API's own.

Prints ratios taken in one run, the programs in turn, the median of each. Aims: start 1.15, load 1.3.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.app_process import ROOT, environment, running, wait_for

BARE = """
import gradio as gr
with gr.Blocks() as demo:
    box = gr.Textbox(label="Prompt")
    button = gr.Button("Generate", elem_id="generate")
    image = gr.Image(label="Image")
    button.click(lambda text: None, box, image)
demo.launch()
"""
ROUNDS = 11
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[tuple[str, float]]:
    """A program from its start until it answers: its address, and how many seconds that took."""
    environ = environment(folder, GRADIO_ANALYTICS_ENABLED="False")
    with (folder / "log").open("wb") as log:
        begun = time.monotonic()
        program = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environ, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{environ['GRADIO_SERVER_PORT']}/"
        try:
            wait_for(url, lambda: program.poll() is None, folder / "log")
            yield url, time.monotonic() - begun
        finally:
            program.terminate()
            program.wait(20)


SEEN = """() => {
  const button = document.querySelector("#generate");
  return button?.checkVisibility({ visibilityProperty: true }) && performance.now();
}"""


FAR = {"offline": False, "latency": 100, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
"""A line over which every answer takes 100 ms, and a second ten megabits."""


def loaded(browser: Browser, url: str, line: Mapping[str, float] | None = None, visits: int = 1) -> float:
    """Seconds until the button of a page can be pressed, when it is opened for the first time or once more."""
    context = browser.new_context()
    for _ in range(visits):
        page = context.new_page()
        if line:
            context.new_cdp_session(page).send("Network.emulateNetworkConditions", dict(line))
        page.goto(url, wait_until="commit")
        seconds = float(page.wait_for_function(SEEN).json_value()) / 1000  # looked at in every frame, by its clock
        page.close()
    context.close()
    return seconds


def overhead(browser: Browser, url: str) -> float:
    """Seconds from the click to the decoded image, minus the time between the API's acceptance and its Ready."""
    page = browser.new_page()
    page.goto(url)
    page.wait_for_function("() => Boolean(window.flux?.send)")
    page.fill("#input-finetune_id input", "my-finetune")
    page.fill("#input-prompt textarea", "a lighthouse")
    page.wait_for_timeout(1000)  # until the page shows what there was before
    before = page.get_attribute("#stage .frame", "data-id")
    begun = time.monotonic()
    page.click("#generate")
    page.wait_for_selector(f'.frame.image:not([data-id="{before}"]) img', timeout=60_000)
    page.eval_on_selector("#stage img", "image => image.decode()")
    whole = time.monotonic() - begun
    took = str(page.text_content("#stage .details dd:has-text('ready after ')"))  # such as "2.10 s, ready after 1.98 s"
    waited = float(took.split("ready after ")[1].split(" s")[0])
    page.close()
    return whole - waited


def compared(name: str, aim: float, measure: Callable[[str], float]) -> None:
    """Print the ratio of our own figure to a bare page's, taken in turn."""
    pairs = [(measure("bare"), measure("ours")) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(values) for values in zip(*pairs, strict=True))
    print(f"{name}: {ours:.2f} s, bare gradio {bare:.2f} s, ratio {ours / bare:.2f} (aim {aim})")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "bare.py").write_text(BARE)
        commands = {"bare": [str(folder / "bare.py")], "ours": ["app.py"]}

        def start(which: str) -> float:
            with started(commands[which], folder) as (_, seconds):
                return seconds

        compared("start", 1.15, start)
        with sync_playwright() as playwright, started(commands["bare"], folder) as (bare, _):
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            with running(folder / "ours", FLUX_PLAYGROUND_LOCAL_SPEED="4") as ours:
                urls = {"bare": bare, "ours": ours}
                compared("load", 1.3, lambda which: loaded(browser, urls[which]))
                compared("load from afar", 1.3, lambda which: loaded(browser, urls[which], FAR))
                compared("load from afar, second visit", 1.3, lambda which: loaded(browser, urls[which], FAR, 2))
                extra = [overhead(browser, ours) for _ in range(ROUNDS)]
            browser.close()
        print(f"click to image beyond the API's own time: {statistics.median(extra):.2f} s")


if __name__ == "__main__":
    main()
