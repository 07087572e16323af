"""Presentation hints for known field names: labels, order, which fields are advanced.

A field without a hint gets the schema's title and description, and an input that works as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...schema import Field

LABELS = {
    "finetune_id": "Finetune",
    "finetune_strength": "Strength",
    "output_format": "File format",
    "webhook_url": "Webhook URL",
    "webhook_secret": "Webhook secret",
    "image_prompt": "Image prompt",
    "image_prompt_strength": "Image prompt strength",
    "prompt_upsampling": "Prompt upsampling",
    "safety_tolerance": "Safety tolerance",
    "aspect_ratio": "Aspect ratio",
}

PLACEHOLDERS = {
    "seed": "Random",
    "prompt": "Describe the image",
    "finetune_id": "Finetune ID",
}

FIRST = ("prompt", "finetune_id", "finetune_strength", "aspect_ratio", "width", "height", "seed")
LAST = ("image_prompt", "image_prompt_strength", "webhook_url", "webhook_secret")
ADVANCED = frozenset({"safety_tolerance", "output_format", "prompt_upsampling", "image_prompt_strength", "raw"})
HALF = frozenset({"finetune_id", "finetune_strength", "width", "height", "webhook_url", "webhook_secret"})
"""Fields that share a row with the next one."""

FACTS = ("finetune_id", "finetune_strength", "image_prompt_strength", "raw", "steps", "guidance", "input_image")
"""Fields whose values belong to the facts of an image, in this order."""

CAPTIONS = ("finetune_strength", "guidance", "steps", "image_prompt_strength")
"""Fields of which a history card shows the first one that the request has."""

LONG = frozenset({"prompt", "negative_prompt", "text"})

ABOUT = {
    "image_prompt": "Reference image, blended with the prompt. Location and camera data are removed.",
}

OWNERS = frozenset({"webhook_url", "webhook_secret"})
"""Fields that only an owner sets: with a webhook, a visitor could make the API call any address."""

SWITCHES = {"prompt_upsampling": "Enhance prompt (prompt upsampling)"}
"""Texts of checkboxes that need more than the label."""

NEEDS = {"image_prompt_strength": "image_prompt"}
"""Fields that are visible only while another field has a value."""

SHAPES = ("21:9", "16:9", "3:2", "4:3", "1:1", "3:4", "2:3", "9:16", "9:21")
"""Aspect ratios with a button; any other ratio can be typed."""


def label(field: Field) -> str:
    """Return the label of a field."""
    return LABELS.get(field.name) or branch(field) or label_of(field.name)


def branch(field: Field) -> str:
    """Return the label of a branch of a union."""
    return field.title[:1].upper() + field.title[1:]


def label_of(name: str) -> str:
    """Return the label of a field of a stored request."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def facts(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the labels and values of a stored request that belong to the facts of its image."""
    values = ((name, request.get(name)) for name in FACTS if NEEDS.get(name, name) in request)
    return [
        (label_of(name), _text(value)) for name, value in values if isinstance(value, str | int | float) and value != ""
    ]


def caption(request: Mapping[str, Any]) -> str:
    """Return the value that tells images of a series apart beside the seed; "" for none."""
    return next((_text(request[name]) for name in CAPTIONS if isinstance(request.get(name), int | float)), "")


def changes(request: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Return the labels of the fields in which two stored requests differ; the seed does not count."""
    names = dict.fromkeys((*request, *before))
    return [label_of(name) for name in names if name != "seed" and request.get(name) != before.get(name)]


def _text(value: str | float) -> str:
    return (
        ("on" if value else "off")
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def about(field: Field) -> str:
    """Return the description of a field."""
    return ABOUT.get(field.name) or field.description


def placeholder(field: Field) -> str:
    """Return the placeholder of an empty input."""
    example = "" if field.example is None else str(field.example)
    return PLACEHOLDERS.get(field.name, f"e.g. {example}" if example else "")


def ordered(fields: Sequence[Field]) -> list[Field]:
    """Return the fields in the form's order: known first ones, required ones, then the rest in schema order."""

    def rank(field: Field) -> tuple[int, int]:
        if field.name in FIRST:
            return 0, FIRST.index(field.name)
        if field.name in LAST:
            return 3, LAST.index(field.name)
        return (1 if field.required else 2), 0

    return sorted(fields, key=rank)


def advanced(field: Field) -> bool:
    """Return whether a field belongs to the advanced section."""
    if field.required or field.name in FIRST or field.name in LONG:
        return False
    if field.images is not None and field.name not in LAST:
        return re.search(r"_\d+$", field.name) is not None  # the first of several fields is always visible
    return field.name in ADVANCED or field.name in LAST or field.nullable or field.default is not None
