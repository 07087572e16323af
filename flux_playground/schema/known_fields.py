"""What the playground knows about fields by their names, beyond the schema. Without it every field still works."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

IMAGE_NAMES = re.compile(r"image|image_prompt|mask|control_image|person|garment|input_image(_\d+)?|input_images")
INVISIBLE_CHARACTERS = "\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"


PROMPT, FINETUNE, STRENGTH = "prompt", "finetune_id", "finetune_strength"
"""The fields that the presets of a sweep vary, where an endpoint has them."""

VALUE_LABELS: dict[tuple[str, float], str] = {(STRENGTH, 0): "no finetune (control)"}
"""By field name and value: what the value means."""


def is_image(name: str, description: str) -> bool:
    """Return whether a string field holds an image as base64."""
    text = f"{name} {description}".lower()
    mentions_image = re.search(r"image|mask|photo|picture", text) is not None
    if IMAGE_NAMES.fullmatch(name):
        return mentions_image or not description
    return mentions_image and "base64" in text.replace("-", "")


def is_secret(name: str) -> bool:
    """Return whether the value of a field must not be shown, stored or shared."""
    return re.search(r"(^|_)(secret|password|token)(_|$)", name) is not None


def is_prose(name: str) -> bool:
    """Return whether a text field holds sentences rather than a name."""
    return re.fullmatch(r"(.*_)?prompt|text", name) is not None


def parse_ratio(text: str) -> Fraction | None:
    """Return width divided by height for a text such as "16:9"; None for any other text."""
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*:\s*(\d{1,9}(?:\.\d{1,9})?)\s*", text, re.ASCII)
    if match is None or not (Fraction(match[1]) and Fraction(match[2])):
        return None
    return Fraction(match[1]) / Fraction(match[2])


def check_ratio(text: str, description: str) -> str:
    """Return an error if a ratio is outside of the bounds in the description ("between 21:9 and 9:21"), else ""."""
    match = re.search(r"between\s+(\d+:\d+)\b[^:]*?\band\s+(\d+:\d+)", description)
    bounds = [parse_ratio(bound) for bound in match.groups()] if match else []
    if match is None or None in bounds:
        return ""
    value = parse_ratio(text)
    if value is None:
        return "must be width:height, such as 16:9"
    low, high = sorted(bound for bound in bounds if bound is not None)
    return "" if low <= value <= high else f"must be between {match[1]} and {match[2]}, not {text.strip()}"


EXTRA_CHECKS: dict[str, Callable[[str, str], str]] = {"aspect_ratio": check_ratio}
"""By field name: a check of a string that the schema cannot express. Takes value and description, returns an error."""


def normalize(name: str, text: str) -> str:
    """Correct a typed text: an id loses spaces and quotes around it, a ratio gets a colon."""
    if name == "aspect_ratio":
        match = re.fullmatch(r"\s*(\d{1,5})\s*[xX×*/]\s*(\d{1,5})\s*", text, re.ASCII)
        if match and int(match[1]) and int(match[2]):
            value = Fraction(int(match[1]), int(match[2]))
            return f"{value.numerator}:{value.denominator}"
    if not _is_id(name):
        return text
    return re.sub(rf"^[\s{QUOTES}]+|[\s{QUOTES}]+$", "", re.sub(f"[{INVISIBLE_CHARACTERS}]", "", text))


def has_control_character(name: str, text: str) -> bool:
    """Return whether a text has a control character; tabs and line breaks are allowed except in ids."""
    allowed = "" if _is_id(name) else "\t\n\r"
    return any((ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0) and char not in allowed for char in text)


def _is_id(name: str) -> bool:
    return re.search(r"(^|_)id$", name) is not None
