"""How the program starts, and what it says when it cannot."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from gradio_client import Client

from flux_playground import __main__
from flux_playground.errors import InvalidSettings
from flux_playground.settings import Settings
from flux_playground.storage import data_folder
from flux_playground.storage.generation_store import GenerationStore

from ..app_process import ROOT, environment, free_port, running, text, wait_for
from ..s3_server import S3Server
from ..waiting import WAIT_SECONDS


@pytest.fixture
def start_fault(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., str]]:
    """Starts the program in this process with an environment that ends the start; gives its one sentence."""

    def start(environ: Mapping[str, str]) -> str:
        for name in os.environ:
            monkeypatch.delenv(name)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            __main__.start()
        output = capsys.readouterr()
        code = ended.value.code
        assert output.out == ""
        return one_sentence(subprocess.CompletedProcess([], code if isinstance(code, int) else -1, "", output.err))

    yield start
    gc.enable()  # a start leaves it off until the page is built


def one_sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a start ended."""
    lines = ended.stderr.strip().splitlines()
    assert ended.returncode == 2, ended.stderr
    assert len(lines) == 1, ended.stderr
    assert lines[0].endswith(".")
    return lines[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BFL_API_KEY", "two words"),
        ("BFL_API_KEY", '"quoted-key"'),
        ("FLUX_PLAYGROUND_BASE_URL", "ftp://x"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai:99999"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai:x"),
        ("FLUX_PLAYGROUND_BASE_URL", "https://api.bfl.ai\\x"),
        ("FLUX_PLAYGROUND_FILES", "s3://"),
        ("FLUX_PLAYGROUND_FILES", "https://example.org/bucket"),
        ("FLUX_PLAYGROUND_FILES", "s3://key:secret@bucket"),
        ("GRADIO_SERVER_PORT", "abc"),
        ("GRADIO_SERVER_PORT", "99999999"),
        ("GRADIO_SERVER_PORT", "-5"),
        ("GRADIO_SERVER_NAME", "no where"),
        ("GRADIO_ROOT_PATH", "playground"),
    ],
)
def test_bad_setting(tmp_path: Path, start_fault: Callable[..., str], name: str, value: str) -> None:
    """A setting that cannot be used ends the start with one sentence, which does not repeat a key."""
    sentence = start_fault(environment(tmp_path, **{name: value}))
    assert name in sentence
    assert name != "BFL_API_KEY" or value not in sentence


