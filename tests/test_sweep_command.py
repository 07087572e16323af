"""The command `sweep`: a plan in a file becomes images, and an interrupted one is continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from subprocess import PIPE

import pytest

from flux_playground import AxisText, Playground, Settings, Sweeps, sweep_command
from flux_playground.__main__ import _open_playground
from flux_playground.client import Client
from flux_playground.local import LocalServer
from flux_playground.storage.generation_store import GenerationStore
from flux_playground.sweeps.sheet import CellState, SheetCell
from tests.sweeps.test_sheet import CELLS
from tests.waiting import wait_until

PLAN = {
    "flux_playground_sweep": 1,
    "endpoint": "/v1/flux-pro-1.1-ultra-finetuned",
    "values": {"finetune_id": "mine", "prompt": "a cat", "seed": 7},
    "axes": [{"field": "finetune_strength", "text": "0, 1"}],
}


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: LocalServer) -> str:
    """A key at the local server, and no other setting."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FLUX_PLAYGROUND_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLUX_PLAYGROUND_BASE_URL", server.url)
    monkeypatch.setenv("BFL_API_KEY", f"key-of-{tmp_path.name}")
    return f"key-of-{tmp_path.name}"


def run(*arguments: str) -> int:
    """Run the command in this process."""
    return sweep_command.run([*arguments, "--data", "data"], _open_playground)


def write(plan: object = PLAN) -> str:
    """Write a plan and return the name of the file."""
    Path("ladder.json").write_text(plan if isinstance(plan, str) else json.dumps(plan), encoding="utf-8")
    return "ladder.json"


def test_plan_becomes_images(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the price and the file of each image; run again, it makes nothing."""
    assert run(write(), "--dry-run") == 0
    out = capsys.readouterr().out
    assert out.startswith("2 images to make: 14 credits (known), about 0:")
    assert out.endswith("99,986 credits left. Not in the account's list of finetunes: mine.\n")
    assert run(write()) == 2
    assert capsys.readouterr().err == "Add --yes to make them.\nNothing was sent.\n"
    assert run(write(), "--yes") == 0
    captured = capsys.readouterr()
    assert captured.err == "[##############################] 2/2  2 ready\n"
    control, full = captured.out.splitlines()[-2:]
    assert control.startswith("no finetune (control)  ")
    assert Path(full.split()[-1]).is_file()
    assert run(write()) == 0
    assert "0 images to make, 2 exist already: free" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("{", "This plan is not valid JSON: line 1: Expecting property name enclosed in double quotes.\n"),
        ({**PLAN, "endpoint": "/v1/none"}, None),
        ({**PLAN, "axes": [{"field": "style", "text": "1"}]}, "This endpoint has no field “style”.\n"),
        ({**PLAN, "values": {"prompt": "a"}}, "finetune_id is required.\n"),
    ],
)
def test_bad_plans(plan: object, message: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan that cannot be used is one sentence and exit code 2."""
    assert run(write(plan), "--yes") == 2
    error = capsys.readouterr().err
    assert message in (error, None)
    assert error.count("\n") == 1
    assert run("nothing.json") == 2
    assert capsys.readouterr().err == (
        "There is no file nothing.json, no saved plan of this name, and no sweep with this id.\n"
    )


def test_saved_plan(server: LocalServer, account: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command makes a plan that was saved on the page, by its name."""
    settings = Settings(data=Path("data"), base_url=server.url, api_key=account)
    with Playground(settings) as playground, Sweeps(playground) as sweeps:
        sweeps.saved.save_plan("My ladder", {"finetune_id": "mine", "prompt": "a cat"}, [AxisText("seed", "1, 2")])
    assert run("My ladder", "--yes") == 0
    assert "2/2  2 ready" in capsys.readouterr().err


def test_moderated_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """A cell without an image has its state and its reason, and the exit code says so."""
    axes = [{"field": "prompt", "text": "a cat\na dog #moderated-content"}]
    assert run(write({**PLAN, "axes": axes}), "--yes") == 1
    assert "#moderated-content  failed" in capsys.readouterr().out


def test_interrupted_sweep_continues(account: str, server: LocalServer, released: threading.Event) -> None:
    """Ctrl-C pauses; the command that is printed makes the rest, and nothing is paid for twice."""
    axes = [{"field": "seed", "text": "24 random"}]
    name = write({**PLAN, "axes": axes})
    command = [sys.executable, "-m", "flux_playground", "sweep", "--yes", "--data", "data"]
    environ = {**os.environ, "FLUX_PLAYGROUND_MAX_IN_FLIGHT": "2", "PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen([*command, name], text=True, env=environ, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while not process.stdout.readline().startswith("Sweep "):
            assert process.poll() is None
        with closing(GenerationStore(Path("data"))) as store:
            wait_until(lambda: any(one.task_id for one in store.recent("owner")))
        process.send_signal(signal.SIGINT)
        paused = process.stderr.read()
    released.set()
    assert process.returncode == 1, paused
    sweep_id = paused.split()[-1]
    environ["FLUX_PLAYGROUND_MAX_IN_FLIGHT"] = "20"
    again = subprocess.run([*command, sweep_id], capture_output=True, text=True, env=environ, check=False)
    assert again.returncode == 0, again.stderr
    assert "24/24  24 ready" in again.stderr
    with Client(server.url, account) as client:
        assert client.credits() == 100_000 - 24 * 7


def test_progress() -> None:
    """The bar grows with the cells that have ended."""
    cells = [SheetCell(cell, CellState.SUCCEEDED) for cell in CELLS[:5]]
    cells += [SheetCell(CELLS[5], CellState.RUNNING), SheetCell(CELLS[6], CellState.FAILED)]
    line = sweep_command.draw_progress(cells)
    assert line.startswith("[#########################     ] 6/7  ")
    assert "5 ready" in line
    assert "1 failed" in line
