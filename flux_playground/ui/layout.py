"""Where the page's components are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..packaged import project_links
from ..playground import Playground
from .account import connection
from .account import price as price_line
from .components import hidden, html
from .endpoints import replace_document
from .endpoints.switch import render_picker
from .events.action import Action
from .events.context import Context, PageState, Payer, initial_context
from .events.js_bridge import form_bridge, page_bridge
from .events.update import ResultHtml
from .form.form import Form, FormComponents
from .gallery.gallery_view import filterable_fields, render_bar
from .generate.generate_actions import COUNTS
from .generate.result_view import render_empty
from .recipes import panels
from .sweeps.sweep_plan import PRESETS
from .text.templates import render


@dataclass(frozen=True)
class Components:
    """The Gradio components that actions write to, and those of each endpoint's form.

    `bridge` sends the page's own events, `form_bridges` those of the forms. Each form has its own button `generate`;
    `press` carries the data of a press. `document` is None on a hosted page.
    """

    bridge: Any
    form_bridges: tuple[Any, ...]
    press: Any
    forms: tuple[FormComponents, ...]
    generate: tuple[Any, ...]
    frame: Any
    line: Any
    below: Any
    history: Any
    notice: Any
    price: Any
    field_errors: Any
    connection: Any
    finetunes: Any
    image_notes: Any
    panel: Any
    code: Any
    dialog: Any
    json_text: Any
    json_state: Any
    sweep: Any
    document: Any

    @property
    def followed(self) -> list[Any]:
        """The components that a streaming action may write to."""
        result = [self.frame, self.line, self.below, self.history]
        return [*result, self.notice, self.price, self.field_errors, self.connection, self.finetunes]

    @property
    def texts(self) -> list[Any]:
        """The components that an action of the form may write to, beside the form."""
        return [self.notice, self.dialog, self.code, self.image_notes, self.json_text, self.json_state, self.sweep]


def draw_page(
    page: PageState, forms: Sequence[Form], actions: Mapping[str, Action], examples: Sequence[Mapping[str, Any]]
) -> Components:
    """Draw the whole page; the form of the first endpoint is shown."""
    context = initial_context(page, forms[0])
    bridge = page_bridge(actions)
    form_bridges = tuple(form_bridge(place, actions) for place in range(len(forms)))
    with hidden():
        press = gr.Textbox(visible=False)
    badge, document = _draw_header(context, forms)
    with gr.Row(elem_id="columns", equal_height=False):
        with gr.Column(elem_id="form", min_width=0):
            html("<h2>Settings</h2>", elem_classes=["unseen"])
            drawn = tuple(form.draw(place) for place, form in enumerate(forms))
            with gr.Column(elem_id="action", min_width=0):
                notice = html("", elem_id="notice")
                with gr.Row(elem_id="press"):
                    html(render("count.html", numbers=COUNTS))
                    buttons = tuple(_draw_generate_button(place) for place in range(len(forms)))
                price = html(price_line.render_price(context), elem_id="price")
            code = panels.draw_form_tools()
            html(render("sweep_panel.html", presets=PRESETS.items()), elem_id="sweep")
            sweep = html("", elem_id="sweep-plan")
            with gr.Column(elem_id="json-view", min_width=0):
                html(render("json_panel.html"))
                json_text, json_state = html(""), html("")
        with gr.Column(elem_id="result", min_width=0):
            with gr.Column(elem_id="stage", min_width=0):
                nothing = _draw_empty_result(context, examples)
                frame, line = html(nothing.frame), html(nothing.line)
                below = html(nothing.below, elem_id="below")
                panel, dialog = panels.draw_result_panels()
            history = html("", elem_id="history")
    _draw_gallery_and_foot(page.playground)
    return Components(
        bridge=bridge,
        form_bridges=form_bridges,
        press=press,
        forms=drawn,
        generate=buttons,
        frame=frame,
        line=line,
        below=below,
        history=history,
        notice=notice,
        price=price,
        field_errors=html(""),
        connection=badge,
        finetunes=html("", elem_id="choices"),
        image_notes=html(""),
        panel=panel,
        code=code,
        dialog=dialog,
        json_text=json_text,
        json_state=json_state,
        sweep=sweep,
        document=document,
    )


def _draw_header(context: Context, forms: Sequence[Form]) -> tuple[Any, Any]:
    """Draw the header; return who is connected, and the panel of the API schema, None on a hosted page."""
    hosted = context.playground.settings.hosted
    with gr.Row(elem_id="head"):
        html(render("header.html", picker=render_picker(forms)), elem_id="name")
        document = None if hosted else replace_document.draw_panel(context.playground)
        badge = html(connection.render_connection(context), elem_id="connection")
        html(render("menu.html", has_schema=not hosted), elem_id="menu")
    return badge, document


def _draw_gallery_and_foot(playground: Playground) -> None:
    fields = filterable_fields(playground.document).values()
    html(render_bar(fields, can_import=not playground.settings.hosted), elem_id="views")
    foot = render("foot.html", has_api=playground.settings.api_enabled, links=project_links())
    html(foot, elem_id="foot")


def _draw_generate_button(place: int) -> Any:
    return gr.Button("Generate", variant="primary", size="lg", elem_id="generate", visible=place == 0)


def _draw_empty_result(context: Context, examples: Sequence[Mapping[str, Any]]) -> ResultHtml:
    # Only the demo server has the finetunes of the examples.
    left_out = () if context.payer is Payer.DEMO else ("finetune_id",)
    names = {field.name for field in context.form.fields}.difference(left_out)
    shown = [
        {**example, "settings": {name: value for name, value in example["settings"].items() if name in names}}
        for example in examples
        if "prompt" in names
    ]
    return render_empty(shown)
