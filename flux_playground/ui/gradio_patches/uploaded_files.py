"""Checks the files that a client names: only uploaded files may be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

NOT_UPLOADED = "Only uploaded images can be used."
FILE_MARKER = "gradio.FileData"


def uploaded_path(payload: Any) -> str:
    """The path of a file in Gradio's upload folder.

    Raises `gradio.Error` with one sentence for anything else, so that a client cannot learn which files exist.
    """
    # Uploads are not bound to a session: Gradio has no session at an upload. The path contains the SHA-256 of the file,
    # so that only a client that has the file or its path can name it.
    text = payload.get("path") if isinstance(payload, dict) else getattr(payload, "path", None)
    folder = Path(get_upload_folder()).resolve()
    try:
        named = Path(text or "").absolute() if isinstance(text, str) else None
        path = named.resolve(strict=True) if named is not None else None
        # The folder itself may be reached through a symlink, but no file may lead out of it by one.
        if named is not None and path is not None and path.is_file() and path.is_relative_to(folder):
            inside = path.relative_to(folder)
            if named in (folder / inside, Path(get_upload_folder()).absolute() / inside):
                return str(path)
    except (OSError, ValueError, RuntimeError):
        pass
    raise gr.Error(NOT_UPLOADED, print_exception=False)  # a client must not fill the log


def is_upload(path: Path) -> bool:
    """Return whether a path is one that `uploaded_path` accepts."""
    try:
        return uploaded_path({"path": str(path)}) == str(path)
    except gr.Error:
        return False


def save_upload(data: bytes, name: str) -> str:
    """Store a file among the uploads, in a folder named by its hash, and return its path."""
    return str(save_bytes_to_cache(data, name, get_upload_folder()))


def check_uploads(value: Any) -> None:
    """Raise `gradio.Error` for a file in `value` that was not uploaded: Gradio would download a URL."""
    if isinstance(value, dict):
        meta = value.get("meta")
        if "path" in value and isinstance(meta, dict) and meta.get("_type") == FILE_MARKER:
            uploaded_path(value)
            return
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            check_uploads(item)
