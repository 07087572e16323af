"""The texts of an EXIF block: the user comment, and other entries in which tools write settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image

from . import iptc, xmp
from .segment import MAX_TEXT_BYTES, Text
from .text_encoding import decode_exif_text

HEADER = b"Exif\0\0"
UNICODE = b"UNICODE\0"
USER_COMMENT = int(ExifTags.Base.UserComment)
XMP_PACKET = int(ExifTags.Base.XMLPacket)
WINDOWS_TEXTS = frozenset({0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F})  # title, comment, keywords, subject: UTF-16
IPTC_DATA = frozenset({0x83BB, 0x8649})  # alone, and among the resources of Photoshop
BYTE, ASCII, LONG, UNDEFINED, UTF8 = 1, 2, 4, 7, 129
POINTERS = frozenset({ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo, ExifTags.IFD.Interop, 0x014A})
"""Entries that lead to another directory; 0x014A is a directory below the first one."""

BYTE_ORDERS = {b"II*\0": "little", b"MM\0*": "big"}
MAX_DIRECTORIES = 8
MAX_TOTAL_BYTES = 4 * MAX_TEXT_BYTES  # entries can share their bytes
MAX_ENTRIES = 500  # in each directory


@dataclass(frozen=True)
class Entry:
    """A text entry of a directory: its tag and its bytes."""

    tag: int
    content: bytes


def build_exif(text: str) -> bytes:
    """Return an EXIF block (without the header of a JPEG) with a text as user comment."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = UNICODE + text.encode("utf-16-be")
    return exif.tobytes().removeprefix(HEADER)


def read_texts(block: bytes) -> Iterator[Text]:
    """Yield the texts of an EXIF block, user comments first; none if it cannot be read.

    The key is the name of the entry, and "comment" for a user comment. Tools write it in any directory.
    """
    block = block.removeprefix(HEADER)
    byte_order = BYTE_ORDERS.get(block[:4])
    if byte_order is None:
        return
    entries = list(_iter_entries(block, byte_order))
    for entry in sorted(entries, key=lambda entry: entry.tag != USER_COMMENT):
        if entry.tag == XMP_PACKET:
            yield from xmp.read_texts(entry.content)
        elif entry.tag in IPTC_DATA:
            yield from iptc.read_texts(entry.content)
        elif text := decode_exif_text(entry.content, "little" if entry.tag in WINDOWS_TEXTS else byte_order):
            yield Text("comment" if entry.tag == USER_COMMENT else ExifTags.TAGS.get(entry.tag, "EXIF"), text)


def _iter_entries(block: bytes, byte_order: str) -> Iterator[Entry]:
    """Yield the entries that can be texts, of all directories; stops at damage."""

    def number(start: int, size: int) -> int:
        return int.from_bytes(block[start : start + size], "little" if byte_order == "little" else "big")

    waiting, seen, total = [number(4, 4)], set[int](), 0
    while waiting and len(seen) < MAX_DIRECTORIES:
        directory = waiting.pop(0)
        if directory in seen or not 8 <= directory <= len(block) - 2:
            continue
        seen.add(directory)
        count = number(directory, 2)
        for start in range(directory + 2, directory + 2 + 12 * min(count, MAX_ENTRIES), 12):
            tag, kind, size, value = number(start, 2), number(start + 2, 2), number(start + 4, 4), number(start + 8, 4)
            if tag in POINTERS:
                waiting.append(value)
                continue
            if kind == LONG and tag in IPTC_DATA:  # as Photoshop counts it
                kind, size = BYTE, 4 * size
            place = start + 8 if size <= 4 else value
            is_text = kind in (ASCII, UTF8) or (
                kind in (BYTE, UNDEFINED)
                and tag in (USER_COMMENT, XMP_PACKET, ExifTags.Base.ImageDescription, *WINDOWS_TEXTS, *IPTC_DATA)
            )
            if is_text and 0 < size <= 2 * MAX_TEXT_BYTES and place + size <= len(block):
                total += size
                if total > MAX_TOTAL_BYTES:
                    return
                yield Entry(tag, block[place : place + size])
        waiting.append(number(directory + 2 + 12 * count, 4))
