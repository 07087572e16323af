"""The segments of a JPEG. A recipe is a comment, because a file has at most one EXIF block, which stays unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...errors import InvalidRecipe
from . import exif, iptc, xmp
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, Parts, Segment, Text
from .text_encoding import decode_text

SIGNATURE = b"\xff\xd8\xff"
APPLICATION_MARKERS = range(0xE0, 0xF0)
APP1, APP11, APP13, COMMENT, SCAN, END = b"\xe1", b"\xeb", b"\xed", b"\xfe", b"\xda", b"\xd9"
MAX_COMMENT_BYTES = 0xFFFF - 2
MAX_FILL_BYTES = 32  # before a marker


def iter_segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments before the pixels; stops at damage."""
    position = 2
    for _ in range(MAX_SEGMENTS):
        window = data[position : position + MAX_FILL_BYTES]
        kind = window.lstrip(b"\xff")[:1]
        length = position + len(window) - len(window.lstrip(b"\xff")) + 1
        end = length + int.from_bytes(data[length : length + 2])
        if not kind or kind == END or window[:1] != b"\xff" or not length + 2 <= end <= len(data):
            return
        yield Segment(kind, position, length + 2, end, end)
        if kind == SCAN:
            return
        position = end


def read_texts(data: bytes) -> Iterator[Text]:
    """Yield the comments, and the texts of the EXIF block, of IPTC data and of XMP packets."""
    extensions = dict[bytes, dict[int, bytes]]()  # the parts of packets that are longer than a segment
    for segment in iter_segments(data):
        content = segment.content(data)
        if segment.kind == COMMENT:
            yield Text("comment", decode_text(content))
        elif segment.kind == APP1 and content.startswith(exif.HEADER):
            yield from exif.read_texts(content)
        elif segment.kind == APP1 and content.startswith(xmp.JPEG_HEADER):
            yield from xmp.read_texts(content.removeprefix(xmp.JPEG_HEADER))
        elif segment.kind == APP1 and content.startswith(xmp.JPEG_EXTENSION_HEADER):
            head = len(xmp.JPEG_EXTENSION_HEADER)
            digest, offset = content[head : head + 32], int.from_bytes(content[head + 36 : head + 40])
            extensions.setdefault(digest, {})[offset] = content[head + 40 :]
        elif segment.kind == APP13 and content.startswith(iptc.JPEG_HEADER):
            yield from iptc.read_texts(content.removeprefix(iptc.JPEG_HEADER))
    for digest, parts in extensions.items():
        packet = b"".join(parts[offset] for offset in sorted(parts))
        if hashlib.md5(packet, usedforsecurity=False).hexdigest().upper().encode() == digest.upper():  # else incomplete
            yield from xmp.read_texts(packet)


def embed(data: bytes, recipe: str, parameters: str) -> Parts:
    """Return the parts of a copy with a comment after the application segments; `parameters` is not used in a JPEG."""
    segments = (segment for segment in iter_segments(data) if segment.kind[0] not in APPLICATION_MARKERS)
    first = next(segments, None)
    if first is None:
        raise InvalidRecipe("This image is damaged.")
    content = recipe.encode()
    if len(content) > min(MAX_COMMENT_BYTES, MAX_TEXT_BYTES):
        raise InvalidRecipe(f"The recipe has {len(content):,} bytes. A JPEG can hold {MAX_COMMENT_BYTES:,}.")
    comment = b"\xff" + COMMENT + (len(content) + 2).to_bytes(2) + content
    whole = memoryview(data)
    return whole[: first.start], comment, whole[first.start :]


def has_content_credentials(data: bytes) -> bool:
    """Return whether an APP11 segment has a JUMBF box of C2PA."""
    heads = (segment.content(data, 80) for segment in iter_segments(data) if segment.kind == APP11)
    return any(head.startswith(b"JP") and b"jumb" in head[:24] and b"c2pa" in head for head in heads)
