"""Measures sweeps of 5 × 5 images on the page: the time, the page's events meanwhile, the memory.

    python benchmarks/bench_sweep.py [sweeps]

The local server is a process of its own that makes images of one color. The ideal is the time in which as many tasks at
once as the settings allow are done, each as long as the server says. While a sweep runs, a visitor asks for its sheet
as often as the page does, and presses in between. Aims: 1.1 × the ideal, 0.2 s for an event, the same memory after each
sweep.
"""

from __future__ import annotations

import heapq
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TypeVar

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.app_process import environment, wait_for  # noqa: E402
from tests.http_visitor import Stranger  # noqa: E402

T = TypeVar("T")
SWEEPS = 5
AT_ONCE = 8
SPEED = 2
AXES = [
    {"field": "finetune_strength", "text": "0-2 [5]", "kind": "values"},
    {"field": "seed", "text": "5 random", "kind": "values"},
]
SHEET_SECONDS = 1.0  # between two looks of the page at a sheet
MAX_SECONDS = 300.0
IDLE_PRESSES = 20


@contextmanager
def started(folder: Path) -> Iterator[tuple[str, int]]:
    """The page's address and process; its images come from a local server of its own."""
    command = [
        sys.executable,
        "-m",
        "flux_playground.local",
        "--port",
        "0",
        "--renderer",
        "flat",
        "--speed",
        str(SPEED),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            api = server.stdout.readline().split()[-1]
            account = {"FLUX_PLAYGROUND_BASE_URL": api, "BFL_API_KEY": "bench"}
            environ = environment(folder, FLUX_PLAYGROUND_MAX_IN_FLIGHT=str(AT_ONCE), **account)
            with (folder / "log").open("wb") as log:
                page = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=log, stderr=log)
            try:
                url = f"http://127.0.0.1:{environ['GRADIO_SERVER_PORT']}/"
                wait_for(url, lambda: page.poll() is None, folder / "log")
                yield url, page.pid
            finally:
                page.terminate()
                page.wait(30)
        finally:
            server.terminate()


def timed(call: Callable[[], T], seconds: list[float]) -> T:
    """The result of a call, whose duration is added to `seconds`."""
    begun = time.perf_counter()
    result = call()
    seconds.append(time.perf_counter() - begun)
    return result


def press(visitor: Stranger, seconds: list[float]) -> None:
    """Look at what axes mean, and at the list of sweeps."""
    data = {"token": f"{visitor.token}.{visitor.visit}", "form": 0, "number": 2}
    timed(lambda: visitor.ask("act_read", visitor.form(), act="plansweep", axes=AXES, **data), seconds)
    timed(lambda: visitor.fetch("/sweeps/list"), seconds)
    time.sleep(0.2)


def make_sweep(visitor: Stranger, prompt: str, seconds: list[float]) -> str:
    """Make a sweep to its end, with the events of a page that shows it; return its id."""
    data = {"payer": "owner", "token": f"{visitor.token}.{visitor.visit}", "form": 0, "number": 1}
    start = {"act": "startsweep", "axes": AXES, "press": secrets.token_hex(8)}
    answer = visitor.ask("act_read", visitor.form(prompt=prompt), **start, **data)
    found = re.search(rb'data-started=\\"([0-9a-f]{32})\\"', answer.body)
    assert found, answer.body
    sweep_id, until = found[1].decode(), time.monotonic() + MAX_SECONDS
    while time.monotonic() < until:
        sheet = timed(lambda: visitor.fetch(f"/sweeps/sheet/{sweep_id}"), seconds).body.decode()
        if sheet.count('data-state="ready"') == 25:
            return sweep_id
        looked = time.monotonic()
        while time.monotonic() < looked + SHEET_SECONDS:
            press(visitor, seconds)
    raise AssertionError(f"the sweep did not end:\n{sheet}")


def took(database: Path, sweep_id: str) -> tuple[float, list[float]]:
    """The seconds from the first submit of a sweep to its last image, and the seconds of each task."""
    query = "SELECT started_at, finished_at, reported_seconds FROM generations WHERE sweep = ? ORDER BY started_at"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        rows = opened.execute(query, [sweep_id]).fetchall()
    return max(row[1] for row in rows) - rows[0][0], [row[2] for row in rows]


def ideal(tasks: Sequence[float]) -> float:
    """The seconds in which the tasks are done in their order, `AT_ONCE` at a time."""
    places = [0.0] * AT_ONCE
    for seconds in tasks:
        heapq.heapreplace(places, places[0] + seconds)
    return max(places)


def describe(seconds: Sequence[float]) -> str:
    """The seconds of events in milliseconds."""
    middle, late, last = median(seconds), quantiles(seconds, n=20)[-1], max(seconds)
    return (
        f"{len(seconds)} events: median {middle * 1000:.0f} ms, 95 % {late * 1000:.0f} ms, longest {last * 1000:.0f} ms"
    )


def memory(process: int) -> float:
    """Resident memory in megabytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def main(sweeps: int = SWEEPS) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place, started(Path(place)) as (url, process):
        visitor, ratios, used, idle = Stranger(url), [], [memory(process)], list[float]()
        visitor.hello()
        for _ in range(IDLE_PRESSES):
            press(visitor, idle)
        print(f"without a sweep, {describe(idle)}")
        for number in range(sweeps):
            seconds: list[float] = []
            sweep_id = make_sweep(visitor, f"TOK a mill, number {number}", seconds)
            whole, tasks = took(Path(place, "data", "journal.sqlite"), sweep_id)
            ratios.append(whole / ideal(tasks))
            used.append(memory(process))
            print(
                f"5 × 5 images, {AT_ONCE} at once: {whole:.1f} s, ideal {ideal(tasks):.1f} s, ratio {ratios[-1]:.2f}; "
                f"{describe(seconds)}; memory {used[-1]:.0f} MB",
                flush=True,
            )
        print(f"ratio, median: {median(ratios):.2f} (aim 1.1)")
        print(f"memory: {used[0]:.0f} MB at first, {used[1]:.0f} after one sweep, {used[-1]:.0f} after {sweeps}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
