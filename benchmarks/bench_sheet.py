"""Measures the image of a sheet: its memory for 200 images of 4 megapixels, and 24 exports at once beside a page.

    python benchmarks/bench_sheet.py [exports]

Each format is written in a process of its own. Then a page exports a sweep of 25 images many times at once, while its
visitor goes on. Aims: 300 MB more for a sheet, 0.2 s for an event meanwhile on a machine with a free core.
"""

from __future__ import annotations

import io
import multiprocessing
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from bench_sweep import describe, make_sweep, memory, press, started  # noqa: E402

from flux_playground.sweeps.sheet_image import export_image  # noqa: E402
from tests.http_visitor import Stranger  # noqa: E402
from tests.sweeps.test_report import WORDING  # noqa: E402
from tests.sweeps.test_sheet_image import draw_record  # noqa: E402

SIDE_PIXELS = 2048
FORMATS = ("PNG", "JPEG", "WEBP")
EXPORTS = 24
MAX_SECONDS = 1800.0  # for one of them: they take turns


def write_sheet(format_name: str) -> None:
    """Write a sheet of 20 × 10 images that are not flat; print the time and the memory."""
    noise = Image.effect_noise((256, 256), 60).resize((SIDE_PIXELS, SIDE_PIXELS)).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "PNG", compress_level=1)
    with tempfile.TemporaryDirectory() as folder:
        record = draw_record(Path(folder), 20, 10, size=(8, 8))
        made = [
            replace(one.generation, width=SIDE_PIXELS, height=SIDE_PIXELS) for one in record.cells if one.generation
        ]
        cells = [replace(cell, generation=one) for cell, one in zip(record.cells, made, strict=True)]
        record = replace(record, read_image=lambda _: file.getvalue(), cells=cells)
        before, begun, worked = peak(), time.perf_counter(), time.process_time()
        parts = export_image(record, WORDING, format_name)
        size = len(next(parts))
        first = time.perf_counter() - begun
        size += sum(map(len, parts))
    whole, cpu = time.perf_counter() - begun, time.process_time() - worked
    print(
        f"{format_name}: first bytes after {first:.1f} s, all {size / 1e6:.1f} MB after {whole:.0f} s"
        f" ({cpu:.0f} s of CPU), {peak() - before:.0f} MB more than the {before:.0f} before",
        flush=True,
    )


def peak() -> float:
    """The most resident memory of this process so far in megabytes."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def export_at_once(count: int) -> None:
    """Export a sweep many times at once; print how long that took, the memory, and the page's events meanwhile."""
    with tempfile.TemporaryDirectory() as place, started(Path(place)) as (url, process):
        visitor, seconds, used = Stranger(url), list[float](), [memory(process)]
        visitor.hello()
        sweep_id = make_sweep(visitor, "TOK a mill", [])
        used.append(memory(process))
        sizes: list[int] = []

        def export(number: int) -> None:
            form = {"id": sweep_id, "format": FORMATS[number % 3].lower(), "token": f"{visitor.token}.{visitor.visit}"}
            headers = {"content-type": "application/x-www-form-urlencoded"}
            connection = visitor.connect(MAX_SECONDS)
            connection.request("POST", "/sweeps/report", urlencode(form), headers)
            answer = connection.getresponse()
            size = len(answer.read())
            connection.close()
            assert answer.status in (200, 503), answer.status
            sizes.append(size if answer.status == 200 else 0)

        exports = [threading.Thread(target=export, args=(number,)) for number in range(count)]
        begun = time.perf_counter()
        for one in exports:
            one.start()
        while any(one.is_alive() for one in exports):
            press(visitor, seconds)
            used.append(memory(process))
        took = time.perf_counter() - begun
        print(
            f"{len(sizes)} exports of 25 images at once ({sizes.count(0)} refused for now): {took:.0f} s, "
            f"{sum(sizes) / 1e6:.0f} MB; {describe(seconds)}; "
            f"memory {used[0]:.0f} MB at first, {used[1]:.0f} after the sweep, at most {max(used):.0f}"
        )


def main(exports: int = EXPORTS) -> None:
    """Measure and print."""
    for format_name in FORMATS:
        process = multiprocessing.get_context("spawn").Process(target=write_sheet, args=(format_name,))
        process.start()
        process.join()
    export_at_once(exports)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
