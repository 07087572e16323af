"""Decodes image files within limits on memory: all decodes of the process share one budget."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from ..errors import InvalidImage
from .metadata import jpeg

DECODERS = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
"""The formats that are decoded; the forty other decoders of Pillow are not used."""

MAX_DECODED_PIXELS = 120_000_000
MAX_DECODE_BYTES = 600_000_000
MAX_CONCURRENT_DECODES = 2

MAX_ARRIVING_BYTES = 8_000_000
HEAD_STEP_BYTES, MAX_HEAD_BYTES = 16_384, 1_000_000  # Content Credentials come before the pixels

# Memory of a decode per pixel: Pillow stores RGB in 4 bytes. libtiff holds a strip beside the pixels. The decoders of
# WebP and AVIF hold canvases, planes and a copy of the pixels.
_BYTES_PER_PIXEL = {"TIFF": 8, "WEBP": 16, "AVIF": 16}
_COPY_BYTES_PER_PIXEL = 8  # the upright and the converted image


@dataclass
class DecodeBudget:
    """Lets a limited number of decodes run at once, and only as many as fit into `free` bytes together."""

    free: int = MAX_DECODE_BYTES
    places: int = MAX_CONCURRENT_DECODES
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Wait for `size` bytes and a place, and hold both for the block."""
        size = min(size, MAX_DECODE_BYTES)
        with self._turn, self._changed:  # with the turn, small decodes never overtake a large one for ever
            self._changed.wait_for(lambda: self.places > 0 and self.free >= size)
            self.free, self.places = self.free - size, self.places - 1
        try:
            yield
        finally:
            with self._changed:
                self.free, self.places = self.free + size, self.places + 1
                self._changed.notify_all()


BUDGET = DecodeBudget()  # memory belongs to the process, so does its budget


def detect_format(data: bytes) -> str:
    """Return the format that a file begins like, such as "PNG"; "" for no format that can be read."""
    accepts = {name: Image.OPEN[name][1] for name in DECODERS}
    return next((name for name, accept in accepts.items() if accept is not None and accept(data[:16]) is True), "")


def is_unsupported_image(data: bytes) -> bool:
    """Return whether a file is an image of a format that is not decoded: a HEIC photo or an SVG."""
    is_svg = data[:1000].lstrip().startswith(b"<") and b"<svg" in data[:1000]
    return not detect_format(data) and (data[4:8] == b"ftyp" or is_svg)


def format_of(image: Image.Image) -> str:
    """Return the format of an opened image, such as "JPEG"."""
    # Pillow calls a JPEG of a telephone with further images behind the first MPO.
    return "JPEG" if image.format == "MPO" else str(image.format)


def open_header(data: bytes) -> ImageFile.ImageFile:
    """Return the image with only its header read; raises `InvalidImage` for no image.

    `Image.open` would warn of a large image, or refuse it without its size.
    """
    name = detect_format(data)
    if not name:
        raise InvalidImage("This file is not an image.")
    try:
        return DECODERS[name](io.BytesIO(data), "")
    except Exception as error:  # on damaged bytes a decoder can raise any error
        raise InvalidImage("This image is damaged.") from error


@contextmanager
def decoded(*files: bytes, smallest: int = 0) -> Iterator[list[ImageFile.ImageFile]]:
    """Decode images together within the budget of the process, which is held for the block.

    With `smallest`, a JPEG may come scaled down to no less than that many pixels a side. Raises `InvalidImage` for what
    is no image, is damaged, cut short, or larger than what is decoded. Blocks are never nested: each could wait for the
    other.
    """
    images = [open_header(data) for data in files]
    size = sum(_reservation(image, data, smallest) for image, data in zip(images, files, strict=True))
    with BUDGET.reserve(size):
        for image, data in zip(images, files, strict=True):
            _load(image, data)
        yield images


def _reservation(image: ImageFile.ImageFile, data: bytes, smallest: int) -> int:
    width, height = image.size
    if width * height > MAX_DECODED_PIXELS:
        raise InvalidImage(f"This image has {width} × {height} pixels, more than are decoded.")
    if smallest:
        image.draft("RGB", (smallest, smallest))
    size = decode_bytes(image, data)
    if size > MAX_DECODE_BYTES:
        raise InvalidImage(
            f"This {format_of(image)} image of {width} × {height} pixels takes too much memory to decode."
        )
    return size + _COPY_BYTES_PER_PIXEL * image.width * image.height


def decode_arriving(file: IO[bytes]) -> bool:
    """Decode a JPEG at an eighth of its size while its bytes arrive; return whether that was done without a fault.

    That takes at most `MAX_ARRIVING_BYTES` of memory, which are not counted. False for any other file: its decoder may
    need much memory, for as long as a slow server likes.
    """
    try:
        head = file.read(HEAD_STEP_BYTES)
        while len(head) < MAX_HEAD_BYTES and not _is_sequential(head) and (more := file.read(HEAD_STEP_BYTES)):
            head += more
        file.seek(0)
        if detect_format(head) != "JPEG" or not _is_sequential(head):
            return False
        image = JpegImagePlugin.JpegImageFile(file, "")
        image.draft("RGB", (1, 1))
        if decode_bytes(image, head) > MAX_ARRIVING_BYTES:
            return False
        image.load()
    except Exception:  # on damaged bytes a decoder raises whatever it likes
        return False
    return True


def decode_bytes(image: ImageFile.ImageFile, data: bytes) -> int:
    """Return how many bytes the decoder of an image takes at most, by its header; after `draft` those of the draft."""
    usual = 8 if image.has_transparency_data or image.mode == "P" else 4  # resizing copies pixels with transparency
    size = _BYTES_PER_PIXEL.get(format_of(image), usual) * image.width * image.height
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        scale = (image.decoderconfig or (1,))[0]
        full = image.width * image.height * scale**2
        size += 0 if _is_sequential(data) else 2 * image.layers * full  # libjpeg holds all coefficients, 2 bytes each
    return size


def _is_sequential(data: bytes) -> bool:
    """Return whether a JPEG has one scan with all components, which is decoded in lines."""
    components = 0
    for segment in jpeg.iter_segments(data):
        if segment.kind in (b"\xc0", b"\xc1"):
            components = segment.content(data)[5]
        elif segment.kind == jpeg.SCAN:
            return components > 0 and segment.content(data)[0] == components
    return False


def _load(image: ImageFile.ImageFile, data: bytes) -> None:
    try:
        image.load()
    except Exception as error:  # on damaged bytes a decoder can raise any error
        raise InvalidImage("This image is damaged or cut short.") from error
    if is_cut_short(data):
        raise InvalidImage("This image is cut short.")


def is_cut_short(data: bytes) -> bool:
    """Return whether the end of a file is missing: a decoder is content once it has the last pixel."""
    name = detect_format(data)
    if name == "JPEG":
        end = data.rfind(b"\xff\xd9")
        return data.find(b"\xff\xda", max(end, 0)) >= 0  # pixels begin after the last end
    if name == "PNG":
        return b"IEND\xae\x42\x60\x82" not in data
    return name == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)
