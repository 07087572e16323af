"""Buttons beside some inputs: a random seed, the seed lock, shapes for an aspect ratio. The page's script runs them."""

from __future__ import annotations

from ...schema import Field
from ..text import labels
from ..text.html import button, escape, join


def render_tools(field: Field) -> str:
    """Render the tools of a field; "" for a field without tools."""
    if field.name == "seed" and field.type == "integer":
        return _render_seed_tools()
    if field.name == "aspect_ratio" and field.type == "string" and not field.enum:
        return _render_shapes()
    return ""


def _render_seed_tools() -> str:
    return (
        '<div class="seedtools">'
        + button("dice", "", drawing="dice", name="Random seed")
        + button("reuse", "", drawing="reuse", name="Use this image's seed")
        + button("clear", "", drawing="clear", name="Clear", field="seed")
        + button("lock", "", drawing="lock", name="Lock seed").replace("data-act", 'aria-pressed="false" data-act')
        + "</div>"
    )


def _render_shapes() -> str:
    chips = join(_render_shape(text) for text in labels.SHAPES)
    swap = button("swap", "", drawing="swap", name="Swap width and height")
    return f'<div class="shapes" role="group" aria-label="Common aspect ratios">{chips}{swap}</div>'


def _render_shape(text: str) -> str:
    width, height = (int(part) for part in text.split(":"))
    longer = max(width, height)
    size = f"width:{18 * width / longer:.1f}px;height:{18 * height / longer:.1f}px"
    return (
        f'<button type="button" class="chip" data-act="shape" data-value="{escape(text)}" aria-label="{escape(text)}">'
        f'<i style="{size}" aria-hidden="true"></i><span>{escape(text)}</span></button>'
    )
