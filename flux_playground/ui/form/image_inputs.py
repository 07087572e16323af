"""Files that the page puts into its image inputs."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from pathlib import Path

from ...errors import InvalidImage
from ...images.image_file import verify
from ...request_images import decode_base64

FOLDER_PREFIX = "flux-recalled-"
MAX_AGE_SECONDS = 600.0


def save_image(text: str) -> str | None:
    """Save a base64 image to a temporary file and return its path; None for what is no image.

    Gradio copies the file into its own folder.
    """
    try:
        data = decode_base64(text) or b""
        suffix = verify(data).suffix
    except InvalidImage:
        return None
    _remove_old_folders()
    path = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)) / f"image-prompt.{suffix.lstrip('.')}"
    path.write_bytes(data)
    return str(path)


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
