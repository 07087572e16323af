"""The captions of IPTC data, which is in a block of Photoshop's resources or stands alone."""

from __future__ import annotations

from collections.abc import Iterator

from .segment import MAX_SEGMENTS, Text
from .text_encoding import decode_text

JPEG_HEADER = b"Photoshop 3.0\0"
RESOURCE, IPTC_RESOURCE = b"8BIM", b"\x04\x04"
KEYS = {5: "title", 40: "instructions", 105: "headline", 120: "caption"}
"""The key of each text of record 2."""


def read_texts(content: bytes) -> Iterator[Text]:
    """Yield the texts of IPTC data, or of the resource with it; none for anything else."""
    position = 0
    if content.startswith(RESOURCE):
        content = _find_resource(content)
    for _ in range(MAX_SEGMENTS):
        head = content[position : position + 5]
        size = int.from_bytes(head[3:5])
        end = position + 5 + size
        if head[:1] != b"\x1c" or len(head) < 5 or size > 0x7FFF or end > len(content):
            return
        if head[1] == 2 and head[2] in KEYS:
            yield Text(KEYS[head[2]], decode_text(content[position + 5 : end]))
        position = end


def _find_resource(content: bytes) -> bytes:
    """Return the content of the first resource with IPTC data; b"" for none."""
    position = 0
    for _ in range(MAX_SEGMENTS):
        if not content.startswith(RESOURCE, position):
            break
        name = position + 6
        size_at = name + (1 + content[name] + 1) // 2 * 2 if name < len(content) else len(content)
        start = size_at + 4
        size = int.from_bytes(content[size_at:start])
        if content[position + 4 : name] == IPTC_RESOURCE:
            return content[start : start + size]
        position = start + (size + 1) // 2 * 2
    return b""
