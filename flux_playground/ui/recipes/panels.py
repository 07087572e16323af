"""Where recipes stand on the page, and how a file is opened there.

Knows gradio; must not know what is done with a recipe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ..events.js_bridge import private
from ..gradio_patches.uploaded_files import uploaded_path
from ..text.html import button

OPEN = "Open a recipe or picture"
ABOUT = "Or drop or paste a picture, a recipe, a link or code anywhere on this page."


@dataclass(frozen=True)
class Tray:
    """The components that recipes are shown in."""

    panel: Any
    draft: Any
    sheet: Any
    file: Any


def below_form() -> tuple[Any, Any]:
    """What stands below Generate: a way to open something, and the form as a link and code."""
    with gr.Row(elem_id="formtools"):
        file = gr.UploadButton(OPEN, elem_id="open", variant="secondary", size="sm", type="filepath")
        file.preprocess = _path
        gr.HTML(button("draft", "Link and code", name="Link and code of the form"), **_OWN)
    gr.HTML(f'<p class="note">{ABOUT}</p>', elem_id="openabout", **_OWN)
    return file, gr.HTML("", elem_id="draft", **_OWN)


def below_picture() -> tuple[Any, Any]:
    """The panel below the picture, and the dialog for what was opened."""
    return gr.HTML("", elem_id="panel", **_OWN), gr.HTML("", elem_id="sheets", **_OWN)


def wire(file: Any, sender: Any, keep: Callable[[str | None, Path | None], None]) -> None:
    """Connect the way to open a file: `keep` is told of it, then the form that is shown is asked to look at it."""

    async def uploaded(path: str | None, request: gr.Request) -> None:
        keep(request.session_hash, Path(path) if path else None)

    kept = file.upload(uploaded, file, None, queue=False, **private(sender))
    kept.then(None, js="() => window.flux.bridge('dropped', {})", queue=False, **private(sender))


_OWN: Mapping[str, Any] = {"js_on_load": None, "apply_default_css": False}


def _path(payload: Any) -> str | None:
    """The path of the uploaded file; `gradio.Error` for anything else that a client names."""
    return None if payload is None else uploaded_path(payload)
