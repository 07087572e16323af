"""Copies of delivered files for programs that call the page."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

FOLDER_PREFIX = "flux-delivered-"
MAX_AGE_SECONDS = 600.0


def copy_image(path: Path) -> str:
    """Copy a delivered file to a temporary folder: Gradio refuses files of the data folder."""
    _remove_old_folders()
    return str(shutil.copy(path, tempfile.mkdtemp(prefix=FOLDER_PREFIX)))


def _remove_old_folders() -> None:
    """Remove folders that Gradio has copied from; folders of another user stay."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_mtime < time.time() - MAX_AGE_SECONDS:
                shutil.rmtree(folder)
