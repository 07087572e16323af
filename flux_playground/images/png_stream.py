"""Writes a PNG while its image is drawn from top to bottom, so that the whole image is never in memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageChops

SIGNATURE = b"\x89PNG\r\n\x1a\n"
STRIP_LINES = 64
COMPRESSION_LEVEL = 4
BITS, RGB = 8, 2
SUB = b"\x01"  # each byte is the difference from the same channel of the pixel on its left


class PngStream:
    """The file of an RGB image of a size in pixels, made of bands that follow each other downward."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._packer = zlib.compressobj(COMPRESSION_LEVEL)

    def start(self) -> bytes:
        """Return the beginning of the file."""
        return SIGNATURE + _chunk(b"IHDR", struct.pack(">IIBBBBB", *self._size, BITS, RGB, 0, 0, 0))

    def add(self, band: Image.Image) -> bytes:
        """Return the part of the file for the next band, which has the width of the image; maybe b""."""
        packed = b"".join(map(self._packer.compress, _filter_lines(band)))
        return _chunk(b"IDAT", packed) if packed else b""

    def end(self) -> bytes:
        """Return the end of the file."""
        return _chunk(b"IDAT", self._packer.flush()) + _chunk(b"IEND", b"")


def _filter_lines(band: Image.Image) -> Iterator[bytes]:
    """Yield a few lines at a time as PNG packs them, each after the number of its filter."""
    line_bytes = 3 * band.width
    for top in range(0, band.height, STRIP_LINES):
        strip = band.crop((0, top, band.width, min(top + STRIP_LINES, band.height)))
        left = Image.new("RGB", strip.size)
        left.paste(strip, (1, 0))
        data = ImageChops.subtract_modulo(strip, left).tobytes()
        yield b"".join(SUB + data[at : at + line_bytes] for at in range(0, len(data), line_bytes))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
