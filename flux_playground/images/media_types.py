"""What a delivered file is, by its content and not by the endpoint that made it: an image, a video or an archive.

Images are `images.py`'s; the others are known by their first bytes, and looked through for their end. Must not know
HTTP, the page, or where files are kept.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from ..errors import InvalidImage
from . import image_file

MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm", "zip": "application/zip"}
"""What is taken beside images; any other format is an image's."""

STILL_IMAGE_BRANDS = (b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"hevc")
"""Brands of the MP4 container that hold still images."""


@dataclass(frozen=True)
class MediaInfo:
    """What a whole file is; `format` is a word such as "png" or "mp4"; width and height in pixels, of images only."""

    format: str
    width: int | None = None
    height: int | None = None

    @property
    def suffix(self) -> str:
        """How a file's name ends, such as ".jpg"."""
        return ".jpg" if self.format == "jpeg" else f".{self.format}"


def media_type(form: str) -> str:
    """The media type of a format, such as "image/png"."""
    return MEDIA_TYPES.get(form, f"image/{form}")


def display_kind(form: str) -> str:
    """How a format is shown: "image", "video", or "file" for what can only be saved."""
    known = MEDIA_TYPES.get(form, "image/").partition("/")[0]
    return known if known in ("image", "video") else "file"


def verify(data: bytes) -> MediaInfo:
    """Look a file through to its end and say what it is; raises `InvalidImage` for any other or a cut file."""
    return _other(data) or _medium(image_file.verify(data))


def probe(data: bytes) -> MediaInfo:
    """What a file is by its beginning alone; raises `InvalidImage` for what is none of them."""
    return _other(data) or _medium(image_file.probe(data))


def _medium(picture: image_file.ImageInfo) -> MediaInfo:
    return MediaInfo(picture.format, picture.width, picture.height)


def _other(data: bytes) -> MediaInfo | None:
    """What it is if it is no image; raises `InvalidImage` where its end is missing."""
    if data[4:8] == b"ftyp" and data[8:12] not in STILL_IMAGE_BRANDS:
        return _whole("mp4", _boxes_end(data) == len(data))
    if data[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in data[:64]:
        return _whole("webm", len(data) > 64)
    if data[:4] == b"PK\x03\x04":
        return _whole("zip", zipfile.is_zipfile(io.BytesIO(data)))
    return None


def _whole(form: str, whole: bool) -> MediaInfo:
    if not whole:
        raise InvalidImage(f"This {form} file is cut short.")
    return MediaInfo(form)


def _boxes_end(data: bytes) -> int:
    """Where the last box of an MP4 says that it ends; -1 where a box makes no sense."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:
            return len(data)
        if size < 8:
            return -1
        at += size
    return at
