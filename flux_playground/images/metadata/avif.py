"""The EXIF block and the XMP packet of an AVIF file."""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import AvifImagePlugin

from . import exif, xmp
from .segment import Text

BRANDS = (b"avif", b"avis")
GENERAL_BRANDS = (b"mif1", b"msf1")
"""Brands that a file can have instead, if it names one of the others as compatible."""


def is_avif(data: bytes) -> bool:
    """Return whether a file begins like an AVIF file."""
    if data[4:8] != b"ftyp":
        return False
    compatible = data[16 : min(int.from_bytes(data[:4]), 200)]
    return data[8:12] in BRANDS or (data[8:12] in GENERAL_BRANDS and any(brand in compatible for brand in BRANDS))


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
