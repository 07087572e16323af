"""The EXIF block and the XMP packet of an AVIF file."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import AvifImagePlugin

from . import exif, xmp
from .segment import Text

BRANDS = (b"avif", b"avis")


def is_avif(data: bytes) -> bool:
    """Return whether a file begins like an AVIF file."""
    return data[4:8] == b"ftyp" and data[8:12] in BRANDS


def read_texts(data: bytes) -> Iterator[Text]:
    """Yield the texts of the EXIF block and of the XMP packet."""
    try:
        info = AvifImagePlugin.AvifImageFile(io.BytesIO(data), "").info  # no pixels are decoded
    except Exception:  # Pillow raises any exception for damaged bytes
        return
    if isinstance(block := info.get("exif"), bytes):
        yield from exif.read_texts(block)
    if isinstance(packet := info.get("xmp"), bytes):
        yield from xmp.read_texts(packet)
