"""A JPEG's segments: the recipe is a comment, which may stand beside others. Knows bytes only.

An EXIF block would be read by more tools, but a file can have only one, and one that is there is not ours to rewrite.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import InvalidRecipe
from . import exif
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, Segment, Text

BEGINNING = b"\xff\xd8\xff"
APPLICATIONS = range(0xE0, 0xF0)
APP1, APP11, COMMENT, SCAN, END = b"\xe1", b"\xeb", b"\xfe", b"\xda", b"\xd9"
LONGEST = 0xFFFF - 2
MOST_FILL = 32  # a marker may be preceded by any number of its own first byte


def iter_segments(data: bytes) -> Iterator[Segment]:
    """The segments before the pixels; ends early where the file is damaged."""
    at = 2
    for _ in range(MAX_SEGMENTS):
        window = data[at : at + MOST_FILL]
        kind = window.lstrip(b"\xff")[:1]
        length = at + len(window) - len(window.lstrip(b"\xff")) + 1
        stop = length + int.from_bytes(data[length : length + 2])
        if not kind or kind == END or window[:1] != b"\xff" or not length + 2 <= stop <= len(data):
            return
        yield Segment(kind, at, length + 2, stop, stop)
        if kind == SCAN:
            return
        at = stop


def read_texts(data: bytes) -> Iterator[Text]:
    """The comments, and the user comment of the EXIF block."""
    for part in iter_segments(data):
        if part.kind == COMMENT:
            yield Text("comment", _words(part.of(data)))
        elif part.kind == APP1 and part.of(data, 6) == exif.BEGINNING and (words := exif.comment(part.of(data))):
            yield Text("comment", words)


def embed(data: bytes, recipe: str, parameters: str) -> bytes:
    """The copy, its new comment behind all that stands at the file's head; `parameters` has no place here."""
    place = next((part.start for part in iter_segments(data) if part.kind[0] not in APPLICATIONS), None)
    if place is None:
        raise InvalidRecipe("This image is damaged.")
    content = recipe.encode()
    if len(content) > min(LONGEST, MAX_TEXT_BYTES):
        raise InvalidRecipe(f"The recipe takes {len(content):,} bytes, and a JPEG has place for {LONGEST:,}.")
    segment = b"\xff" + COMMENT + (len(content) + 2).to_bytes(2) + content
    return data[:place] + segment + data[place:]


def has_content_credentials(data: bytes) -> bool:
    """Whether there is an APP11 segment with a JUMBF box of C2PA."""
    return any(part.kind == APP11 and _is_c2pa(part.of(data, 80)) for part in iter_segments(data))


def _is_c2pa(head: bytes) -> bool:
    return head.startswith(b"JP") and b"jumb" in head[:24] and b"c2pa" in head


def _words(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")
