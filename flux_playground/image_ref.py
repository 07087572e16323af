"""References to stored images: a stored request has "sha256:…" in place of the base64 of an image."""

from __future__ import annotations

import hashlib
import re
from typing import Any

PREFIX = "sha256:"
REFERENCE = re.compile(rf"{PREFIX}[0-9a-f]{{64}}")


def image_ref(text: str) -> str:
    """Return the reference to an image, given its base64."""
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()


def is_image_ref(value: Any) -> bool:
    """Return whether a value is a reference to an image."""
    return isinstance(value, str) and REFERENCE.fullmatch(value) is not None


def find_image_refs(json_text: str) -> set[str]:
    """Return the references among the strings of a JSON text."""
    return {match[1] for match in re.finditer(rf'"({REFERENCE.pattern})"', json_text)}
