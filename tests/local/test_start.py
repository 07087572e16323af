"""The start of the local server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flux_playground.errors import InvalidDocument
from flux_playground.local import LocalServer
from flux_playground.local.__main__ import build_parser, main
from tests.waiting import WAIT_SECONDS

from .requests_to_server import get

ROOT = Path(__file__).parents[2]


def test_shell() -> None:
    """The server starts from a shell, responds, and ends on SIGTERM."""
    command = [sys.executable, "-m", "flux_playground.local", "--port", "0", "--speed", "50", "--renderer", "flat"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" ")[2].strip()
        assert get(url + "/v1/credits").status_code == 200
        process.terminate()
        assert process.wait(WAIT_SECONDS) == 0


def test_imports() -> None:
    """Importing the package loads none of the large libraries."""
    code = "import sys, flux_playground.local; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"gradio", "numpy", "PIL", "requests", "sqlite3"} & set(modules.stdout.split())


def test_help() -> None:
    """The help lists the options."""
    text = build_parser().format_help()
    names = (
        "host",
        "port",
        "document",
        "folder",
        "speed",
        "seed",
        "fault",
        "webhook-format",
        "single-port",
        "regions",
        "dead-region",
        "renderer",
    )
    assert [name for name in names if f"--{name}" not in text] == []


@pytest.mark.parametrize(
    "arguments", [["--document", "nowhere.json"], ["--fault", "unknown"], ["--host", "192.0.2.1"], ["--regions", "0"]]
)
def test_unusable_option(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unusable option ends the start with one line."""
    assert main(["--port", "0", *arguments]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_invalid_document(tmp_path: Path) -> None:
    """A file that is not a document is rejected."""
    (tmp_path / "none.json").write_text("[]")
    with pytest.raises(InvalidDocument):
        LocalServer(tmp_path / "none.json")


def test_unknown_renderer() -> None:
    """An unknown renderer is rejected."""
    with pytest.raises(ValueError, match="Unknown renderer"):
        LocalServer(renderer="oil")
