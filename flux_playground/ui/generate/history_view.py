"""The strip of recent generations: a card each, small pictures for what is done, a word and a clock for the rest.

From generations to HTML. Knows neither gradio nor how a generation is made.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...generation import Generation, State
from ...images import media_types
from ..text import image_urls, messages
from ..text.html import escape, join
from . import missing_file
from .result_view import clock, shape


def strip(generations: Sequence[Generation], shown: str) -> str:
    """The cards, newest first; `shown` is the id of the one on the stage."""
    if not generations:
        return '<section class="recent" hidden></section>'
    running = sum(not one.finished for one in generations)
    cards = join(f"<li>{_card(one, one.id == shown)}</li>" for one in generations)
    count = f"{running} under way" if running else f"{len(generations)} kept on this machine"
    return (
        f'<section class="recent" aria-label="Recent pictures" data-running="{running}">'
        f"<h2>Recent <span>{count}</span></h2>"
        f'<ul id="strip">{cards}</ul></section>'
    )


def _card(one: Generation, current: bool) -> str:
    width, height = shape(one)
    prompt = str(one.request.get("prompt") or "")
    said = missing_file.BRIEF if missing_file.gone(one) else messages.brief(one)
    kind = (
        "running"
        if not one.finished
        else "done"
        if one.state is State.SUCCEEDED and said != missing_file.BRIEF
        else "ended"
    )
    name = escape(f"{said}: {prompt[:120] or 'no prompt'}")
    mark = ' aria-current="true"' if current else ""
    style = f"--w:{width};--h:{height}"
    return (
        f'<button type="button" class="card {kind}" data-act="show" data-id="{one.id}" style="{style}"'
        f' aria-label="{name}" title="{name}"{mark}>{_face(one, kind, said)}</button>'
    )


def _face(one: Generation, kind: str, said: str) -> str:
    if kind == "done" and media_types.display_kind(one.format) == "image":
        return f'<img src="{image_urls.thumbnail(one)}" alt="" loading="lazy" decoding="async">'
    if kind == "done":
        return f'<span class="face"><span>{escape(one.format or "file")}</span></span>'
    ticking = "" if one.finished else clock(one)
    prompt = escape(str(one.request.get("prompt") or "")[:80])
    return f'<span class="face"><b>{escape(said)}</b>{ticking}<small dir="auto">{prompt}</small></span>'
