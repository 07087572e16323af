"""A user comment as the smallest EXIF block that holds one, and back from any. Knows bytes only.

An EXIF block is a TIFF file without image data: directories of entries of 12 bytes, found by offsets. Only the two
directories on the way to the comment are read, whatever they point to.
"""

from __future__ import annotations

import struct
from typing import Literal

from .segment import MAX_TEXT_BYTES

BEGINNING = b"Exif\0\0"
SUBDIRECTORY, USER_COMMENT = 0x8769, 0x9286
LONG, UNDEFINED = 4, 7
UNICODE = b"UNICODE\0"

Order = Literal["big", "little"]


def block(text: str) -> bytes:
    """An EXIF block whose user comment is this text."""
    content = UNICODE + text.encode("utf-16-be")
    main = struct.pack(">HHHIII", 1, SUBDIRECTORY, LONG, 1, 26, 0)
    sub = struct.pack(">HHHIII", 1, USER_COMMENT, UNDEFINED, len(content), 44, 0)
    return b"MM\0*" + (8).to_bytes(4) + main + sub + content


def comment(block: bytes) -> str:
    """The user comment of an EXIF block, or nothing."""
    tiff = block.removeprefix(BEGINNING)
    order: Order = "little" if tiff.startswith(b"II") else "big"
    pointer = _entry(tiff, order, _number(tiff, order, 4, 4), SUBDIRECTORY)
    at = pointer and _entry(tiff, order, _number(tiff, order, pointer + 8, 4), USER_COMMENT)
    if not at:
        return ""
    length, offset = _number(tiff, order, at + 4, 4), _number(tiff, order, at + 8, 4)
    return _words(tiff[offset : offset + min(length, 2 * MAX_TEXT_BYTES)])


def _entry(tiff: bytes, order: Order, directory: int, tag: int) -> int:
    """Where in a directory the entry of this tag begins, or 0."""
    count = _number(tiff, order, directory, 2)
    places = range(directory + 2, min(directory + 2 + 12 * count, len(tiff)), 12)
    return next((at for at in places if _number(tiff, order, at, 2) == tag), 0)


def _number(tiff: bytes, order: Order, at: int, size: int) -> int:
    return int.from_bytes(tiff[at : at + size], order)


def _words(content: bytes) -> str:
    code, rest = content[:8], content[8:]
    if code == UNICODE:
        # Which end comes first is not said, and tools differ: the reading with more of plain letters is right.
        readings = [rest.decode(name, "replace") for name in ("utf-16-be", "utf-16-le")]
        return max(readings, key=lambda text: sum(letter.isascii() for letter in text[:20]))
    try:
        return rest.decode().rstrip("\0 ")
    except UnicodeDecodeError:
        return ""
