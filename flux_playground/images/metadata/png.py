"""A PNG's chunks: the recipe is an iTXt of its own, and beside it stands the `parameters` text that other tools read.

Knows bytes only.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ...errors import InvalidRecipe
from . import exif
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, RECIPE_KEY, Segment, Text

BEGINNING = b"\x89PNG\r\n\x1a\n"
FOREIGN = "parameters"


def iter_segments(data: bytes) -> Iterator[Segment]:
    """The chunks; ends early where the file is damaged."""
    at = len(BEGINNING)
    for _ in range(MAX_SEGMENTS):
        stop = at + 8 + int.from_bytes(data[at : at + 4])
        if len(data) < stop + 4:
            return
        yield Segment(data[at + 4 : at + 8], at, at + 8, stop, stop + 4)
        at = stop + 4


def read_texts(data: bytes) -> Iterator[Text]:
    """The texts of every kind, and the user comment of the EXIF chunk."""
    for part in iter_segments(data):
        if part.stop - part.inside > MAX_TEXT_BYTES:
            continue
        if part.kind == b"eXIf" and (words := exif.comment(part.of(data))):
            yield Text("comment", words)
        elif part.kind in (b"tEXt", b"zTXt", b"iTXt"):
            key, _, rest = part.of(data).partition(b"\0")
            yield Text(key.decode("latin-1"), _words(part.kind, rest))


def embed(data: bytes, recipe: str, parameters: str) -> bytes:
    """The copy, its new texts right before the pixels, so that nothing before them moves."""
    place = next((part.start for part in iter_segments(data) if part.kind == b"IDAT"), None)
    if place is None:
        raise InvalidRecipe("This image is damaged.")
    written = _chunk(RECIPE_KEY, recipe) + (_chunk(FOREIGN, parameters) if parameters else b"")
    return data[:place] + written + data[place:]


def has_content_credentials(data: bytes) -> bool:
    """Whether there is a chunk with a C2PA manifest."""
    return any(part.kind == b"caBX" for part in iter_segments(data))


def _chunk(key: str, text: str) -> bytes:
    content = text.encode()
    if len(content) > MAX_TEXT_BYTES:
        raise InvalidRecipe(f"The recipe takes {len(content):,} bytes; an image has place for {MAX_TEXT_BYTES:,}.")
    # Behind the key: not compressed, and neither a language nor a translation of the key.
    body = b"iTXt" + key.encode("latin-1") + b"\0" + b"\0\0" + b"\0" + b"\0" + content
    return (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def _words(kind: bytes, rest: bytes) -> str:
    """What stands behind the key; nothing where it cannot be read."""
    packed = kind == b"zTXt"
    if kind == b"iTXt":
        packed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    elif packed:
        rest = rest[1:]
    try:
        content = zlib.decompressobj().decompress(rest, MAX_TEXT_BYTES) if packed else rest
        return content.decode("utf-8" if kind == b"iTXt" else "latin-1")
    except (zlib.error, UnicodeDecodeError):
        return ""
