"""The form of one endpoint: an input for each of its fields, and the row that generates.

Knows gradio and the fields' inputs; must not know what any of it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..schema import Field
from . import fields, json_view, labels, tools, tray
from .markup import button

# Of an event that the page alone uses: not in the page's API, never held up, any number at once.
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    "concurrency_limit": None,
}


@dataclass(frozen=True)
class Form:
    """The components of one endpoint's form; `inputs` are by their keys, `hints` by the fields' names.

    `json` is what holds the request as text, and what is said of it.
    """

    column: Any
    inputs: Mapping[str, Any]
    hints: Mapping[str, Any]
    notice: Any
    go: Any
    price: Any
    file: Any
    draft: Any
    json: tuple[Any, Any]


def form(chosen: Sequence[Field], *, visible: bool = True) -> Form:
    """The form for these fields, put where it stands; one that is not visible is not in the browser's page at all."""
    with gr.Column(elem_id="form", min_width=0, visible=visible) as column:
        html(button("json", "JSON", name="The request as JSON, beside the form", open="1"), elem_id="views")
        inputs, hints = _fields(chosen)
        with gr.Column(elem_id="action", min_width=0):
            notice = html("", elem_id="notice")
            go = gr.Button("Generate", variant="primary", size="lg", elem_id="generate")
            price = html("", elem_id="price")
        file, draft = tray.below_form()
        with gr.Column(elem_id="json-view", min_width=0):
            html(json_view.PANEL)
            sheet = html(""), html("")
    return Form(column, inputs, hints, notice, go, price, file, draft, sheet)


def html(value: str, **how: Any) -> Any:
    """A piece of HTML of our own, without gradio's styles for text in it."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, **how)


def _fields(chosen: Sequence[Field]) -> tuple[dict[str, Any], dict[str, Any]]:
    inputs: dict[str, Any] = {}
    hints: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    everyday = [one for one in labels.ordered(chosen) if not labels.advanced(one)]
    folded = [one for one in labels.ordered(chosen) if labels.advanced(one)]
    for field in everyday:
        _place(field, inputs, hints, columns)
    if folded:
        with gr.Accordion("Advanced", open=False, elem_id="advanced"):
            for field in folded:
                _place(field, inputs, hints, columns)
    for name, needed in labels.NEEDS.items():
        if name in inputs and needed in inputs:
            inputs[needed].change(
                lambda value: gr.Column(visible=bool(value)), inputs[needed], columns[name], queue=False, **PRIVATE
            )
    return inputs, hints


def _place(field: Field, inputs: dict[str, Any], hints: dict[str, Any], columns: dict[str, Any]) -> None:
    kinds = ["field", f"field-{field.name}", *(["required"] if field.required else [])]
    alone = labels.NEEDS.get(field.name) not in inputs
    with gr.Column(elem_classes=kinds, min_width=0, visible=alone, elem_id=f"field-{field.name}") as columns[
        field.name
    ]:
        inputs |= fields.components(field)
        extra = tools.beside(field)
        if extra:
            html(extra, elem_classes="tools")
        hints[field.name] = html(fields.hint(field), elem_classes="hints")
