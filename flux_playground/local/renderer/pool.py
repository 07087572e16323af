"""A pool of render processes, so that rendering never blocks the server.

A process runs this module: it reads lines `{"task", "image", "scale"}` and answers `{"prompt"}` or `{"error"}`.
`multiprocessing` would import the main module again, which may be a page that starts a server.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from .render import encode, render

IMPORT_FOLDER = Path(__file__).resolve().parents[__name__.count(".")]


class RenderPool:
    """Renders tasks in the order they come, each in one of `workers` processes, which start when needed."""

    def __init__(self, workers: int = 2, scale: float = 1.0) -> None:
        self._scale = scale
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="render")
        self._idle: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()

    def render(self, task: Path, image: Path) -> Future[str]:
        """Render a task file into an image file; the result is the prompt that was used, or a `RuntimeError`."""
        return self._threads.submit(self._render, task, image)

    def _render(self, task: Path, image: Path) -> str:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = _start_worker()
        line = _ask(worker, json.dumps({"task": str(task), "image": str(image), "scale": self._scale}))
        if not line:
            worker.kill()
            _end_worker(worker)
            raise RuntimeError("The render process ended before its image was done.")
        self._idle.put(worker)
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return str(answer["prompt"])

    def close(self) -> None:
        """Finish the images that are in progress, drop the others, and end the processes."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            _end_worker(self._idle.get())


def _start_worker() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", __name__]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=IMPORT_FOLDER, text=True, encoding="utf-8")  # noqa: S603


def _ask(worker: subprocess.Popen[str], line: str) -> str:
    assert worker.stdin is not None and worker.stdout is not None  # noqa: S101, PT018
    try:
        worker.stdin.write(line + "\n")
        worker.stdin.flush()
        return worker.stdout.readline()
    except OSError:
        return ""


def _end_worker(worker: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError), worker:  # leaving the block closes the worker's input, which ends the worker
        pass


def render_task(order: dict[str, Any]) -> dict[str, Any]:
    """Render one task; the image file appears whole or not at all."""
    task = json.loads(Path(order["task"]).read_text("utf-8"))
    image, prompt = render(task["request"], task["seed"], order["scale"])
    target = Path(order["image"])
    part = target.with_suffix(".part")
    part.write_bytes(encode(image, task["form"]))
    part.replace(target)
    return {"prompt": prompt}


def main() -> None:
    """Render until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    for line in sys.stdin:
        try:
            answer = render_task(json.loads(line))
        except Exception as error:  # the server must get an answer for every task
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
