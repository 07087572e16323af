"""What is under a field's input: its limits, its description, and for some fields buttons that fill it."""

from __future__ import annotations

from markupsafe import Markup

from ...schema import Field
from ..text import field_hints
from ..text.templates import render
from .limits_text import describe_limits

SHAPE_PIXELS = 18
"""Longer side of a drawn aspect ratio."""


def render_help(field: Field, suggested: tuple[float, float] | None = None) -> Markup:
    """Render the help of a field in a template; the page's script moves it under the field's input.

    A field with the useful range `suggested` gets a slider for it; values beyond the range can be typed.
    """
    usual = f"usually {suggested[0]:g} to {suggested[1]:g}" if suggested else ""
    return render(
        "field.html",
        field=field,
        label=field_hints.label(field),
        tools="range" if suggested else _tools(field),
        suggested=suggested,
        shapes=[_shape(text) for text in field_hints.SHAPES],
        limits=" · ".join(part for part in (describe_limits(field), usual) if part),
        about=field_hints.about(field),
    )


def _tools(field: Field) -> str:
    """Return which buttons a field has: "prompts", "seed", "shapes", "finetunes" or none."""
    if field.name == "prompt" and field.type == "string":
        return "prompts"
    if field.name == "seed" and field.type == "integer":
        return "seed"
    if field.name == "aspect_ratio" and field.type == "string" and not field.enum:
        return "shapes"
    if field.name == "finetune_id" and field.type == "string" and not field.enum:
        return "finetunes"
    return ""


def _shape(text: str) -> dict[str, str]:
    width, height = (int(side) for side in text.split(":"))
    scale = SHAPE_PIXELS / max(width, height)
    return {"text": text, "width": f"{width * scale:.1f}", "height": f"{height * scale:.1f}"}
