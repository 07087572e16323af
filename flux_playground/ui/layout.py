"""Where everything stands on the page: the components, made and put in their places.

Knows gradio and the fields' inputs; must not know what any of it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..playground import OWNER, Playground
from ..schema import Field
from . import connection, fields, labels, tools, tray
from .markup import escape
from .result import empty

# Of an event that the page alone uses: not in the page's API, never held up, any number at once.
PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "trigger_mode": "multiple",
    "concurrency_limit": None,
}


@dataclass(frozen=True)
class Parts:
    """The components that acts write to."""

    frame: Any
    line: Any
    below: Any
    strip: Any
    notice: Any
    connection: Any
    choices: Any
    hints: Mapping[str, Any]
    inputs: Mapping[str, Any]
    tray: tray.Tray

    @property
    def outputs(self) -> list[Any]:
        """All but the inputs."""
        return [
            self.frame,
            self.line,
            self.below,
            self.strip,
            self.notice,
            self.connection,
            self.choices,
            *self.hints.values(),
        ]


def lay_out(playground: Playground, chosen: tuple[Field, ...], examples: Sequence[str]) -> tuple[Parts, Any]:
    """The whole page for these fields: what acts write to, and the button that generates."""
    head = f'<h1>Flux Playground</h1><p class="endpoint">{escape(playground.operation.path)}</p>'
    known = next((str(one.example or "") for one in chosen if one.name == "finetune_id"), "")
    nothing = empty(examples, known if playground.local() else "")
    with gr.Row(elem_id="head"):
        _html(head, elem_id="name")
        badge = _html(connection.badge(playground, OWNER), elem_id="connection")
    with gr.Row(elem_id="columns", equal_height=False):
        with gr.Column(elem_id="form", min_width=0):
            inputs, hints = _form(chosen)
            with gr.Column(elem_id="action", min_width=0):
                notice = _html("", elem_id="notice")
                go = gr.Button("Generate", variant="primary", size="lg", elem_id="generate")
            file, draft = tray.below_form()
        with gr.Column(elem_id="result", min_width=0):
            with gr.Column(elem_id="stage", min_width=0):
                frame, line, below = _html(nothing.frame), _html(nothing.line), _html(nothing.below)
                panel, sheet = tray.below_picture()
            strip = _html("", elem_id="history")
    choices = _html("", elem_id="choices")
    recipes = tray.Tray(panel, draft, sheet, file)
    return Parts(frame, line, below, strip, notice, badge, choices, hints, inputs, recipes), go


def _html(value: str, **how: Any) -> Any:
    """A piece of HTML of our own, without gradio's styles for text in it."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, **how)


def _form(chosen: tuple[Field, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
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
        inputs[field.name] = fields.component(field)
        extra = tools.beside(field)
        if extra:
            _html(extra, elem_classes="tools")
        hints[field.name] = _html(fields.hint(field), elem_classes="hints")
