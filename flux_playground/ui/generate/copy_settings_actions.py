"""Actions that copy settings of a generation into the form, and Undo."""

from __future__ import annotations

from ..events.action import action
from ..events.context import Context
from ..events.replace_form import replace_form
from ..events.update import NO_CHANGE, Update
from . import copy_settings

MAX_TEXT_CHARS = 1_000_000
OVERWRITTEN = {
    "example": "Example filled in.",
    "dice": "Seed replaced.",
    "prompts": "Prompt replaced.",
    "shape": "Aspect ratio replaced.",
    "swap": "Aspect ratio replaced.",
}
"""Notices after a button of the page has replaced a typed value, by the button's act."""


@action("recall", writes_form=True)
async def reuse_settings(context: Context) -> Update:
    """Copy the settings of a generation, or some of them, into the form."""
    what = context.text("what")
    generation = await context.find_own()
    if generation is None or what not in copy_settings.SENTENCES:
        return NO_CHANGE
    inputs, text = await context.run(copy_settings.reuse_values, context.playground, generation, context.form, what)
    return replace_form(context, inputs, text)


@action("undo", writes_form=True)
async def undo(context: Context) -> Update:
    """Give the form the contents that it had before; a second Undo returns to the settings."""
    keys = context.form.initial()
    before = {key: content for key, content in context.session.undo.items() if key in keys}
    return replace_form(context, before, "Form restored." if before else "Nothing to restore.")


@action("snapshot", writes_form=True)
async def keep_snapshot(context: Context) -> Update:
    """Keep typed texts and numbers that the page has replaced for Undo; the form is left as it is."""
    sent, text = context.data.get("before"), OVERWRITTEN.get(context.text("by"))
    texts, keys = context.form.text_keys(), context.form.initial()
    before = {
        key: value[:MAX_TEXT_CHARS] if isinstance(value, str) else value
        for key, value in (sent if isinstance(sent, dict) else {}).items()
        if key in keys and (isinstance(value, str) if key in texts else type(value) in (int, float))
    }
    return NO_CHANGE if not before or text is None else replace_form(context, {}, text, before=before)
