"""Which files a browser may name: those that it uploaded, and nothing else of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

NOT_UPLOADED = "Only uploaded images can be used."


def uploaded_path(payload: Any) -> str:
    """Return the path of a file in Gradio's upload folder.

    Raises `gradio.Error` with one and the same sentence for anything else, so that nobody learns which files exist.
    """
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
    raise gr.Error(NOT_UPLOADED)
