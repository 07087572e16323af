"""The chunks of a PNG. A recipe is an iTXt chunk, next to a `parameters` chunk for other tools."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ...errors import InvalidRecipe
from .exif import read_user_comment
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, RECIPE_KEY, Segment, Text

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def iter_segments(data: bytes) -> Iterator[Segment]:
    """Yield the chunks; stops at damage."""
    position = len(SIGNATURE)
    for _ in range(MAX_SEGMENTS):
        end = position + 8 + int.from_bytes(data[position : position + 4])
        if len(data) < end + 4:
            return
        yield Segment(data[position + 4 : position + 8], position, position + 8, end, end + 4)
        position = end + 4


def read_texts(data: bytes) -> Iterator[Text]:
    """Yield the text chunks, and the user comment of the EXIF chunk."""
    for segment in iter_segments(data):
        if segment.size > MAX_TEXT_BYTES:
            continue
        if segment.kind == b"eXIf" and (comment := read_user_comment(segment.content(data))):
            yield Text("comment", comment)
        elif segment.kind in (b"tEXt", b"zTXt", b"iTXt"):
            key, _, rest = segment.content(data).partition(b"\0")
            yield Text(key.decode("latin-1"), _decode_text(segment.kind, rest))


def embed(data: bytes, recipe: str, parameters: str) -> bytes:
    """Return a copy with the texts right before the pixels, so that no earlier chunk moves."""
    pixels = next((segment for segment in iter_segments(data) if segment.kind == b"IDAT"), None)
    if pixels is None:
        raise InvalidRecipe("This image is damaged.")
    chunks = _build_chunk(RECIPE_KEY, recipe) + (_build_chunk("parameters", parameters) if parameters else b"")
    return data[: pixels.start] + chunks + data[pixels.start :]


def has_content_credentials(data: bytes) -> bool:
    """Return whether a chunk has a C2PA manifest."""
    return any(segment.kind == b"caBX" for segment in iter_segments(data))


def _build_chunk(key: str, text: str) -> bytes:
    content = text.encode()
    if len(content) > MAX_TEXT_BYTES:
        raise InvalidRecipe(f"The recipe has {len(content):,} bytes. An image can hold {MAX_TEXT_BYTES:,}.")
    # After the key: not compressed, no language, no translation of the key.
    body = b"iTXt" + key.encode("latin-1") + b"\0" + b"\0\0" + b"\0" + b"\0" + content
    return (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def _decode_text(kind: bytes, rest: bytes) -> str:
    """Return the text after the key; "" if it cannot be read."""
    is_compressed = kind == b"zTXt"
    if kind == b"iTXt":
        is_compressed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    elif is_compressed:
        rest = rest[1:]
    try:
        content = zlib.decompressobj().decompress(rest, MAX_TEXT_BYTES) if is_compressed else rest
        return content.decode("utf-8" if kind == b"iTXt" else "latin-1")
    except (zlib.error, UnicodeDecodeError):
        return ""
