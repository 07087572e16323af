"""A WebP's chunks: the recipe is an EXIF user comment or, where the file has EXIF already, a property in XMP.

Either makes a simple file an extended one: its pixels stay, but a head is put before them. Knows bytes only.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import InvalidRecipe
from . import exif, xmp
from .segment import MAX_SEGMENTS, MAX_TEXT_BYTES, RECIPE_KEY, Segment, Text

HEAD = b"VP8X"
ALPHA, HAS_EXIF, HAS_XMP = 0x10, 0x08, 0x04


def iter_segments(data: bytes) -> Iterator[Segment]:
    """The chunks; ends early where the file is damaged."""
    whole, at = min(len(data), _whole(data)), 12
    for _ in range(MAX_SEGMENTS):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        stop = at + 8 + size
        if stop > whole:
            return
        yield Segment(data[at : at + 4], at, at + 8, stop, min(stop + size % 2, whole))
        at = stop + size % 2


def read_texts(data: bytes) -> Iterator[Text]:
    """The user comment of the EXIF chunk, and our own property of the XMP chunk."""
    for part in iter_segments(data):
        if part.kind == b"EXIF" and (words := exif.comment(part.of(data, MAX_TEXT_BYTES))):
            yield Text("comment", words)
        elif part.kind == b"XMP " and (words := xmp.text(part.of(data, 2 * MAX_TEXT_BYTES))):
            yield Text(RECIPE_KEY, words)


def embed(data: bytes, recipe: str, parameters: str) -> bytes:
    """The copy, its new chunk behind all others; `parameters` has no place here."""
    chunks = list(iter_segments(data))
    if not chunks or chunks[-1].end < _whole(data) - 1:
        raise InvalidRecipe("This image is damaged.")
    flag, kind, content = _content(recipe, {part.kind for part in chunks})
    first = chunks[0]
    if first.kind == HEAD and first.stop - first.inside == 10:
        head, rest = first.of(data), data[first.end : chunks[-1].end]
    else:
        head, rest = _head(first.kind, first.of(data, 10)), data[12 : chunks[-1].end]
    head = bytes([head[0] | flag]) + head[1:]
    inside = b"WEBP" + _chunk(HEAD, head) + rest + b"\0" * (len(rest) % 2) + _chunk(kind, content)
    return b"RIFF" + len(inside).to_bytes(4, "little") + inside + data[_whole(data) :]


def has_content_credentials(data: bytes) -> bool:
    """Whether there is a chunk with a C2PA manifest."""
    return any(part.kind == b"C2PA" for part in iter_segments(data))


def _whole(data: bytes) -> int:
    return 8 + int.from_bytes(data[4:8], "little")


def _content(recipe: str, taken: set[bytes]) -> tuple[int, bytes, bytes]:
    if len(recipe.encode()) > MAX_TEXT_BYTES:
        raise InvalidRecipe(f"The recipe is too long: at most {MAX_TEXT_BYTES:,} bytes are put into an image.")
    if b"EXIF" not in taken:
        return HAS_EXIF, b"EXIF", exif.block(recipe)
    if b"XMP " not in taken:
        return HAS_XMP, b"XMP ", xmp.block(recipe)
    raise InvalidRecipe("This image has both EXIF and XMP already: there is no place left for a recipe.")


def _head(kind: bytes, pixels: bytes) -> bytes:
    """The head of an extended file, from the beginning of a simple one's pixels; raises `InvalidRecipe`."""
    if kind == b"VP8 " and pixels[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(pixels[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return _flags(0, width, height)
    if kind == b"VP8L" and pixels[:1] == b"\x2f" and len(pixels) >= 5:
        bits = int.from_bytes(pixels[1:5], "little")
        return _flags(ALPHA if bits >> 28 & 1 else 0, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    raise InvalidRecipe("This image is damaged.")


def _flags(flags: int, width: int, height: int) -> bytes:
    sizes = [(side - 1 & 0xFFFFFF).to_bytes(3, "little") for side in (width, height)]
    return bytes([flags, 0, 0, 0]) + b"".join(sizes)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)
