"""Runs the owner's command that scores an image: it gets the path of a file and prints a number."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess  # the command is a setting of the owner
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

MAX_SECONDS = 120.0
MAX_OUTPUT_BYTES = 8_000  # of the end of each stream; what came before is forgotten
MAX_SHOWN_CHARACTERS = 200
STEP_SECONDS = 0.2
READ_BYTES = 8_192


class ScoreFailed(Exception):
    """The command gave no score; the text is a sentence. `detail` is the last line of its error output."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


def run_score_command(
    command: Sequence[str],
    image: Path,
    environment: Mapping[str, str],
    *,
    seconds: float = MAX_SECONDS,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> float:
    """Return the number in the last line that a command prints; it runs without a shell and without input.

    The command ends after `seconds`, with all that it has started. Raises `ScoreFailed`.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  # see above
            [*command, str(image)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ScoreFailed(f"The command for scores cannot be started: {reason}.") from None
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018  # both are pipes
    output, errors = _Tail(process.stdout), _Tail(process.stderr)
    try:
        code = _wait(process, seconds, is_cancelled)
    finally:
        _kill(process)
        lines, detail = output.close(), errors.close()
    shown = detail[-1][:MAX_SHOWN_CHARACTERS] if detail else ""
    if code is None:
        raise ScoreFailed(f"The command for scores took more than {seconds:g} seconds.", shown)
    if code != 0:
        raise ScoreFailed(f"The command for scores ended with exit code {code}.", shown)
    return _read_number(lines)


def _wait(process: subprocess.Popen[bytes], seconds: float, is_cancelled: Callable[[], bool]) -> int | None:
    """Return the exit code; None when the time is over."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and not is_cancelled():
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(min(STEP_SECONDS, left))
    return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the command and what it has started, which would keep its pipes open."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _read_number(lines: Sequence[str]) -> float:
    try:
        number = float(lines[-1]) if lines else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        shown = f"“{lines[-1][:MAX_SHOWN_CHARACTERS]}”" if lines else "nothing"
        raise ScoreFailed(f"The command for scores must print a number in its last line, and printed {shown}.")
    return number


class _Tail:
    """Reads a stream to its end on a thread and keeps its last bytes, so that the command never waits for a reader."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._data = stream, b""
        self._thread = threading.Thread(target=self._read, name="score-output", daemon=True)
        self._thread.start()

    def close(self) -> list[str]:
        """Return the last lines that are not blank, once the command has ended."""
        self._thread.join(1.0)  # a process that left the group of the command could keep the pipe open
        lines = self._data.decode(errors="replace").splitlines()
        return [line.strip() for line in lines if line.strip()]

    def _read(self) -> None:
        with self._stream, contextlib.suppress(OSError, ValueError):
            while part := os.read(self._stream.fileno(), READ_BYTES):
                self._data = (self._data + part)[-MAX_OUTPUT_BYTES:]
