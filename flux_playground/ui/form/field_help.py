"""The small tools beside some inputs: dice and reuse for a seed, drawn shapes for an aspect ratio.

Taste, by the fields' names, like `labels.py`: what they do is in `assets/page.js`, on this side of the network, and
every one of them can be done by typing as well. Knows fields, not gradio.
"""

from __future__ import annotations

from ...schema import Field
from ..text import labels
from ..text.html import button, escape, join


def beside(field: Field) -> str:
    """The tools of a field, or ""."""
    if field.name == "seed" and field.type == "integer":
        return _seed()
    if field.name == "aspect_ratio" and field.type == "string" and not field.enum:
        return _shapes()
    return ""


def _seed() -> str:
    return (
        '<div class="seedtools">'
        + button("dice", "", drawing="dice", name="Roll a new seed")
        + button("reuse", "", drawing="reuse", name="Reuse the seed of the picture on the right")
        + button("clear", "", drawing="clear", name="Clear: a random seed each time", field="seed")
        + button("lock", "", drawing="lock", name="Lock the seed: recalls leave it as it is").replace(
            "data-act", 'aria-pressed="false" data-act'
        )
        + "</div>"
    )


def _shapes() -> str:
    chips = join(_chip(text) for text in labels.SHAPES)
    swap = button("swap", "", drawing="swap", name="Swap width and height")
    return f'<div class="shapes" role="group" aria-label="Common aspect ratios">{chips}{swap}</div>'


def _chip(text: str) -> str:
    width, height = (int(part) for part in text.split(":"))
    longer = max(width, height)
    size = f"width:{18 * width / longer:.1f}px;height:{18 * height / longer:.1f}px"
    return (
        f'<button type="button" class="chip" data-act="shape" data-value="{escape(text)}" aria-label="{escape(text)}">'
        f'<i style="{size}" aria-hidden="true"></i><span>{escape(text)}</span></button>'
    )
