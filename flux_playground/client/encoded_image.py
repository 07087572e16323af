"""An image in a response itself, as base64 or as a data URL, in place of its URL."""

from __future__ import annotations

import base64
import re

from ..errors import InvalidImage

MAX_SCHEME_CHARACTERS = 32


def is_encoded(source: str) -> bool:
    """Return whether the source of an image is the image itself, not its URL."""
    return source[:5].lower() == "data:" or ":" not in source[:MAX_SCHEME_CHARACTERS]


def decode(source: str) -> bytes:
    """Return the bytes of an image from its base64 or its data URL; raises `InvalidImage` for any other text."""
    bare = source.partition(",")[2] if source[:5].lower() == "data:" else source
    try:
        return base64.b64decode(re.sub(r"\s+", "", bare), validate=True)
    except ValueError:
        raise InvalidImage("The image in the response is not base64.") from None
