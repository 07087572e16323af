"""Reads the text that NovelAI and extensions of A1111 hide in the lowest bits of the pixels ("stealth PNG info")."""

from __future__ import annotations

import json
import zlib

from PIL import Image

from ..errors import InvalidImage
from .decode import decoded, format_of
from .metadata import Text
from .metadata.segment import MAX_TEXT_BYTES

LOSSLESS = ("PNG", "WEBP")
SIGNATURES = {
    b"stealth_pnginfo": ("A", False),
    b"stealth_pngcomp": ("A", True),
    b"stealth_rgbinfo": ("RGB", False),
    b"stealth_rgbcomp": ("RGB", True),
}
"""The channels with the bits, and whether the text is compressed with gzip."""

SIGNATURE_BYTES, HEAD_BYTES = 15, 19
LOWEST_BIT = [255 * (value & 1) for value in range(256)]
GZIP = 31  # window bits of zlib


def read_hidden_texts(data: bytes) -> tuple[Text, ...]:
    """Return the texts in the pixels of an image; empty for an image without any or that cannot be decoded."""
    try:
        with decoded(data) as (image,):
            text = _read(image) if format_of(image) in LOSSLESS and image.mode in ("RGB", "RGBA") else ""
    except InvalidImage:
        return ()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict) and "Comment" in values:  # NovelAI: the texts that its PNG files have
        return tuple(Text(key, value) for key, value in values.items() if isinstance(value, str))
    return (Text("parameters", text),) if text else ()


def _read(image: Image.Image) -> str:
    for channels in ("A", "RGB"):
        if channels == "A" and image.mode != "RGBA":
            continue
        part = image.getchannel("A") if channels == "A" else image.convert("RGB")
        head = _bits(part, HEAD_BYTES)
        found = SIGNATURES.get(head[:SIGNATURE_BYTES])
        size = int.from_bytes(head[SIGNATURE_BYTES:HEAD_BYTES]) // 8
        if found is not None and found[0] == channels and 0 < size <= MAX_TEXT_BYTES:
            content = _bits(part, HEAD_BYTES + size)[HEAD_BYTES : HEAD_BYTES + size]
            return _decode(content, is_compressed=found[1]) if len(content) == size else ""
    return ""


def _bits(image: Image.Image, size: int) -> bytes:
    """Return at least this many bytes of the lowest bits, column by column; less at the end of the image."""
    bits_per_column = image.height * len(image.getbands())
    columns = min(image.width, -(-8 * size // bits_per_column))
    values = image.crop((0, 0, columns, image.height)).transpose(Image.Transpose.TRANSPOSE).tobytes()
    return Image.frombytes("L", (len(values), 1), values).point(LOWEST_BIT, "1").tobytes()


def _decode(content: bytes, *, is_compressed: bool) -> str:
    try:
        if is_compressed:
            decompressor = zlib.decompressobj(GZIP)
            content = decompressor.decompress(content, MAX_TEXT_BYTES)
            if not decompressor.eof:
                return ""
        return content.decode()
    except (zlib.error, UnicodeDecodeError):
        return ""
