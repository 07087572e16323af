"""Determines whether a delivered file is an image, a video or an archive, by its content."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from ..errors import InvalidImage
from . import image_file
from .decode import is_cut_short

MEDIA_TYPES = {"mp4": "video/mp4", "webm": "video/webm", "zip": "application/zip"}  # any other format is an image
STILL_IMAGE_BRANDS = (b"avif", b"avis", b"mif1", b"msf1", b"heic", b"heix", b"hevc")  # in the container of MP4
MIN_WEBM_BYTES = 65


@dataclass(frozen=True)
class MediaInfo:
    """A complete file: `format` is a word such as "png" or "mp4"; width and height in pixels, of images only."""

    format: str
    width: int | None = None
    height: int | None = None

    @property
    def suffix(self) -> str:
        """The file name extension, such as ".jpg"."""
        return ".jpg" if self.format == "jpeg" else f".{self.format}"


def media_type(file_format: str) -> str:
    """Return the media type of a format, such as "image/png"."""
    return MEDIA_TYPES.get(file_format, f"image/{file_format}")


def display_kind(file_format: str) -> str:
    """Return how a format is shown: "image", "video", or "file" for a download."""
    kind = media_type(file_format).partition("/")[0]
    return kind if kind in ("image", "video") else "file"


def verify(data: bytes) -> MediaInfo:
    """Read a file to its end and return what it is; raises `InvalidImage` if it is unknown, damaged or cut short."""
    other = _detect_other(data)
    if other:
        return other
    info = image_file.verify(data)
    return MediaInfo(info.format, info.width, info.height)


def verify_decoded(data: bytes) -> MediaInfo:
    """Do what `verify` does with an image that was decoded to its end while it arrived."""
    if is_cut_short(data):
        raise InvalidImage("This image is cut short.")
    return probe(data)


def probe(data: bytes) -> MediaInfo:
    """Return what a file is by its beginning; raises `InvalidImage` if it is unknown."""
    other = _detect_other(data)
    if other:
        return other
    info = image_file.probe(data)
    return MediaInfo(info.format, info.width, info.height)


def _detect_other(data: bytes) -> MediaInfo | None:
    """Return a video or an archive; None for any other file. Raises `InvalidImage` if it is cut short."""
    if data[4:8] == b"ftyp" and data[8:12] not in STILL_IMAGE_BRANDS:
        file_format, is_complete = "mp4", _mp4_end(data) == len(data)
    elif data[:4] == b"\x1a\x45\xdf\xa3" and b"webm" in data[:64]:
        file_format, is_complete = "webm", len(data) >= MIN_WEBM_BYTES
    elif data[:4] == b"PK\x03\x04":
        file_format, is_complete = "zip", zipfile.is_zipfile(io.BytesIO(data))
    else:
        return None
    if not is_complete:
        raise InvalidImage(f"This {file_format} file is cut short.")
    return MediaInfo(file_format)


def _mp4_end(data: bytes) -> int:
    """Return the end of the last box by its own size; -1 for an impossible size."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        elif size == 0:
            return len(data)
        if size < 8:
            return -1
        position += size
    return position
