"""Where everything stands on the page: the components, made and put in their places.

Knows gradio and the fields' inputs; must not know what any of it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..playground import OWNER, Playground
from ..schema import Field
from .account import connection
from .endpoints import replace_document
from .endpoints.switch import picker
from .events.js_bridge import bridges
from .form import json_editor
from .form.draw import Form, form, html
from .generate.result_view import Stage, empty
from .recipes import panels
from .text import labels
from .text.html import button


@dataclass(frozen=True)
class Parts:
    """The components that acts write to, which all endpoints share, and the form of each endpoint.

    `sender` sends the page's events, `senders` those of the forms. `json` is what holds the request as text, and what
    is said of it.
    """

    sender: Any
    senders: tuple[Any, ...]
    forms: tuple[Form, ...]
    frame: Any
    line: Any
    below: Any
    strip: Any
    notice: Any
    price: Any
    faults: Any
    connection: Any
    choices: Any
    tray: panels.Tray
    json: tuple[Any, Any]
    document: Any

    @property
    def outputs(self) -> list[Any]:
        """What an act may write to."""
        shown = [self.frame, self.line, self.below, self.strip]
        return [*shown, self.notice, self.price, self.faults, self.connection, self.choices]


def lay_out(views: Sequence[Playground], chosen: Sequence[tuple[Field, ...]], examples: Sequence[str]) -> Parts:
    """The whole page for the fields of each endpoint, the first one's form shown."""
    sender, senders = bridges(len(views))
    with gr.Row(elem_id="head"):
        html(f"<h1>Flux Playground</h1>{picker([one.operation for one in views])}", elem_id="name")
        document = None if views[0].settings.hosted else replace_document.panel(views[0])
        badge = html(connection.badge(views[0], OWNER), elem_id="connection")
    with gr.Row(elem_id="columns", equal_height=False):
        with gr.Column(elem_id="form", min_width=0):
            html(button("json", "JSON", name="The request as JSON, beside the form", open="1"), elem_id="views")
            forms = tuple(form(place, some) for place, some in enumerate(chosen))
            notice, price = _action()
            file, draft = panels.below_form()
            with gr.Column(elem_id="json-view", min_width=0):
                html(json_editor.PANEL)
                sheet = html(""), html("")
        with gr.Column(elem_id="result", min_width=0):
            with gr.Column(elem_id="stage", min_width=0):
                nothing = _nothing(views[0], chosen[0], examples)
                frame, line, below = html(nothing.frame), html(nothing.line), html(nothing.below)
                panel, dialog = panels.below_picture()
            strip = html("", elem_id="history")
    choices, faults = html("", elem_id="choices"), html("")
    recipes = panels.Tray(panel, draft, dialog, file)
    told = (frame, line, below, strip, notice, price, faults, badge, choices, recipes, sheet, document)
    return Parts(sender, senders, forms, *told)


def _action() -> tuple[Any, Any]:
    """The row that generates, whichever form is shown: what is told at its button, and the price."""
    with gr.Column(elem_id="action", min_width=0):
        notice = html("", elem_id="notice")
        gr.Button("Generate", variant="primary", size="lg", elem_id="generate")
        return notice, html("", elem_id="price")


def _nothing(view: Playground, chosen: Sequence[Field], examples: Sequence[str]) -> Stage:
    known = next((str(one.example or "") for one in chosen if one.name == "finetune_id"), "")
    several = len(view.document.operations) > 1
    needed = {} if several else {"needed": labels.needed(chosen)}
    return empty(examples, known if view.uses_demo() else "", **needed)
