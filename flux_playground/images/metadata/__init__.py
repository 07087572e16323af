"""A recipe inside an image file: put into a copy, read back out. Pure bytes: no pixel is decoded or encoded.

Whatever a file already holds stays as it is, byte for byte, signed blocks among it; a signature over the whole file
no longer holds for the copy all the same, so a copy is never shown as the original. Reading expects the worst:
lengths that lie, text that is none, bombs. Must not know what a recipe says, HTTP, gradio or Pillow.

    part.py    a stretch of a file, and how much of one is looked at
    jpeg.py    segments: the recipe is a comment
    png.py     chunks: the recipe is a text of its own, beside one that other tools read
    webp.py    chunks: the recipe is an EXIF user comment, or XMP where there is EXIF already
    exif.py    a user comment as EXIF, and back
    xmp.py     a text as XMP, and back
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from ...errors import InvalidRecipe
from . import jpeg, png, webp
from .segment import MAX_TEXTS, RECIPE_KEY, Text

MAX_TEXTS_CHARACTERS = 8_000_000  # characters

__all__ = ["RECIPE_KEY", "Text", "container_format", "embed", "has_content_credentials", "read_texts"]


@dataclass(frozen=True)
class _Format:
    embed: Callable[[bytes, str, str], bytes]
    read_texts: Callable[[bytes], Iterable[Text]]
    credentials: Callable[[bytes], bool]


_FORMATS = {
    "jpeg": _Format(jpeg.embed, jpeg.read_texts, jpeg.has_content_credentials),
    "png": _Format(png.embed, png.read_texts, png.has_content_credentials),
    "webp": _Format(webp.embed, webp.read_texts, webp.has_content_credentials),
}


def container_format(data: bytes) -> str:
    """Which kind of image file this begins like: "jpeg", "png", "webp", or "" for anything else."""
    if data.startswith(jpeg.BEGINNING):
        return "jpeg"
    if data.startswith(png.BEGINNING):
        return "png"
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def embed(data: bytes, recipe: str, parameters: str = "") -> bytes:
    """A copy of an image file with a recipe inside; `parameters` is put where other tools look, if the format has one.

    Raises `InvalidRecipe` for a file that is no JPEG, PNG or WebP, or damaged, and for a recipe that is too long for
    its place (65,533 bytes in a JPEG) or has none left: nothing is ever cut or overwritten.
    """
    known = _FORMATS.get(container_format(data))
    if known is None:
        raise InvalidRecipe("Only a JPEG, PNG or WebP file can hold a recipe.")
    try:
        return known.embed(data, recipe, parameters)
    except UnicodeEncodeError as error:
        raise InvalidRecipe("The recipe holds characters that cannot be written.") from error


def read_texts(data: bytes) -> tuple[Text, ...]:
    """Return the texts of an image file in their order; nothing for anything else.

    At most `MOST_TEXTS` texts of at most `MAX_TEXTS_LENGTH` characters together, as compressed texts grow when read.
    """
    known = _FORMATS.get(container_format(data))
    found, length = [], 0
    for one in islice(known.read_texts(data), MAX_TEXTS) if known else ():
        length += len(one.text)
        if length > MAX_TEXTS_CHARACTERS:
            break
        found.append(one)
    return tuple(found)


def has_content_credentials(data: bytes) -> bool:
    """Whether an image file carries Content Credentials (C2PA). Present, that is: nothing is verified here."""
    known = _FORMATS.get(container_format(data))
    return known is not None and known.credentials(data)
