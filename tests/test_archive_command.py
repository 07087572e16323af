"""The commands `export` and `import`: a journal moves to another machine."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flux_playground import archive_command
from flux_playground.storage.generation_store import GenerationStore

from .archive.gallery import describe, draw, draw_noise, fill, keep
from .limited_files import limited_files


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `.env` file and no variables of the developer."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLUX_PLAYGROUND_DATA", raising=False)


def make_journal(folder: Path) -> None:
    """Write a journal with images of the owner and of a visitor."""
    with closing(GenerationStore(folder)) as store:
        fill(store, 3, owner="owner")
        keep(store, describe(9, owner="visitor"), draw(9))


def test_journal_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The owner's images are exported and imported, once; other visitors' are not."""
    make_journal(tmp_path / "here")
    assert archive_command.run(["export", "a.zip", "--data", "here"]) == 0
    assert archive_command.run(["import", "a.zip", "--data", "there"]) == 0
    assert archive_command.run(["import", "a.zip", "--data", "there"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "3 generations exported to a.zip.",
        "3 images added, 0 were there, 0 not imported.",
        "0 images added, 3 were there, 0 not imported.",
    ]
    with closing(GenerationStore(tmp_path / "there")) as store:
        assert store.count("owner") == 3


def test_folder_of_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder is imported with its subfolders; what is no image is named."""
    for name, data in {"a/one.jpg": draw(1), "two.jpg": draw(2), "notes.txt": b"x", ".hidden": b"x"}.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(data)
    assert archive_command.run(["import", "photos", "--data", "there"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "notes.txt: This file is not an image.",
        "2 images added, 0 were there, 1 not imported.",
    ]


def test_export_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An existing file stays, with one sentence and exit code 2."""
    (tmp_path / "a.zip").write_text("precious")
    make_journal(tmp_path / "here")
    assert archive_command.run(["export", "a.zip", "--data", "here"]) == 2
    assert capsys.readouterr().err == "a.zip cannot be used: File exists.\n"
    assert (tmp_path / "a.zip").read_text() == "precious"


def test_failed_export_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A disk that is full in the middle of an export gives a sentence and leaves no half ZIP file."""
    make_journal(tmp_path / "here")
    with closing(GenerationStore(tmp_path / "here")) as store:
        keep(store, describe(20, owner="owner"), draw_noise(900))
    with limited_files(1_000_000):
        assert archive_command.run(["export", "a.zip", "--data", "here"]) == 2
    assert capsys.readouterr().err == "a.zip cannot be written: File too large. Nothing was exported.\n"
    assert not (tmp_path / "a.zip").exists()
    assert archive_command.run(["export", "a.zip", "--data", "here"]) == 0


def test_many_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An export reads the journal page by page, and to its end."""
    make_journal(tmp_path / "here")
    monkeypatch.setattr(archive_command, "MAX_PAGE_SIZE", 2)
    assert archive_command.run(["export", "a.zip", "--data", "here"]) == 0
    assert capsys.readouterr().out.startswith("3 generations")


def test_program_has_the_commands(tmp_path: Path) -> None:
    """The program runs a command instead of the page."""
    command = [sys.executable, "-m", "flux_playground", "import", "gone.zip", "--data", str(tmp_path / "data")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.startswith("gone.zip: It cannot be read")
