"""The command that scores an image: the number that it prints, and each way to fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flux_playground.sweeps.score_command import ScoreFailed, run_score_command


def score(code: str, folder: Path, seconds: float = 60.0, **environment: str) -> float:
    """The score of an image by a Python script."""
    image = folder / "it's an image; $(touch evil) .png"
    image.write_bytes(b"0123456789")
    variables = {"PATH": os.environ["PATH"], **environment}
    return run_score_command([sys.executable, "-c", f"import os, sys\n{code}"], image, variables, seconds=seconds)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print(os.path.getsize(sys.argv[1]))", 10.0),
        ("print('loading'); print(' -0.25e1 '); print()", -2.5),
        ("print('x' * 1_000_000); sys.stderr.write('y' * 1_000_000); print(3)", 3.0),
        ("print(len(sys.argv), sys.stdin.read() or '7', sep='\\n')", 7.0),
        ("print(len(os.environ.get('SECRET', '')))", 0.0),
    ],
)
def test_number_is_read(tmp_path: Path, code: str, expected: float) -> None:
    """The last line counts, however much is printed; there is no shell, no input and no other environment."""
    assert score(code, tmp_path) == expected
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("code", "sentence", "detail"),
    [
        ("sys.exit(3)", "ended with exit code 3", ""),
        ("raise SystemError('no model')", "ended with exit code 1", "SystemError: no model"),
        ("os.kill(os.getpid(), 11)", "ended with exit code -11", ""),
        ("pass", "printed nothing", ""),
        ("print('good')", "printed “good”", ""),
        ("print('nan')", "printed “nan”", ""),
        ("print('inf')", "printed “inf”", ""),
        ("print('9' * 5000)", "printed “999", ""),
        ("sys.stdout.buffer.write(b'\\xff\\xfe')", "printed “", ""),
    ],
)
def test_failure_is_a_sentence(tmp_path: Path, code: str, sentence: str, detail: str) -> None:
    """An exit code, or anything but a finite number, is named."""
    with pytest.raises(ScoreFailed) as caught:
        score(code, tmp_path)
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 400
    assert caught.value.detail == detail


@pytest.mark.parametrize("command", [["/no/such/program"], [str(Path(__file__))], ["a\0b"]])
def test_program_that_cannot_start(tmp_path: Path, command: list[str]) -> None:
    """A program that is missing or not executable is named."""
    with pytest.raises(ScoreFailed, match="cannot be started"):
        run_score_command(command, tmp_path / "image.png", {})


def test_hanging_command_is_ended(tmp_path: Path) -> None:
    """A command that takes too long ends with all that it has started, and its pipes hold nobody up."""
    code = 'sleep 3600 & echo $! > "$(dirname "$1")/child"; while :; do echo busy; done'
    command, variables = ["sh", "-c", code, "sh"], {"PATH": os.environ["PATH"]}
    with pytest.raises(ScoreFailed, match="took more than 2 seconds"):
        run_score_command(command, tmp_path / "image.png", variables, seconds=2)
    state = Path(f"/proc/{(tmp_path / 'child').read_text()}/stat")
    assert not state.exists() or state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def test_child_that_stays_does_not_hold_up(tmp_path: Path) -> None:
    """A process that the command leaves behind with its pipes open is ended; the score counts."""
    code = "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3600)']); print(4)"
    assert score(code, tmp_path) == 4


def test_cancelled_command(tmp_path: Path) -> None:
    """A command ends early when the program does."""
    with pytest.raises(ScoreFailed):
        run_score_command(
            [sys.executable, "-c", "import time; time.sleep(3600)"], tmp_path, {}, is_cancelled=lambda: True
        )
