"""The script and style files of Gradio's frontend on disk."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import gradio

FOLDER = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"

log = logging.getLogger(__name__)


def find_frontend_files(folder: Path = FOLDER) -> Mapping[str, Path]:
    """The files by name; none, with a warning, if this version of Gradio keeps them elsewhere."""
    files = {path.name: path for path in folder.glob("*.*") if path.suffix in (".js", ".css")}
    if not files:
        log.warning("Gradio's frontend files are not in %s: Gradio serves them, uncached.", folder)
    return files
