"""The program itself, started as a person would start it, for the tests and benchmarks that look at it from outside."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import WAIT_SECONDS

ROOT = Path(__file__).parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """An environment with nothing of the machine's own settings in it, so that no key and no address slips in."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {
        "FLUX_PLAYGROUND_DATA": str(folder / "data"),
        "FLUX_PLAYGROUND_ENV_FILE": str(folder / "no.env"),
        "FLUX_PLAYGROUND_SECRETS_DIR": str(folder / "no-secrets"),
        "FLUX_PLAYGROUND_LOCAL_SPEED": "40",
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "GRADIO_SERVER_PORT": str(free_port()),
    }
    return {**kept, **own, **extra}


def free_port() -> int:
    """A port of this machine that nobody listens on, below those that the system gives to connections meanwhile."""
    while True:
        port = secrets.randbelow(20_000) + 10_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(
    folder: Path,
    end: signal.Signals = signal.SIGTERM,
    /,
    command: Sequence[str] = ("app.py",),
    **extra: str,
) -> Iterator[str]:
    """The address of a freshly started program that keeps its data in a folder; it ends with the block.

    `end` is the signal that ends the program: SIGKILL is what happens when the power fails; after another one the
    program must end with code 0 and without a traceback.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environ, log = environment(folder, **extra), folder / "log"
    url = f"http://127.0.0.1:{environ['GRADIO_SERVER_PORT']}/"
    with log.open("wb") as output:
        program = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environ, stdout=output, stderr=output)
        try:
            wait_for(url, lambda: program.poll() is None, log)
            yield url
        finally:
            program.send_signal(end)
            code = program.wait(WAIT_SECONDS)
    assert end is signal.SIGKILL or is_clean_end(code, log), log.read_text(encoding="utf-8")


@contextmanager
def running_quick(folder: Path, /, **extra: str) -> Iterator[str]:
    """The address of a forked program whose images have one color and whose polls are short; it ends with the block."""
    from .forked_program import fork_program  # loads Gradio

    folder.mkdir(parents=True, exist_ok=True)
    environ, log = environment(folder, **extra), folder / "log"
    url = f"http://127.0.0.1:{environ['GRADIO_SERVER_PORT']}/"
    program = fork_program(environ, log)
    try:
        wait_for(url, program.is_alive, log)
        yield url
    finally:
        program.terminate()
        program.join(WAIT_SECONDS)
    assert is_clean_end(program.exitcode, log), log.read_text(encoding="utf-8")


def is_clean_end(code: int | None, log: Path) -> bool:
    """Return whether the program ended with code 0 and without a traceback."""
    return code == 0 and "Traceback" not in log.read_text(encoding="utf-8")


def wait_for(url: str, is_running: Callable[[], bool], log: Path, timeout: float = 300.0) -> None:
    """Return as soon as the address responds; fail with the program's log when it has ended or takes too long."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and is_running():
        try:
            with urllib.request.urlopen(url, timeout=WAIT_SECONDS):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the program does not respond:\n{log.read_text(encoding='utf-8')}")


def text(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The output of a program that ends at its start."""
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environ),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=WAIT_SECONDS,
        check=False,
    )
