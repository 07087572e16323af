"""The chunks of a WebP. A recipe is the user comment of an EXIF chunk, for which a simple file gets a VP8X header."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import InvalidRecipe
from . import exif, xmp
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, Parts, Segment, Text

HEADER = b"VP8X"
ALPHA_FLAG, EXIF_FLAG = 0x10, 0x08


def iter_segments(data: bytes) -> Iterator[Segment]:
    """Yield the chunks; stops at damage."""
    file_end, position = min(len(data), _riff_end(data)), 12
    for _ in range(MAX_SEGMENTS):
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        end = position + 8 + size
        if end > file_end:
            return
        padded_end = min(end + size % 2, file_end)
        yield Segment(data[position : position + 4], position, position + 8, end, padded_end)
        position = end + size % 2


def read_texts(data: bytes) -> Iterator[Text]:
    """Yield the texts of the EXIF chunk and of the XMP chunk."""
    for segment in iter_segments(data):
        if segment.kind == b"EXIF":
            yield from exif.read_texts(segment.content(data, 3 * MAX_TEXT_BYTES))
        elif segment.kind == b"XMP ":
            yield from xmp.read_texts(segment.content(data, MAX_TEXT_BYTES + 1))


def embed(data: bytes, recipe: str, parameters: str) -> Parts:
    """Return the parts of a copy with an EXIF chunk at its end; `parameters` is not used in a WebP."""
    segments = list(iter_segments(data))
    if not segments or segments[-1].end < _riff_end(data) - 1:
        raise InvalidRecipe("This image is damaged.")
    if len(recipe.encode()) > MAX_TEXT_BYTES:
        raise InvalidRecipe(f"The recipe is too long. An image can hold {MAX_TEXT_BYTES:,} bytes.")
    if any(segment.kind == b"EXIF" for segment in segments):
        raise InvalidRecipe("This WebP file has EXIF data already, so it cannot hold a recipe.")
    first, end = segments[0], segments[-1].end
    if first.kind == HEADER and first.size == 10:
        header, rest = first.content(data), data[first.end : end]
    else:
        header, rest = _build_header(first.kind, first.content(data, 10)), data[12:end]
    header = bytes([header[0] | EXIF_FLAG]) + header[1:]
    block = _build_chunk(b"EXIF", exif.build_exif(recipe))
    content = b"WEBP" + _build_chunk(HEADER, header) + rest + b"\0" * (len(rest) % 2) + block
    return b"RIFF", len(content).to_bytes(4, "little"), content, memoryview(data)[_riff_end(data) :]


def has_content_credentials(data: bytes) -> bool:
    """Return whether a chunk has a C2PA manifest."""
    return any(segment.kind == b"C2PA" for segment in iter_segments(data))


def _riff_end(data: bytes) -> int:
    return 8 + int.from_bytes(data[4:8], "little")


def _build_header(kind: bytes, pixels: bytes) -> bytes:
    """Return the content of a VP8X header for the pixels of a simple file; raises `InvalidRecipe`."""
    flags = 0
    if kind == b"VP8 " and pixels[3:6] == b"\x9d\x01\x2a":
        sides = [int.from_bytes(pixels[at : at + 2], "little") & 0x3FFF for at in (6, 8)]
    elif kind == b"VP8L" and pixels[:1] == b"\x2f" and len(pixels) >= 5:
        bits = int.from_bytes(pixels[1:5], "little")
        flags = ALPHA_FLAG if bits >> 28 & 1 else 0
        sides = [(bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1]
    else:
        raise InvalidRecipe("This image is damaged.")
    return bytes([flags, 0, 0, 0]) + b"".join((side - 1 & 0xFFFFFF).to_bytes(3, "little") for side in sides)


def _build_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)
