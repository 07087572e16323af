"""Reads the images of a request. An image given by its URL is not fetched: it counts as absent."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
MAX_INPUT_PIXELS = 100_000_000


def image_at(values: Mapping[str, Any], place: Sequence[str | int]) -> str:
    """Return the text of the image at a place of a request."""
    found: Any = values
    for part in place:
        found = found[part]
    return str(found)


def measure_image(text: str) -> tuple[int, int] | None:
    """Return the width and height of an image; None for a URL and for an image that cannot be read."""
    try:
        image = open_image(text)
    except ValueError:
        return None
    return image.size if image else None


def open_image(text: str) -> Image.Image | None:
    """Return an image from base64 or a data URL, without its pixels yet; None for a URL.

    Raises `ValueError` if it cannot be read.
    """
    if text.lstrip().lower().startswith(("http://", "https://")):
        return None
    try:
        image = Image.open(io.BytesIO(base64.b64decode(text.rpartition(",")[2], validate=True)), formats=FORMATS)
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"The image cannot be read: {error}") from None
    if image.width * image.height > MAX_INPUT_PIXELS:
        raise ValueError("The image cannot be read: too many pixels")
    return image
