"""References to stored images: a stored request has "sha256:…" in place of the base64 of an image.

In a data URL, the reference replaces only the base64: "data:image/png;base64,sha256:…".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

PREFIX = "sha256:"
BARE_REFERENCE = re.compile(rf"{PREFIX}[0-9a-f]{{64}}")
DATA_URL_HEAD = re.compile(r"data:image/[\w.+-]{1,40};base64,")
REFERENCE = re.compile(rf"(?:{DATA_URL_HEAD.pattern})?({BARE_REFERENCE.pattern})")
MEDIA_TYPES = {"/9j/": "image/jpeg", "iVBORw0KGgo": "image/png", "UklGR": "image/webp"}
"""By how the base64 of a file of the type begins."""


def image_ref(text: str) -> str:
    """Return the reference to an image, given its base64 or its data URL."""
    head, data = split_data_url(text)
    return head + PREFIX + hashlib.sha256(data.encode()).hexdigest()


def is_image_ref(value: Any) -> bool:
    """Return whether a value is a reference to an image."""
    return isinstance(value, str) and REFERENCE.fullmatch(value) is not None


def find_image_refs(json_text: str) -> set[str]:
    """Return the references among the strings of a JSON text, without the heads of data URLs."""
    return {match[1] for match in re.finditer(rf'"{REFERENCE.pattern}"', json_text)}


def list_image_refs(value: Any) -> Iterator[str]:
    """Yield the references in a JSON value, in their order."""
    if is_image_ref(value):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from list_image_refs(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from list_image_refs(item)


def split_data_url(text: str) -> tuple[str, str]:
    """Return the head of a data URL, or "", and the rest of the text."""
    match = DATA_URL_HEAD.match(text)
    return (match[0], text[match.end() :]) if match else ("", text)


def data_url(text: str) -> str:
    """Return the data URL of a JPEG, PNG or WebP image, given its base64."""
    kind = next((kind for begin, kind in MEDIA_TYPES.items() if text.startswith(begin)), "image/png")
    return f"data:{kind};base64,{text}"
