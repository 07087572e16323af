"""Measures a large document: seconds to read it, to show it on the page and to switch to another endpoint.

Prints, for a document of 30 endpoints with 20 fields each and for one with a single endpoint: reading, start of the
program, load of the page, a switch. Run it with the machine idle: `python benchmarks/bench_documents.py`.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from flux_playground.schema import load  # noqa: E402
from tests.app_process import running  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
KINDS: tuple[dict[str, Any], ...] = (
    {"type": "string", "description": "What it shows."},
    {"type": "number", "minimum": 0, "maximum": 2, "default": 1},
    {"type": "string", "enum": ["a", "b", "c"], "default": "a"},
    {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]},
    {"type": "boolean", "default": False},
)
SWITCH = """async to => {
  const picker = document.querySelector("#endpoint"), began = performance.now();
  picker.selectedIndex = to;
  picker.dispatchEvent(new Event("change", { bubbles: true }));
  const there = () => document.querySelector(`#field-only_${to}`);
  while (!there()) await new Promise((done) => setTimeout(done, 2));
  return performance.now() - began;
}"""


def document(endpoints: int, fields: int) -> dict[str, Any]:
    """A document with this number of endpoints and fields in each; the last field of each has a unique name."""
    task = {"type": "object", "properties": {"id": {"type": "string"}, "polling_url": {"type": "string"}}}
    answer = {"200": {"content": {"application/json": {"schema": task}}}}
    paths = {}
    for number in range(endpoints):
        properties = {f"field_{each}": KINDS[each % len(KINDS)] for each in range(fields - 1)}
        schema = {"type": "object", "properties": {**properties, f"only_{number}": {"type": "string"}}}
        body = {"content": {"application/json": {"schema": schema}}}
        post = {"summary": f"Endpoint {number}", "requestBody": body, "responses": answer}
        paths[f"/v1/endpoint-{number}"] = {"post": post}
    return {"openapi": "3.1.0", "info": {"title": "Large"}, "servers": [{"url": "https://api.bfl.ai"}], "paths": paths}


def reading(path: Path) -> float:
    """Seconds to read a document, the best of five."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        load(path)
        taken.append(time.perf_counter() - began)
    return min(taken)


def loading(page: Page, url: str) -> float:
    """Seconds until the form is there, the best of three."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        page.goto(url)
        page.locator("#generate").wait_for()
        page.wait_for_function("() => Boolean(window.flux?.send)")
        taken.append(time.perf_counter() - began)
        page.wait_for_timeout(500)
    return min(taken)


def measure(endpoints: int) -> None:
    """Print the line of one document."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.json"
        path.write_text(json.dumps(document(endpoints, 20)))
        read = reading(path)
        began = time.perf_counter()
        extra = {"FLUX_PLAYGROUND_OPENAPI": str(path), "FLUX_PLAYGROUND_ENDPOINT": "/v1/endpoint-0"}
        with running(Path(folder) / "run", **extra) as url, sync_playwright() as playwright:
            started = time.perf_counter() - began
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            loaded = loading(page, url)
            switches = []
            for to in [1, 2, 3, 1, 0, 2] if endpoints > 1 else []:
                switches.append(page.evaluate(SWITCH, to) / 1000)
                page.wait_for_timeout(400)
            browser.close()
    switch = f"{statistics.median(switches):.2f} s (worst {max(switches):.2f} s)" if switches else "–"
    print(f"{endpoints:>3} endpoints: read {read:.3f} s, start {started:.1f} s, page {loaded:.2f} s, switch {switch}")


if __name__ == "__main__":
    for count in (1, 5, 30):
        measure(count)
