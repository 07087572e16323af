"""The form of one endpoint: an input for each of its fields.

Knows gradio and the fields' inputs; must not know what any of it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ...schema import Field
from ..events.js_bridge import private
from ..text import labels
from ..text.html import join
from . import field_values


@dataclass(frozen=True)
class Form:
    """The components of one endpoint's form; `inputs` are by their keys."""

    column: Any
    inputs: Mapping[str, Any]


def form(place: int, chosen: Sequence[Field]) -> Form:
    """The inputs for these fields, put where they stand; only the first form (place 0) is in the browser's page."""
    with gr.Column(elem_id=f"fields-{place}", elem_classes="fields", min_width=0, visible=place == 0) as column:
        inputs = _fields(chosen)
        # One component, not one or two for each field: every component takes the browser milliseconds to begin with.
        html(join(field_values.under(one) for one in chosen), elem_classes="unders")
    return Form(column, inputs)


def html(value: str, **how: Any) -> Any:
    """A piece of HTML of our own, without gradio's styles for text in it."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, **how)


def _fields(chosen: Sequence[Field]) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    everyday = [one for one in labels.ordered(chosen) if not labels.advanced(one)]
    folded = [one for one in labels.ordered(chosen) if labels.advanced(one)]
    for field in everyday:
        _place(field, inputs, columns)
    if folded:
        with gr.Accordion("Advanced", open=False, elem_id="advanced"):
            for field in folded:
                _place(field, inputs, columns)
    for name, needed in labels.NEEDS.items():
        if name in inputs and needed in inputs:
            inputs[needed].change(
                lambda value: gr.Column(visible=bool(value)), inputs[needed], columns[name], queue=False, **private()
            )
    return inputs


def _place(field: Field, inputs: dict[str, Any], columns: dict[str, Any]) -> None:
    kinds = ["field", f"field-{field.name}", *(["required"] if field.required else [])]
    alone = labels.NEEDS.get(field.name) not in inputs
    with gr.Column(elem_classes=kinds, min_width=0, visible=alone, elem_id=f"field-{field.name}") as column:
        column.allow_expected_parents = False  # gradio would put another box around each input
        inputs |= field_values.components(field)
    columns[field.name] = column
