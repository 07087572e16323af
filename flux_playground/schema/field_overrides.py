"""The table of taste: what is known of some fields by their names, beyond what a schema says.

The only file of the program's inside that names fields. Everything works without it: a field that is not listed
has an input and a check all the same. Must not import the rest of this folder.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

IMAGES = re.compile(r"image|image_prompt|mask|control_image|person|garment|input_image(_\d+)?|input_images")
"""Names under which an image is sent as base64 in a plain text."""


def is_image(name: str, description: str) -> bool:
    """Whether a field of text holds an image, as far as its name and description tell."""
    words = f"{name} {description}".lower()
    pictured = re.search(r"image|mask|photo|picture", words) is not None
    if IMAGES.fullmatch(name):
        return pictured or not description
    return pictured and "base64" in words.replace("-", "")


def is_secret(name: str) -> bool:
    """Whether a field's name says that its value is nobody else's business."""
    return re.search(r"(^|_)(secret|password|token)(_|$)", name) is not None


def parse_ratio(text: str) -> Fraction | None:
    """Width divided by height of a text such as "16:9"; None if it is not one."""
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*:\s*(\d{1,9}(?:\.\d{1,9})?)\s*", text, re.ASCII)
    if match is None or not (Fraction(match[1]) and Fraction(match[2])):
        return None
    return Fraction(match[1]) / Fraction(match[2])


def check_ratio(text: str, description: str) -> str:
    """A sentence if it is no ratio within the bounds that the description names ("between 21:9 and 9:21"), else ""."""
    named = re.search(r"between\s+(\d+:\d+)\b[^:]*?\band\s+(\d+:\d+)", description)
    bounds = [parse_ratio(one) for one in named.groups()] if named else []
    if named is None or None in bounds:
        return ""
    value = parse_ratio(text)
    if value is None:
        return "must be width:height, such as 16:9"
    low, high = sorted(one for one in bounds if one is not None)
    return "" if low <= value <= high else f"must be between {named[1]} and {named[2]}, not {text.strip()}"


EXTRA_CHECKS: dict[str, Callable[[str, str], str]] = {"aspect_ratio": check_ratio}
"""By name: a check of a field of text beyond the schema, given value and description, that returns a sentence or ""."""


INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters without width that come along when an id is copied from a page or a message."""

QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
"""Quotation marks that come along when an id is copied from code or a message."""


def normalize(name: str, text: str) -> str:
    """Return a typed text as it is meant: ids without blanks and quotes around them, ratios with a colon."""
    if name == "aspect_ratio":
        found = re.fullmatch(r"\s*(\d{1,5})\s*[xX×*/]\s*(\d{1,5})\s*", text, re.ASCII)
        if found and int(found[1]) and int(found[2]):
            value = Fraction(int(found[1]), int(found[2]))
            return f"{value.numerator}:{value.denominator}"
    if not _is_id(name):
        return text
    return re.sub(rf"^[\s{QUOTES}]+|[\s{QUOTES}]+$", "", re.sub(f"[{INVISIBLE}]", "", text))


def has_control_character(name: str, text: str) -> bool:
    """Return whether a text has a control character; tabs and line breaks are allowed except in ids."""
    allowed = "" if _is_id(name) else "\t\n\r"
    return any((ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0) and char not in allowed for char in text)


def _is_id(name: str) -> bool:
    return re.search(r"(^|_)id$", name) is not None
