"""The comments and the XMP packet of a GIF."""

from __future__ import annotations

from collections.abc import Iterator

from . import xmp
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, Text
from .text_encoding import decode_text

SIGNATURES = (b"GIF87a", b"GIF89a")
EXTENSION, IMAGE, COMMENT, APPLICATION = 0x21, 0x2C, 0xFE, 0xFF
XMP_BLOCK = b"\x0bXMP DataXMP"
XMP_TRAILER_BYTES = 257


def read_texts(data: bytes) -> Iterator[Text]:
    """Yield the texts in order; stops at damage."""
    position = 13 + _color_table_bytes(data[10:11])
    for _ in range(MAX_SEGMENTS):
        kind, label = data[position : position + 1], data[position + 1 : position + 2]
        if kind == bytes([IMAGE]):
            blocks = position + 11 + _color_table_bytes(data[position + 9 : position + 10])
        elif kind == bytes([EXTENSION]):
            blocks = position + 2
        else:
            return
        position, content = _read_blocks(data, blocks, keep=label == bytes([COMMENT]))
        if label == bytes([COMMENT]) and kind == bytes([EXTENSION]):
            yield Text("comment", decode_text(content))
        elif label == bytes([APPLICATION]) and data.startswith(XMP_BLOCK, blocks):
            # The packet is not divided into blocks. A trailer after it leads readers of blocks to the end.
            yield from xmp.read_texts(data[blocks + len(XMP_BLOCK) : position - XMP_TRAILER_BYTES - 1])


def _read_blocks(data: bytes, position: int, *, keep: bool) -> tuple[int, bytes]:
    """Return the index after the blocks that begin at an index, and their content, if it is kept."""
    parts, length = [], 0
    while position < len(data) and (size := data[position]):
        if keep and length < MAX_TEXT_BYTES:
            parts.append(data[position + 1 : position + 1 + size])
            length += size
        position += 1 + size
    return position + 1, b"".join(parts)


def _color_table_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0
