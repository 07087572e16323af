"""Where recipes stand on the page, and which event does what with them.

Knows gradio and `Recipes`; must not know how anything is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from . import problems
from .markup import button
from .recipes import Recipes

FILE = "the file"
"""The name of the opened file among a form's values: no field has a name with a space."""

OPEN = "Open a recipe or picture"
ABOUT = "Or drop or paste a picture, a recipe, a link or code anywhere on this page."
LONGEST = 250_000
"""Characters of a pasted text that are looked at."""

ACTS = ("panel", "draft", "paste", "reopen", "apply", "asimage", "reproduce", "insist")


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


def wire(
    bridge: Any, tray: Tray, inputs: Mapping[str, Any], notice: Any, recipes: Recipes, private: Mapping[str, Any]
) -> None:
    """Connect the page's events with what they do; `private` is how an event of the page alone is made."""
    filled = [notice, tray.sheet, *inputs.values()]

    async def panel(request: gr.Request, event: gr.EventData) -> str:
        data = _data(event)
        return await recipes.panel(request.session_hash, str(data.get("what", "")), str(data.get("id", "")))

    async def draft(request: gr.Request, event: gr.EventData, **raw: Any) -> str:
        return await recipes.draft(request.session_hash, raw) if _data(event).get("open") else ""

    async def pasted(request: gr.Request, event: gr.EventData, **raw: Any) -> str:
        return await recipes.open(request.session_hash, str(_data(event).get("text", ""))[:LONGEST], raw)

    async def reopened(request: gr.Request, **raw: Any) -> str:
        return await recipes.reopen(request.session_hash, raw)

    async def dropped(request: gr.Request, **raw: Any) -> str:
        path = raw.pop(FILE)
        return await recipes.open(request.session_hash, Path(path), raw) if path else ""

    async def apply(request: gr.Request) -> dict[Any, Any]:
        return _filled(await recipes.apply(request.session_hash), "It is in the form now. Nothing was sent.")

    async def as_image(request: gr.Request) -> dict[Any, Any]:
        return _filled(await recipes.as_image(request.session_hash), "The picture is the image prompt now.")

    def _filled(values: Mapping[str, Any], said: str) -> dict[Any, Any]:
        told = problems.notice(said if values else "Nothing was changed.")
        return {notice: told, tray.sheet: "", **{inputs[name]: value for name, value in values.items()}}

    bridge.act_panel(panel, None, tray.panel, queue=False, **private)
    bridge.act_draft(draft, inputs_kwargs=dict(inputs), outputs=tray.draft, queue=False, **private)
    bridge.act_reopen(reopened, inputs_kwargs=dict(inputs), outputs=tray.sheet, queue=False, **private)
    bridge.act_paste(pasted, inputs_kwargs=dict(inputs), outputs=tray.sheet, queue=False, **private)
    tray.file.upload(dropped, inputs_kwargs={**inputs, FILE: tray.file}, outputs=tray.sheet, queue=False, **private)
    bridge.act_apply(apply, None, filled, queue=False, **private)
    bridge.act_asimage(as_image, None, filled, queue=False, **private)


_OWN: Mapping[str, Any] = {"js_on_load": None, "apply_default_css": False}


def _data(event: gr.EventData) -> Mapping[str, Any]:
    return event._data if isinstance(event._data, dict) else {}


def _path(payload: Any) -> str | None:
    """The uploaded file, unopened. That it is a file of ours, gradio has checked before."""
    return None if payload is None else payload.path