def test_unusable_bucket(tmp_path: Path, s3: S3Server, start_fault: Callable[..., str]) -> None:
    """A bucket that is missing or out of reach ends the start with one sentence."""
    settings = environment(tmp_path, FLUX_PLAYGROUND_FILES="s3://no-such-bucket")
    sentence = "FLUX_PLAYGROUND_FILES cannot be used: the bucket"
    assert start_fault({**settings, **s3.environment}) == f"{sentence} does not exist."
    elsewhere = {**s3.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    assert start_fault({**settings, **elsewhere}) == f"{sentence} cannot be reached."


def test_unknown_endpoint(tmp_path: Path) -> None:
    """An endpoint that the document lacks ends the process with one sentence."""
    assert "/v1/nothing" in one_sentence(text(environment(tmp_path, FLUX_PLAYGROUND_ENDPOINT="/v1/nothing")))


def test_bad_document(tmp_path: Path, start_fault: Callable[..., str]) -> None:
    """A file that is no document ends the start with one sentence."""
    (tmp_path / "notes.txt").write_text("not a document", encoding="utf-8")
    start_fault(environment(tmp_path, FLUX_PLAYGROUND_OPENAPI=str(tmp_path / "notes.txt")))


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a home folder is asked to set the data folder, and can."""

    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(InvalidSettings, match="no home folder"):
        Settings.from_env()
    assert Settings.from_env(data=str(tmp_path)).data == tmp_path


def test_folder_below_a_file(tmp_path: Path, start_fault: Callable[..., str]) -> None:
    """A data folder that cannot be made ends the start with one sentence that names the folder."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "data"
    assert str(folder) in start_fault(environment(tmp_path, FLUX_PLAYGROUND_DATA=str(folder)))


@pytest.mark.parametrize("damage", ["a folder", "random bytes", "cut"])
def test_damaged_journal(tmp_path: Path, damage: str) -> None:
    """A journal that cannot be read is one sentence that names the journal."""
    path = tmp_path / "journal.sqlite"
    if damage == "a folder":
        path.mkdir()
    elif damage == "random bytes":
        path.write_bytes(os.urandom(5_000))
    else:
        GenerationStore(tmp_path).close()
        path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(InvalidSettings, match=str(path)):
        data_folder.check_data_folder(tmp_path)


def test_port_taken(tmp_path: Path) -> None:
    """A port that is taken ends the start with one sentence; no other port is used."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in one_sentence(text(environment(tmp_path, GRADIO_SERVER_PORT=port)))


def test_hostile_environment(tmp_path: Path) -> None:
    """The page makes an image under a C locale, with unusable proxies and another user's temporary folder.

    SIGINT then ends the program without a traceback, and no temporary folder stays.
    """
    (tmp_path / "tmp" / "gradio").mkdir(parents=True)
    (tmp_path / "tmp" / "gradio").chmod(0o000)
    extra = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TMPDIR": str(tmp_path / "tmp"),
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "all_proxy": "socks5://127.0.0.1:9",
        "no_proxy": "127.0.0.0/8",
        "GRADIO_TEMP_DIR": "",
        "GRADIO_ROOT_PATH": " ",
    }
    with running(tmp_path, signal.SIGINT, **extra) as url:
        _, seed, record = Client(url, verbose=False).predict(api_name="/generate", finetune_id="my-finetune", seed="5")
    assert (seed, record["state"]) == ("5", "ready")
    assert (tmp_path / "data" / "gradio").is_dir()
    assert list((tmp_path / "tmp").glob("flux-local-*")) == []


def test_wheel(tmp_path: Path) -> None:
    """The wheel, installed into a new environment, has the command, and the command makes an image.

    SIGTERM then ends the program without a traceback, and no temporary folder stays.
    """
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    source = tmp_path / "source"
    parts = ("flux_playground", "assets", "pyproject.toml", "README.md", "LICENSE", "app.py", "CHANGELOG.md")
    for name in parts:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(ROOT / name, source / name)
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    venv.create(tmp_path / "venv", symlinks=True, with_pip=False)
    programs = tmp_path / "venv" / "bin"
    (site,) = (tmp_path / "venv" / "lib").glob("python3*/site-packages")
    install = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*install, "--no-index", str(wheel)], check=True, capture_output=True)
    # The packages that the wheel depends on come from the environment of the tests.
    dependencies = [folder for folder in sys.path if folder.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    command, environ, port = (
        str(programs / "flux-playground"),
        environment(tmp_path, TMPDIR=str(tmp_path / "tmp"), PYTHONPATH=""),  # no source before the wheel
        str(free_port()),
    )
    (tmp_path / "tmp").mkdir()
    show_version = [command, "--version"]
    version = subprocess.run(show_version, env=environ, capture_output=True, text=True, encoding="utf-8", check=True)
    assert version.stdout.startswith("flux-playground 0.")
    data = tmp_path / "elsewhere"
    start = [command, "--port", port, "--host", "127.0.0.1", "--data", str(data)]
    with (tmp_path / "log").open("wb") as log:
        program = subprocess.Popen(start, cwd=tmp_path, env=environ, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/"
        wait_for(url, lambda: program.poll() is None, tmp_path / "log")
        _, seed, record = Client(url, verbose=False).predict(api_name="/generate", finetune_id="my-finetune", seed="7")
        assert (seed, record["state"]) == ("7", "ready")
        assert list((data / "images").iterdir())
        with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as page:
            assert b"/assets/" in page.read()
    finally:
        program.terminate()
        code = program.wait(WAIT_SECONDS)
    assert code == 0
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")
    assert list((tmp_path / "tmp").glob("flux-local-*")) == []
