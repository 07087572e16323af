"""Puts values into the form and keeps what it held for Undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import notices
from .context import Context
from .update import Update


def replace_form(context: Context, inputs: Mapping[str, Any], text: str) -> Update:
    """Return the update that puts `inputs` into the form and says `text`; the session keeps the contents for Undo."""
    if inputs:
        keep_for_undo(context, {key: _restorable(context.raw.get(key)) for key in inputs})
    return Update(notice=notices.notice(text, undo=bool(inputs), filled=inputs), inputs=inputs)


def keep_for_undo(context: Context, contents: Mapping[str, Any], *, of_json: bool = False) -> None:
    """Keep the contents of inputs for Undo, by their keys; `of_json` says that an edit of the JSON replaces them."""
    context.session.undo, context.session.undo_of_json = contents, of_json


def _restorable(content: Any) -> Any:
    """Return what an input must be given to hold `content` again: files as their paths in Gradio's folder."""
    files = getattr(content, "root", None)
    if files is not None:
        return [file.path for file in files]
    return getattr(content, "path", content)
