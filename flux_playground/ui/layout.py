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
from . import adopting, connection, tray
from .endpoints import picker
from .form import Form, form, html
from .result import empty


@dataclass(frozen=True)
class Parts:
    """The components that acts write to: those of one endpoint's form, and those that all endpoints share."""

    frame: Any
    line: Any
    below: Any
    strip: Any
    notice: Any
    price: Any
    connection: Any
    choices: Any
    hints: Mapping[str, Any]
    inputs: Mapping[str, Any]
    tray: tray.Tray
    column: Any
    go: Any
    json: tuple[Any, Any]
    document: Any

    @property
    def outputs(self) -> list[Any]:
        """All but the inputs."""
        return [
            self.frame,
            self.line,
            self.below,
            self.strip,
            self.notice,
            self.price,
            self.connection,
            self.choices,
            *self.hints.values(),
        ]


def lay_out(views: Sequence[Playground], chosen: Sequence[tuple[Field, ...]], examples: Sequence[str]) -> list[Parts]:
    """The whole page for the fields of each endpoint, the first one's form shown."""
    known = next((str(one.example or "") for one in chosen[0] if one.name == "finetune_id"), "")
    nothing = empty(examples, known if views[0].local() else "")
    with gr.Row(elem_id="head"):
        html(f"<h1>Flux Playground</h1>{picker([one.operation for one in views])}", elem_id="name")
        document = None if views[0].settings.hosted else adopting.panel(views[0])
        badge = html(connection.badge(views[0], OWNER), elem_id="connection")
    with gr.Row(elem_id="columns", equal_height=False):
        forms = [form(some, visible=place == 0) for place, some in enumerate(chosen)]
        with gr.Column(elem_id="result", min_width=0):
            with gr.Column(elem_id="stage", min_width=0):
                frame, line, below = html(nothing.frame), html(nothing.line), html(nothing.below)
                panel, sheet = tray.below_picture()
            strip = html("", elem_id="history")
    choices = html("", elem_id="choices")

    def parts(one: Form) -> Parts:
        recipes = tray.Tray(panel, one.draft, sheet, one.file)
        shared = (badge, choices, one.hints, one.inputs, recipes, one.column, one.go, one.json, document)
        return Parts(frame, line, below, strip, one.notice, one.price, *shared)

    return [parts(one) for one in forms]
