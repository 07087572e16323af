"""Puts values into the form and keeps what it held for Undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..text import notices
from .context import Context
from .update import Update


def replace_form(
    context: Context,
    inputs: Mapping[str, Any],
    text: str,
    *,
    before: Mapping[str, Any] | None = None,
    of_json: bool = False,
) -> Update:
    """Return the update that puts `inputs` into the form and says `text`; the session keeps the contents for Undo.

    `before` has the contents that the page has replaced already. Edits `of_json` in a row have one Undo.
    """
    if before is None:
        before = {key: _restorable(context.raw.get(key)) for key in inputs}
    if before:
        session = context.session
        earlier = session.undo if of_json and session.undo_of_json else {}
        session.undo, session.undo_of_json = {**before, **earlier}, of_json
    return Update(notice=notices.notice(text, undo=bool(before), filled=before), inputs=inputs)


def _restorable(content: Any) -> Any:
    """Return what an input must be given to hold `content` again: files as their paths in Gradio's folder."""
    files = getattr(content, "root", None)
    if files is not None:
        return [file.path for file in files]
    return getattr(content, "path", content)
