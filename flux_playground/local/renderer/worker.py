"""A render process: reads lines `{"task", "image", "scale"}` and writes for each `{"prompt"}` or `{"error"}`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from .render import render, render_task


def main() -> None:
    """Render until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            outcome = {"prompt": render_task(Path(order["task"]), Path(order["image"]), order["scale"], render)}
        except Exception as error:  # the server needs a line for every task
            outcome = {"error": str(error) or type(error).__name__}
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
