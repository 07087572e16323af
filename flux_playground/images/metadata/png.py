"""The chunks of a PNG. A recipe is an iTXt chunk, next to a `parameters` chunk for other tools."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ...errors import InvalidRecipe
from . import exif, iptc, xmp
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, RECIPE_KEY, Parts, Segment, Text
from .text_encoding import decode_text

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RAW_PROFILES = tuple(f"Raw profile type {name}" for name in ("exif", "APP1", "xmp", "iptc", "8bim"))
"""The keys under which ImageMagick writes an EXIF block, an XMP packet or IPTC data as hexadecimal digits."""


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
    """Yield the text chunks, and the texts of the EXIF chunk and of the XMP packet; "" for a damaged text."""
    for segment in iter_segments(data):
        if segment.size > MAX_TEXT_BYTES:
            continue
        if segment.kind == b"eXIf":
            yield from exif.read_texts(segment.content(data))
        elif segment.kind in (b"tEXt", b"zTXt", b"iTXt"):
            key, _, rest = segment.content(data).partition(b"\0")
            name, text = key.decode("latin-1"), _decode_text(segment.kind, rest)
            if name == xmp.KEY:
                yield from xmp.read_texts(text.encode())
            elif name in RAW_PROFILES:
                yield from _read_raw_profile(text)
            else:
                yield Text(name, text)


def embed(data: bytes, recipe: str, parameters: str) -> Parts:
    """Return the parts of a copy with the texts right before the pixels, so that no earlier chunk moves."""
    pixels = next((segment for segment in iter_segments(data) if segment.kind == b"IDAT"), None)
    if pixels is None:
        raise InvalidRecipe("This image is damaged.")
    chunks = _build_chunk(RECIPE_KEY, recipe) + (_build_chunk("parameters", parameters) if parameters else b"")
    whole = memoryview(data)
    return whole[: pixels.start], chunks, whole[pixels.start :]


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
    """Return the text after the key; "" if it is damaged or too long."""
    is_compressed = kind == b"zTXt"
    if kind == b"iTXt":
        is_compressed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    elif is_compressed:
        rest = rest[1:]
    try:
        decompressor = zlib.decompressobj()
        content = decompressor.decompress(rest, MAX_TEXT_BYTES) if is_compressed else rest
    except zlib.error:
        return ""
    if is_compressed and not decompressor.eof:
        return ""
    return content.decode(errors="replace") if kind == b"iTXt" else decode_text(content)


def _read_raw_profile(text: str) -> Iterator[Text]:
    """Yield the texts of a profile: a line with its name, a line with its size, and lines of hexadecimal digits."""
    try:
        content = bytes.fromhex("".join(text.strip().split("\n")[2:]))
    except ValueError:
        return
    yield from exif.read_texts(content)
    yield from xmp.read_texts(content.removeprefix(xmp.JPEG_HEADER))
    yield from iptc.read_texts(content.removeprefix(iptc.JPEG_HEADER))
