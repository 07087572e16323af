"""The pool of render processes, so that rendering never blocks the server."""

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
from subprocess import PIPE

from .render import RENDERERS, render_task

# `multiprocessing` would import the main module again, which may be a page that starts a server.
IMPORT_FOLDER = Path(__file__).resolve().parents[__name__.count(".")]
COMMAND = [sys.executable, "-c", f"from {__name__} import run_worker; run_worker()"]


class RenderPool:
    """Renders tasks in order in `workers` processes, which start on demand; flat ones in threads of this process."""

    def __init__(self, workers: int = 2, renderer: str = "landscape") -> None:
        if renderer not in RENDERERS:
            raise ValueError(f"Unknown renderer {renderer}. Choose from {', '.join(RENDERERS)}.")
        self._renderer = renderer
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="render")
        self._idle: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()

    def render(self, task: Path, image: Path) -> Future[str]:
        """Render a task file into an image file; the result is the prompt in use, or an error."""
        if self._renderer == "flat":
            return self._threads.submit(render_task, task, image, "flat")
        return self._threads.submit(self._render_in_process, task, image)

    def _render_in_process(self, task: Path, image: Path) -> str:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = subprocess.Popen(COMMAND, stdin=PIPE, stdout=PIPE, cwd=IMPORT_FOLDER, text=True, encoding="utf-8")  # noqa: S603
        assert worker.stdin is not None and worker.stdout is not None  # noqa: S101, PT018
        line = ""
        with contextlib.suppress(OSError):
            worker.stdin.write(json.dumps([str(task), str(image)]) + "\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        if not line:
            worker.kill()
            _end_worker(worker)
            raise RuntimeError("The render process ended before its image was done.")
        self._idle.put(worker)
        outcome = json.loads(line)
        if "error" in outcome:
            raise RuntimeError(outcome["error"])
        return str(outcome["prompt"])

    def close(self) -> None:
        """Finish the images in progress, drop the others, and end the processes."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            _end_worker(self._idle.get())


def _end_worker(worker: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError), worker:  # leaving the block closes the worker's input, which ends the worker
        pass


def run_worker() -> None:
    """Read lines `[task, image]` until the input ends; write `{"prompt"}` or `{"error"}` for each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    for line in sys.stdin:
        task, image = json.loads(line)
        try:
            outcome = {"prompt": render_task(Path(task), Path(image), "landscape")}
        except Exception as error:  # the server needs a line for every task
            outcome = {"error": str(error) or type(error).__name__}
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()
