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

IMPORT_LABEL = "Import…"


def draw_form_tools() -> tuple[Any, Any]:
    """Draw the buttons for import, link and code, and JSON; return the upload and the code panel."""
    with gr.Row(elem_id="formtools"):
        file = gr.UploadButton(IMPORT_LABEL, elem_id="open", variant="secondary", size="sm", type="filepath")
        file.preprocess = _path
        gr.HTML(render("share_button.html"), **HTML_OPTIONS)
    return file, gr.HTML("", elem_id="draft", **HTML_OPTIONS)


def draw_result_panels() -> tuple[Any, Any]:
    """Draw the panel below the image and the import dialog."""
    return gr.HTML("", elem_id="panel", **HTML_OPTIONS), gr.HTML("", elem_id="sheets", **HTML_OPTIONS)


def bind(file: Any, bridge: Any, sessions: TabSessions) -> None:
    """Bind the upload of a file: the session keeps its path, then the form that is shown previews it."""

    async def uploaded(path: str | None, request: gr.Request) -> None:
        sessions.get(request.session_hash).dropped_file = Path(path) if path else None

    kept = file.upload(uploaded, file, None, queue=False, **private_event(bridge))
    kept.then(None, js="() => window.flux.send('dropped', {})", queue=False, **private_event(bridge))


HTML_OPTIONS: Mapping[str, Any] = {"js_on_load": None, "apply_default_css": False}


def _path(payload: Any) -> str | None:
    """Return the path of the uploaded file; raises `gradio.Error` for any other path of a client."""
    return None if payload is None else uploaded_path(payload)
