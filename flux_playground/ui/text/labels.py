"""Taste, for names that we know: better labels, the order of the fields, which are rarely used. Nothing depends on it.

A field that is not named here gets the schema's own title and description, and an input that works as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...schema import Field

LABELS = {
    "finetune_id": "Finetune",
    "finetune_strength": "Finetune strength",
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
    "seed": "random each time",
    "prompt": "What should the picture show?",
    "finetune_id": "the id that it got when it was trained",
}

FIRST = ("finetune_id", "prompt", "finetune_strength", "aspect_ratio", "width", "height", "seed")
LAST = ("image_prompt", "image_prompt_strength", "webhook_url", "webhook_secret")
ADVANCED = frozenset({"safety_tolerance", "output_format", "prompt_upsampling", "image_prompt_strength", "raw"})
LONG = frozenset({"prompt", "negative_prompt", "text"})

ABOUT = {
    "image_prompt": "A picture to start from, remixed with the prompt: its colours and composition come through as far "
    "as its strength says. Drop, paste or choose a file; its place and camera data are taken out before it is sent.",
}

OWNERS = frozenset({"webhook_url", "webhook_secret"})
"""Fields that are of no use to a stranger, and a way to have the API call somebody: absent where strangers visit."""

SWITCHES = {"prompt_upsampling": "Let the API rewrite the prompt"}
"""What a checkbox says beside its box, where the label alone would not do."""

NEEDS = {"image_prompt_strength": "image_prompt"}
"""Fields that mean something only beside another one, and are shown only then."""

SHAPES = ("21:9", "16:9", "3:2", "4:3", "1:1", "3:4", "2:3", "9:16", "9:21")
"""Aspect ratios within one click; any other that the API takes can be typed."""


def label(field: Field) -> str:
    """What a field is called on the page."""
    return LABELS.get(field.name) or branch(field) or field.name.replace("_", " ").capitalize()


def branch(field: Field) -> str:
    """What a branch of a union is called on the page."""
    return field.title[:1].upper() + field.title[1:]


def about(field: Field) -> str:
    """What a field does, for those who want to know."""
    return ABOUT.get(field.name) or field.description


def placeholder(field: Field) -> str:
    """What stands greyed in an empty input."""
    example = "" if field.example is None else str(field.example)
    return PLACEHOLDERS.get(field.name, f"e.g. {example}" if example else "")


def needed(fields: Sequence[Field]) -> str:
    """What has to be filled in before a picture can come of it, in the order of the form: for a sentence."""
    names = [label(one) for one in ordered(fields) if one.required or one.name == "prompt"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names) or "what you like"


def ordered(fields: Sequence[Field]) -> list[Field]:
    """The fields as a person would want them: the known first ones, what is required, the rest as the schema has it."""

    def rank(field: Field) -> tuple[int, int]:
        if field.name in FIRST:
            return 0, FIRST.index(field.name)
        if field.name in LAST:
            return 3, LAST.index(field.name)
        return (1 if field.required else 2), 0

    return sorted(fields, key=rank)


def advanced(field: Field) -> bool:
    """Whether a field is folded away: what may be left out and is not among those that everybody uses."""
    if field.required or field.name in FIRST or field.name in LONG:
        return False
    return field.name in ADVANCED or field.name in LAST or field.nullable or field.default is not None
