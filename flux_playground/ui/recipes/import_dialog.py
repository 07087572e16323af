"""What was opened, in HTML: what it is, a table of what would change in the form, and what can be done with it.

Knows neither gradio nor how it was read. All of it is a stranger's text: escaped, cut, and never an address to follow.
"""

from __future__ import annotations

import secrets
from typing import Any

from ...recipe import SourceKind
from ...reproduce import image_exists
from ..form.widgets import UNSET
from ..text import image_urls, labels
from ..text.html import button, escape, icon, join
from .import_preview import Change, ImportPreview
from .reproduction_view import SIGNED, shown

TITLES = {
    SourceKind.IMAGE: "A picture",
    SourceKind.COPY: "A picture with settings inside",
    SourceKind.RECIPE: "A recipe",
    SourceKind.LINK: "A link with settings",
    SourceKind.REQUEST: "A request",
    SourceKind.PARAMETERS: "Settings of another tool",
}


def sheet(one: ImportPreview) -> str:
    """The dialog that shows what would change before anything does."""
    title = "A picture of yours" if one.original and one.found.kind is SourceKind.IMAGE else TITLES[one.found.kind]
    body = f"{_original(one)}{_lead(one)}{_table(one.changes)}{_refused(one)}{_unknown(one)}{_warnings(one)}"
    return _dialog(title, body, _buttons(one))


def failure(sentence: str) -> str:
    """The dialog for what cannot be read."""
    return _dialog("Nothing to open in this", f"<p>{escape(sentence)}</p><p>The form is as you left it.</p>", _close())


def _dialog(title: str, body: str, buttons: str) -> str:
    # With a name of its own, so that opening the same thing once more is a change on the page.
    name = secrets.token_hex(4)
    return (
        f'<dialog class="sheet" aria-labelledby="head-{name}"><h2 id="head-{name}">{escape(title)}</h2>'
        f'<div class="body" tabindex="0" role="group" aria-label="What it says">{body}</div>'
        f'<div class="offers">{buttons}</div></dialog>'
    )


def _original(one: ImportPreview) -> str:
    if one.original is None:
        return ""
    seed = f", seed {one.original.seed}" if one.original.seed is not None else ""
    text = f"Its original is in your journal{seed}."
    shown = f'<img src="{image_urls.thumbnail(one.original)}" alt="">' if image_exists(one.original) else ""
    return f'<div class="original">{shown}<p>{escape(text)}</p></div>'


def _lead(one: ImportPreview) -> str:
    signed = f'<p class="note">{SIGNED}</p>' if one.found.credentials else ""
    if not one.changes and not one.same and not one.refused:
        return "<p>There is no recipe inside, and it is not among the pictures kept here.</p>" + signed
    same = f"{one.same} {'field holds' if one.same == 1 else 'fields hold'} already what it says." if one.same else ""
    if not one.changes:
        return f"<p>Nothing in the form would change. {same}</p>{signed}"
    count = "One field" if len(one.changes) == 1 else f"{len(one.changes)} fields"
    return f"<p>{count} of the form would change; nothing runs by itself. {same}</p>{signed}"


def _table(changes: tuple[Change, ...]) -> str:
    if not changes:
        return ""
    rows = join(
        f"<tr><th scope=row>{escape(labels.label(one.field))}</th><td dir=auto>{_value(one, one.now)}</td>"
        f"<td dir=auto>{_value(one, one.then)}</td></tr>"
        for one in changes
    )
    head = "<tr><th scope=col>Field</th><th scope=col>Now</th><th scope=col>Then</th></tr>"
    return f'<table class="changes"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def _value(change: Change, value: Any) -> str:
    if change.field.media and value:
        return "an image"
    if value is None and change.field.default not in (None, ""):
        return f'<span class="none">{escape(UNSET)}</span>'
    return shown(value) or '<span class="none">blank</span>'


def _refused(one: ImportPreview) -> str:
    rows = join(f"<li><b>{escape(labels.label(field))}</b> {escape(said[:300])}</li>" for field, said in one.refused)
    return f'<p class="head">Not taken over, as it is not allowed here</p><ul>{rows}</ul>' if rows else ""


def _unknown(one: ImportPreview) -> str:
    rows = join(f"<li><code>{escape(name[:100])}</code> {shown(value)}</li>" for name, value in one.unknown)
    return (
        f"<details><summary>{len(one.unknown)} without a field here</summary><ul>{rows}</ul></details>" if rows else ""
    )


def _warnings(one: ImportPreview) -> str:
    return join(f'<p class="caveat">{icon("warn")}<span>{escape(text)}</span></p>' for text in one.warnings)


def _buttons(one: ImportPreview) -> str:
    offered = [button("apply", "Put into the form", kind="solid")] if one.changes else []
    if one.elsewhere:
        offered.insert(0, button("elsewhere", f"Open it at {one.elsewhere}", path=one.elsewhere))
    if one.original is not None:
        offered.append(button("show", "Show the original", id=one.original.id))
    if one.picture is not None:
        offered.append(button("asimage", "Use as image prompt", kind="quiet" if offered else "solid"))
    return join(offered) + _close("Cancel" if one.changes else "Close")


def _close(text: str = "Close") -> str:
    return button("unsheet", text)
