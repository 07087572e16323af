"""The program in a forked process that has loaded Gradio already: a start takes half a second instead of six.

Its images have one color and its polls are short, for tests in which neither matters.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from flux_playground import __main__ as program
from flux_playground import schema
from flux_playground.local import LocalServer

ROOT = Path(__file__).parent.parent
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


def fork_program(environ: Mapping[str, str], log: Path) -> BaseProcess:
    """Start the program with this environment; its output goes to the log."""
    process = FORKS.Process(target=_run, args=(dict(environ), log))
    process.start()
    return process


def _run(environ: dict[str, str], log: Path) -> None:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(ROOT)
    setattr(program, "LocalServer", partial(LocalServer, renderer="flat"))  # noqa: B010
    setattr(schema, "usual_seconds", lambda _: (0.1, 0.5))  # noqa: B010
    raise SystemExit(program.start([]).serve())
