"""Has pictures drawn by painters, which are processes of their own, so that drawing holds up nobody.

Knows how to start a painter and talk to it; nothing of pictures, HTTP or tasks' states.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

PACKAGE = __name__.rpartition(".")[0]
HOME = Path(__file__).resolve().parents[PACKAGE.count(".") + 1]


class Easel:
    """Draws what it is given, in that order, with up to so many painters; each is started when it is first needed.

    `scale` is that of the sides of every picture.
    """

    def __init__(self, painters: int = 2, scale: float = 1.0) -> None:
        self._scale = scale
        self._pool = ThreadPoolExecutor(painters, thread_name_prefix="easel")
        self._idle: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()

    def draw(self, task: Path, picture: Path) -> Future[str]:
        """The prompt that was really used, as soon as the picture is written; fails with `RuntimeError`."""
        return self._pool.submit(self._draw, task, picture)

    def _draw(self, task: Path, picture: Path) -> str:
        try:
            painter = self._idle.get_nowait()
        except queue.Empty:
            painter = _start()
        answer = _ask(painter, json.dumps({"task": str(task), "picture": str(picture), "scale": self._scale}))
        if not answer:
            painter.kill()
            _leave(painter)
            raise RuntimeError("The painter ended before its picture was done.")
        self._idle.put(painter)
        said = json.loads(answer)
        if "error" in said:
            raise RuntimeError(said["error"])
        return str(said["prompt"])

    def close(self) -> None:
        """Lets the pictures that are begun be finished, drops the others, and ends the painters."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        while not self._idle.empty():
            _leave(self._idle.get())


def _start() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"{PACKAGE}.painter"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=HOME, text=True, encoding="utf-8")  # noqa: S603


def _ask(painter: subprocess.Popen[str], line: str) -> str:
    assert painter.stdin is not None and painter.stdout is not None  # noqa: S101, PT018
    try:
        painter.stdin.write(line + "\n")
        painter.stdin.flush()
        return painter.stdout.readline()
    except OSError:
        return ""


def _leave(painter: subprocess.Popen[str]) -> None:
    with contextlib.suppress(OSError), painter:  # closes its input, which it takes as the end
        pass
