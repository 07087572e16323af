"""Embeds a recipe in a copy of an image file, and reads texts from image files, without decoding pixels.

All other bytes stay unchanged. A signature over the whole file is invalid for the copy, so a copy must never be shown
as the original.
"""

from __future__ import annotations

from itertools import islice
from types import ModuleType

from ...errors import InvalidRecipe
from . import avif, exif, gif, jpeg, png, webp
from .segment import MAX_TEXTS, RECIPE_KEY, Parts, Text

MAX_TEXTS_CHARACTERS = 8_000_000
FORMATS: dict[str, ModuleType] = {"jpeg": jpeg, "png": png, "webp": webp}
"""The formats that can hold a recipe."""

READABLE_FORMATS: dict[str, ModuleType] = {**FORMATS, "avif": avif, "gif": gif, "tiff": exif}
"""A TIFF has the structure of an EXIF block."""

__all__ = ["RECIPE_KEY", "Text", "check_embed", "container_format", "embed", "has_content_credentials", "read_texts"]


def container_format(data: bytes) -> str:
    """Return the format of a file by its first bytes, one of `READABLE_FORMATS`; "" for any other."""
    if data.startswith(jpeg.SIGNATURE):
        return "jpeg"
    if data.startswith(png.SIGNATURE):
        return "png"
    if data.startswith(gif.SIGNATURES):
        return "gif"
    if data[:4] in exif.BYTE_ORDERS:
        return "tiff"
    if avif.is_avif(data):
        return "avif"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def embed(data: bytes, recipe: str, parameters: str = "") -> bytes:
    """Return a copy of an image file with a recipe, and with `parameters` for other tools if the format has a place.

    Raises `InvalidRecipe` for a file that is damaged or not a JPEG, PNG or WebP, for a recipe that is too long (65,533
    bytes in a JPEG), and for a WebP with EXIF data.
    """
    return b"".join(_embed(data, recipe, parameters))


def check_embed(data: bytes, recipe: str, parameters: str = "") -> None:
    """Raise what `embed` raises, without the copy."""
    _embed(data, recipe, parameters)


def read_texts(data: bytes) -> tuple[Text, ...]:
    """Return the texts of an image file in order; empty for other files.

    At most `MAX_TEXTS` texts with `MAX_TEXTS_CHARACTERS` in total, because compressed texts grow.
    """
    file_format = READABLE_FORMATS.get(container_format(data))
    texts, length = list[Text](), 0
    for text in islice(file_format.read_texts(data), MAX_TEXTS) if file_format else ():
        length += len(text.text)
        if length > MAX_TEXTS_CHARACTERS:
            break
        texts.append(text)
    return tuple(texts)


def has_content_credentials(data: bytes) -> bool:
    """Return whether an image file has Content Credentials (C2PA); they are not verified."""
    file_format = FORMATS.get(container_format(data))
    return file_format is not None and bool(file_format.has_content_credentials(data))


def _embed(data: bytes, recipe: str, parameters: str) -> Parts:
    file_format = FORMATS.get(container_format(data))
    if file_format is None:
        raise InvalidRecipe("Only a JPEG, PNG or WebP file can hold a recipe.")
    try:
        parts: Parts = file_format.embed(data, recipe, parameters)
    except UnicodeEncodeError:
        raise InvalidRecipe("The recipe has characters that cannot be written.") from None
    return parts
