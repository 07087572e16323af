"""The script and style files of Gradio's frontend on disk, and those that the page needs at its first load."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import gradio

FOLDER = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"

FIRST_LOAD = Path(__file__).parent / "first_load.json"
"""Names of the files that the page requests, in order; `python -m tests.browser.test_page_load` writes it."""

log = logging.getLogger(__name__)


def find_frontend_files(folder: Path = FOLDER) -> Mapping[str, Path]:
    """The files by name; none, with a warning, if this version of Gradio keeps them elsewhere."""
    files = {path.name: path for path in folder.glob("*.*") if path.suffix in (".js", ".css")}
    if not files:
        log.warning("Gradio's frontend files are not in %s: Gradio serves them, uncached.", folder)
    return files


def list_first_load(files: Mapping[str, Path]) -> tuple[str, ...]:
    """The names of the files that the page needs at its first load. Names of another version of Gradio are left out."""
    names: list[str] = json.loads(FIRST_LOAD.read_text(encoding="utf-8"))
    return tuple(name for name in names if name in files)
