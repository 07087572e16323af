"""The components of imports and of the panels below the image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from ..components import private_event
from ..gradio_patches.uploaded_files import uploaded_path
from ..session.tab_session import TabSessions
from ..text.templates import render

OPEN = "Import settings…"


def below_form() -> tuple[Any, Any]:
    """Draw the import button and the button for link and code; return the upload and the code panel."""
    with gr.Row(elem_id="formtools"):
        file = gr.UploadButton(OPEN, elem_id="open", variant="secondary", size="sm", type="filepath")
        file.preprocess = _path
        gr.HTML(render("share_button.html"), **_OWN)
    gr.HTML(render("import_hint.html"), elem_id="openabout", **_OWN)
    return file, gr.HTML("", elem_id="draft", **_OWN)


def below_image() -> tuple[Any, Any]:
    """Draw the panel below the image and the import dialog."""
    return gr.HTML("", elem_id="panel", **_OWN), gr.HTML("", elem_id="sheets", **_OWN)


def wire(file: Any, bridge: Any, sessions: TabSessions) -> None:
    """Bind the upload of a file: the session keeps its path, then the form that is shown previews it."""

    async def uploaded(path: str | None, request: gr.Request) -> None:
        sessions.get(request.session_hash).dropped_file = Path(path) if path else None

    kept = file.upload(uploaded, file, None, queue=False, **private_event(bridge))
    kept.then(None, js="() => window.flux.bridge('dropped', {})", queue=False, **private_event(bridge))


_OWN: Mapping[str, Any] = {"js_on_load": None, "apply_default_css": False}


def _path(payload: Any) -> str | None:
    """The path of the uploaded file; `gradio.Error` for anything else that a client names."""
    return None if payload is None else uploaded_path(payload)
