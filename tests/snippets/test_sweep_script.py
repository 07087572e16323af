"""The code of a sweep, run as a person would run it: it makes each image once, also when it is run again."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from flux_playground.local import LocalServer
from flux_playground.snippets.sweep_script import ScriptCell, render_sweep_script
from tests.waiting import WAIT_SECONDS, wait_until

from .test_snippets import AWKWARD, ENDPOINT, REQUEST, made

PRICE_CREDITS = 7


def cells(*varied: Mapping[str, Any], **shared: Any) -> list[ScriptCell]:
    """The cells of a sweep whose requests differ in some values."""
    requests = [{**REQUEST, "prompt": "a cat", **shared, **one} for one in varied]
    ids = [hashlib.sha256(json.dumps(one).encode()).hexdigest()[:32] for one in requests]
    return [
        ScriptCell(name, [str(value) for value in one.values()], request)
        for name, one, request in zip(ids, varied, requests, strict=True)
    ]


def begin(server: LocalServer, folder: Path, sweep: Sequence[ScriptCell], key: str) -> subprocess.Popen[str]:
    """The code of a sweep, running in a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "sweep.py").write_text(render_sweep_script(server.url, ENDPOINT, sweep), encoding="utf-8")
    environment = {**os.environ, "BFL_API_KEY": key, "PYTHONUTF8": "1"}
    command = [sys.executable, "-W", "error", "sweep.py"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True)


def run(server: LocalServer, folder: Path, sweep: Sequence[ScriptCell], key: str = "a-key") -> tuple[int, str]:
    """The exit code of the code, and what it has printed."""
    process = begin(server, folder, sweep, key)
    out, error = process.communicate(timeout=WAIT_SECONDS)
    assert error == ""
    return process.returncode, out


def spent(server: LocalServer, key: str) -> float:
    """How many images a key has paid for."""
    left, fresh = (
        requests.get(f"{server.url}/v1/credits", headers={"x-key": one}, timeout=WAIT_SECONDS).json()["credits"]
        for one in (key, f"nobody-{time.monotonic()}")
    )
    return float((fresh - left) / PRICE_CREDITS)


def images(folder: Path) -> dict[str, bytes]:
    """The images of a folder by the beginning of their names."""
    return {path.stem.rpartition("_")[0]: path.read_bytes() for path in folder.glob("*.png")}


def test_each_cell_is_made_once(server: LocalServer, tmp_path: Path) -> None:
    """Each file has the image of its settings; another run, or that of a longer sweep, makes what is missing."""
    sweep = cells({"finetune_strength": 0.5}, {"finetune_strength": 1.5}, seed=2**70)
    assert run(server, tmp_path, sweep, "once")[0] == 0
    expected = {cell.labels[0]: made(server, json.dumps(cell.request)) for cell in sweep}
    assert images(tmp_path) == expected
    longer = cells(*({"finetune_strength": one} for one in (1.5, 0.5, 2.0)), seed=2**70)
    code, out = run(server, tmp_path, longer, "once")
    assert (code, len(out.splitlines()), len(images(tmp_path))) == (0, 3, 3)
    assert spent(server, "once") == 3


def test_awkward_texts(server: LocalServer, tmp_path: Path) -> None:
    """Prompts of any characters reach the API as they are, and give the files usable names."""
    sweep = cells({"prompt": AWKWARD}, {"prompt": "../../etc/passwd"}, {"prompt": "灯台\n."}, {"prompt": "CON"})
    code, out = run(server, tmp_path, sweep)
    assert (code, len(out.splitlines())) == (0, 4)
    assert len(images(tmp_path)) == 4
    expected = {made(server, json.dumps(cell.request)) for cell in sweep}
    assert set(images(tmp_path).values()) == expected


def test_image_files(server: LocalServer, tmp_path: Path) -> None:
    """Images of the requests are read from files beside the code."""
    varied = []
    for number in (1, 2):
        file = io.BytesIO()
        Image.effect_noise((300, 300), 50 * number).convert("RGB").save(file, "PNG")
        (tmp_path / f"image_prompt_{number}.png").write_bytes(file.getvalue())
        text = base64.b64encode(file.getvalue()).decode()
        varied.append((text, "sha256:" + hashlib.sha256(text.encode()).hexdigest()))
    sweep = cells(*({"image_prompt": reference} for _, reference in varied), image_prompt_strength=0.7)
    assert run(server, tmp_path, sweep)[0] == 0
    expected = {made(server, json.dumps({**sweep[0].request, "image_prompt": text})) for text, _ in varied}
    assert expected <= {path.read_bytes() for path in tmp_path.glob("*.png")}


def test_moderated_cell_does_not_stop_others(server: LocalServer, tmp_path: Path) -> None:
    """A cell that fails has its reason; the others are made, and another run pays for nothing."""
    sweep = cells({"prompt": "a dog #moderated-content"}, {"prompt": "a bird"})
    code, out = run(server, tmp_path, sweep, "moderated")
    assert (code, len(images(tmp_path))) == (1, 1)
    assert "Content Moderated" in out
    before = spent(server, "moderated")
    assert run(server, tmp_path, sweep, "moderated")[0] == 1
    assert spent(server, "moderated") == before


def test_lost_submit_is_not_repeated(server: LocalServer, tmp_path: Path) -> None:
    """A submit without a response is billed once, also by another run, and nothing else is sent after it."""
    sweep = cells({"prompt": "a dog #submit-cut"})
    assert run(server, tmp_path, sweep, "lost")[0] == 1
    code, out = run(server, tmp_path, sweep, "lost")
    assert (code, spent(server, "lost")) == (1, 1)
    assert "Delete" in out


def test_unavailable_api_is_not_asked_again(server: LocalServer, tmp_path: Path) -> None:
    """After 503 without Retry-After the cell may be made and billed: it is not sent again, also by another run."""
    sweep = cells({"prompt": "a dog #unavailable-once"})
    code, out = run(server, tmp_path, sweep, "unavailable")
    assert (code, spent(server, "unavailable")) == (1, 0)
    assert "503" in out
    assert "Delete" in run(server, tmp_path, sweep, "unavailable")[1]


def test_killed_code_continues(server: LocalServer, tmp_path: Path, released: threading.Event) -> None:
    """After a kill the next run fetches what was accepted and pays for each image once."""
    sweep = cells(*({"prompt": f"a cat {number}"} for number in range(3)))
    process = begin(server, tmp_path, sweep, "killed")
    wait_until(lambda: sum(path.stat().st_size > 0 for path in tmp_path.glob("*.task")) == 3)
    process.kill()
    process.communicate()
    released.set()
    assert run(server, tmp_path, sweep, "killed")[0] == 0
    assert (len(images(tmp_path)), spent(server, "killed")) == (3, 3)


@pytest.mark.parametrize("server_url", ["https://x.example'; touch evil; '", "https://api.bfl.ai"])
def test_code_has_no_secret(server_url: str) -> None:
    """No webhook, secret or foreign code is in the script."""
    text = render_sweep_script(
        server_url, '/v1/"""\nimport evil', cells({"seed": 1}, {"seed": 2}, webhook_url="x", webhook_secret="hush")
    )
    assert "hush" not in text
    assert "webhook" not in text.lower()
    assert "touch evil" not in text
    assert "\nimport evil" not in text
    compile(text, "sweep.py", "exec")
