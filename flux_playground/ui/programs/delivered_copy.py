"""Copies of delivered files for programs that call the page."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

from ...generation import Generation
from ...storage.generation_store import GenerationStore

FOLDER_PREFIX = "flux-delivered-"
MAX_AGE_SECONDS = 600.0


def copy_image(store: GenerationStore, generation: Generation) -> str:
    """Copy the image of a generation to a temporary folder and return the path, for Gradio; raises `OSError`."""
    _remove_old_folders()
    chunks = store.stream_image(generation)
    name = generation.image.name if generation.image is not None else generation.id
    path = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)) / name
    with path.open("wb") as file:
        file.writelines(chunks)
    return str(path)


def _remove_old_folders() -> None:
    """Remove folders that Gradio has copied from; folders of another user stay."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.lstat().st_mtime < time.time() - MAX_AGE_SECONDS:
                shutil.rmtree(folder)
