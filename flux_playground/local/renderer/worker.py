"""A render process: reads lines `{"task", "image", "scale"}` and answers each with `{"prompt"}` or `{"error"}`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from .render import encode, render


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
