"""The pool of render processes, so that rendering never blocks the server.

`multiprocessing` would import the main module again, which may be a page that starts a server.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from .render import RENDERERS, render_task

IMPORT_FOLDER = Path(__file__).resolve().parents[__name__.count(".")]
WORKER_MODULE = __name__.rpartition(".")[0] + ".worker"


class RenderPool:
    """Renders tasks in order, each in one of `workers` processes, which start on demand.

    `renderer` is one of `RENDERERS`; "flat" renders in threads of this process.
    """

    def __init__(self, workers: int = 2, scale: float = 1.0, renderer: str = "landscape") -> None:
        if renderer not in RENDERERS:
            raise ValueError(f"Unknown renderer {renderer}. Choose from {', '.join(RENDERERS)}.")
        self._scale, self._renderer = scale, renderer
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="render")
        self._idle: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()

    def render(self, task: Path, image: Path) -> Future[str]:
        """Render a task file into an image file; the result is the prompt in use, or an error."""
        if self._renderer == "flat":
            return self._threads.submit(render_task, task, image, self._scale, RENDERERS["flat"])
        return self._threads.submit(self._render_in_process, task, image)

    def _render_in_process(self, task: Path, image: Path) -> str:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = _start_worker()
        line = _exchange(worker, json.dumps({"task": str(task), "image": str(image), "scale": self._scale}))
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


def _start_worker() -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", WORKER_MODULE], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=IMPORT_FOLDER, text=True, encoding="utf-8")  # noqa: S603


def _exchange(worker: subprocess.Popen[str], line: str) -> str:
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
