"""What the playground knows about fields by their names, beyond the schema. Without it every field still works."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

IMAGE_NAMES = re.compile(
    r"(\w+_)?(image|photo|picture|mask)s?(_\d+)?|(\w+_)?image_(prompt|url|base64|data)s?(_\d+)?|person|garment"
)
IMAGE_WORDS = re.compile(r"image|mask|photo|picture", re.IGNORECASE)
OTHER_MEDIA = re.compile(r"video|audio|sound|webhook|callback", re.IGNORECASE)
MEMBER_NAMES = re.compile(r"ur[li]|href|src|data|base64|b64|b64_json|bytes|content|file|source")
SIZE_NAMES = ("width", "height")
FILE_NAME_FIELDS = ("finetune_id", "finetune_strength")
"""Fields whose values are in the names of exported files."""

INVISIBLE_CHARACTERS = "\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"


PROMPT, FINETUNE, STRENGTH = "prompt", "finetune_id", "finetune_strength"
"""The fields that the presets of a sweep vary, where an endpoint has them."""

VALUE_LABELS: dict[tuple[str, float], str] = {(STRENGTH, 0): "no finetune (control)"}
"""By field name and value: what the value means."""


def is_image_text(name: str, description: str, holder: str, schema: Mapping[str, Any]) -> bool:
    """Return whether a text holds an image: its data or its address.

    `description` has all texts about it. `holder` is name and texts of the object that it is a member of, or "".
    `schema` may have a format, an encoding, a media type or a pattern that tells.
    """
    media_type = str(schema.get("contentMediaType", "application/octet-stream"))
    if media_type.startswith("image/") or "data:image" in str(schema.get("pattern", "")):
        return True
    if media_type != "application/octet-stream":
        return False
    text = f"{name} {description}"
    if IMAGE_NAMES.fullmatch(name):
        return IMAGE_WORDS.search(text) is not None or not description
    if OTHER_MEDIA.search(name) or not IMAGE_WORDS.search(f"{text} {holder}"):
        return False
    is_data = schema.get("format") in ("binary", "byte") or schema.get("contentEncoding") == "base64"
    if is_data or (IMAGE_WORDS.search(text) and "base64" in text.lower().replace("-", "")):
        return True
    if IMAGE_WORDS.search(holder) and not OTHER_MEDIA.search(holder) and MEMBER_NAMES.fullmatch(name):
        return True
    return schema.get("format") == "uri" and IMAGE_WORDS.search(name) is not None


def is_secret(name: str) -> bool:
    """Return whether the value of a field must not be shown, stored or shared."""
    return re.search(r"(^|_)(secret|password|token)(_|$)", name) is not None


def requested_pixels(request: Mapping[str, Any]) -> int | None:
    """Return the number of pixels that a request asks for by width and height; None if it leaves the size open."""
    width, height = (request.get(name) for name in SIZE_NAMES)
    if type(width) is not int or type(height) is not int or min(width, height) <= 0:
        return None
    return width * height


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


def check_id(text: str, _: str) -> str:
    """Return an error if an id has a character that only looks like one of ASCII, such as Cyrillic ones, else ""."""
    has_ascii_letter = re.search(r"[A-Za-z]", text) is not None
    for char in text:
        name = unicodedata.name(char, "an unknown character")
        is_like_letter = has_ascii_letter and name.startswith(("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"))
        is_like_sign = unicodedata.category(char) == "Pd" or unicodedata.normalize("NFKC", char).isascii()
        if not char.isascii() and (is_like_letter or is_like_sign):
            return f"has “{char}” ({name.lower()}), which only looks like another character; type the id again"
    return ""


EXTRA_CHECKS: dict[str, Callable[[str, str], str]] = {"aspect_ratio": check_ratio, FINETUNE: check_id}
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
