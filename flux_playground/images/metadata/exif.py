"""The user comment of an EXIF block."""

from __future__ import annotations

from PIL import ExifTags, Image

from .segment import MAX_TEXT_BYTES

HEADER = b"Exif\0\0"
UNICODE = b"UNICODE\0"


def build_exif(text: str) -> bytes:
    """Return an EXIF block (without the header of a JPEG) with a text as user comment."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = UNICODE + text.encode("utf-16-be")
    return exif.tobytes().removeprefix(HEADER)


def read_user_comment(block: bytes) -> str:
    """Return the user comment of an EXIF block; "" if there is none or it cannot be read."""
    exif = Image.Exif()
    try:
        exif.load(block)
        comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    except Exception:  # Pillow raises any exception for damaged bytes
        return ""
    if not isinstance(comment, bytes):
        return ""
    encoding, content = comment[:8], comment[8 : 8 + 2 * MAX_TEXT_BYTES]
    if encoding == UNICODE:
        # The byte order is not stored and tools differ, so use the decoding with more ASCII letters.
        texts = [content.decode(name, "replace") for name in ("utf-16-be", "utf-16-le")]
        return max(texts, key=lambda text: sum(letter.isascii() for letter in text[:20]))
    try:
        return content.decode().rstrip("\0 ")
    except UnicodeDecodeError:
        return ""
