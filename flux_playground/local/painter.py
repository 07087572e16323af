"""A program that draws: it reads which tasks to draw, line by line, and answers each when its picture is on disk.

Runs beside the server, so that no poll ever waits for a brush: `python -m flux_playground.local.painter`. It reads
JSON lines `{"task": path, "picture": path, "scale": 1.0}` and writes `{"prompt": ...}`, or `{"error": ...}`; it ends
with its input.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from . import picture


def work(order: dict[str, Any]) -> dict[str, Any]:
    """Draws one task: the picture is written as a whole or not at all."""
    task = json.loads(Path(order["task"]).read_text("utf-8"))
    drawn = picture.draw(task["request"], task["seed"], order["scale"])
    target = Path(order["picture"])
    part = target.with_suffix(".part")
    part.write_bytes(picture.write(drawn.image, task["form"]))
    part.replace(target)
    return {"prompt": drawn.prompt}


def main() -> None:
    """Draws until there is nothing more to read; a picture that fails is answered, and the next is drawn."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    for line in sys.stdin:
        try:
            answer = work(json.loads(line))
        except Exception as error:  # whatever it is, the server must hear of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
