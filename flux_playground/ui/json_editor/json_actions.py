"""Actions of the JSON editor: the form as JSON, and edited JSON into the form."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import escape

from ..events.action import action
from ..events.context import Context
from ..events.replace_form import replace_form
from ..events.update import Update
from . import json_editor

MAX_TEXT_CHARS = 1_000_000


@action("tojson", reads_form=True)
async def form_to_json(context: Context) -> Update:
    """Show the form's request as JSON."""
    context.session.undo_of_json = False  # the form was changed: the next edit has its own Undo
    text = await context.run(json_editor.request_text, context.form, context.raw)
    return Update(json_text=json_editor.render_text(text, context.text("number")), json_state="")


@action("fromjson", writes_form=True)
async def json_to_form(context: Context) -> Update:
    """Apply edited JSON to the form, or say where it is wrong; one Undo takes back all edits in a row."""
    edit = await context.run(json_editor.apply_edit, context.form, context.raw, context.text("text")[:MAX_TEXT_CHARS])
    state = f'<i data-edit="{escape(context.text("edit"))}" hidden></i>{edit.message}'  # the page waits for this edit
    if not edit.inputs:
        return Update(json_state=state)
    return replace(replace_form(context, edit.inputs, "Form changed from JSON.", of_json=True), json_state=state)
