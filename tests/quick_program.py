"""The program as `app.py` starts it, with images of one color and short polls, for tests in which neither matters."""

from __future__ import annotations

import sys
from functools import partial

from flux_playground import __main__ as program
from flux_playground.client import poll_schedule
from flux_playground.local import LocalServer

if __name__ == "__main__":
    setattr(program, "LocalServer", partial(LocalServer, renderer="flat"))  # noqa: B010
    poll_schedule.MAX_STEP_SECONDS = 0.1
    sys.exit(program.start(sys.argv[1:]).serve())
