"""What an image file is: its format, size and wholeness; a thumbnail of it; the text that is sent as an image prompt.

Knows Pillow. Must not know HTTP, forms, or where files are kept.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from ..errors import BadSample, FieldError, InvalidRequest

READERS = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
"""The formats that are read at all: Pillow knows forty more, of use mostly to those who look for a weak decoder."""

SENT = ("JPEG", "PNG", "WEBP")
"""The formats that an image prompt is sent in; the others are converted."""

MODES = {"JPEG": ("L", "RGB", "CMYK"), "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "WEBP": ("RGB", "RGBA")}
"""The kinds of pixels that a format can hold."""

TELLING = frozenset({"exif", "xmp", "photoshop", "comment", "mp"})
"""What in a file may say who made it, where and with what; a PNG's texts come on top; "mp" is further pictures."""

BOMB = 120_000_000
"""Pixels beyond which nothing is decoded."""

MOST_PIXELS = 40_000_000
"""Pixels that an image prompt may have."""

MOST_BYTES = 20_000_000
MAX_READ_BYTES = 100_000_000
MAX_SENT_SIDE_PIXELS = 4096
"""Bytes that an image prompt may have."""


@dataclass(frozen=True)
class Picture:
    """What a whole, decodable image file is; `format` is a word such as "jpeg", sizes are in pixels."""

    format: str
    width: int
    height: int

    @property
    def mime(self) -> str:
        """The media type, such as "image/jpeg"."""
        return f"image/{self.format}"

    @property
    def suffix(self) -> str:
        """How a file's name ends, such as ".jpg"."""
        return ".jpg" if self.format == "jpeg" else f".{self.format}"


def inspect(data: bytes) -> Picture:
    """Decode the image from its first byte to its last and say what it is, as `measure` does.

    Raises `BadSample` if it is no image, is damaged or cut short, or has more than `BOMB` pixels.
    """
    # A JPEG at an eighth of its size: every byte is read all the same, in a fifth of the time.
    _decoded(data, smallest=1)
    return measure(data)


def measure(data: bytes) -> Picture:
    """What an image is by its header alone, width and height as they are shown (its orientation applied).

    Raises `BadSample` if it is no image; whether it is a whole one is not looked at.
    """
    image = _opened(data)
    width, height = image.size
    return Picture(_format(image).lower(), *((height, width) if _on_its_side(image) else (width, height)))


def thumbnail(data: bytes, edge: int = 320) -> bytes:
    """A small WebP of an image, upright, its longer side at most `edge` pixels; raises `BadSample`."""
    small = _in_mode(_upright(_decoded(data, smallest=edge)), "WEBP")
    small.thumbnail((edge, edge))
    return _saved(small, "WEBP", quality=80)


def encode(source: Path | bytes, field: str) -> str:
    """The bare base64 of an image that is sent as the value of `field`: upright, without place, camera or comments.

    Bytes that need nothing done to them are sent untouched; an image of more than `MOST_PIXELS` or `MOST_BYTES` is
    scaled down. Raises `InvalidRequest` at the field for what is no image, is damaged, or has more than `BOMB` pixels.
    """
    data = _read(source, field)
    try:
        width, height = _opened(data).size
        if width * height > BOMB:
            raise _refusal(field, "image_too_large", _too_many_pixels(width, height))
        sent = _to_send(data) if width * height <= MOST_PIXELS and len(data) <= MOST_BYTES else _scaled_down(data)
    except BadSample as error:
        advice = "Choose another file."
        if kind_of(data) == "":
            advice = "Choose a JPEG, PNG or WebP file; a HEIC photo must be saved as one of these first."
        raise _refusal(field, "image_parsing", f"{error.message} {advice}") from error
    if len(sent) > MOST_BYTES:
        raise _refusal(field, "image_too_large", _too_many_bytes(len(sent)))
    return base64.b64encode(sent).decode("ascii")


def _opened(data: bytes) -> ImageFile.ImageFile:
    """The image with only its header read; `Image.open` would warn of a large one, or refuse it without its size."""
    for name, reader in READERS.items():
        accept = Image.OPEN[name][1]
        if accept is not None and accept(data[:16]) is True:
            try:
                return reader(io.BytesIO(data), "")
            except Exception as error:  # on damaged bytes a decoder raises whatever it likes
                raise BadSample("This image is damaged.") from error
    raise BadSample("This file is not an image.")


def _decoded(data: bytes, smallest: int = 0) -> ImageFile.ImageFile:
    """The image with all its pixels; with `smallest`, a JPEG may come scaled down to no less than that."""
    image = _opened(data)
    if image.width * image.height > BOMB:
        raise BadSample(f"This image has {image.width} × {image.height} pixels, more than are decoded.")
    try:
        if smallest:
            image.draft("RGB", (smallest, smallest))
        image.load()
    except Exception as error:  # as above
        raise BadSample("This image is damaged or cut short.") from error
    if _cut_short(_format(image), data):
        raise BadSample("This image is cut short.")
    return image


def _cut_short(name: str, data: bytes) -> bool:
    """Whether the file's end is missing: a decoder is content once it has the last pixel."""
    if name == "JPEG":
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    if name == "PNG":
        return b"IEND\xae\x42\x60\x82" not in data
    return name == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)


def _format(image: Image.Image) -> str:
    # To Pillow, a telephone's JPEG with further pictures behind the first is an MPO.
    return "JPEG" if image.format == "MPO" else str(image.format)


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # EXIF that cannot be read turns nothing
        return image.copy()


def _on_its_side(image: Image.Image) -> bool:
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except Exception:  # as above
        return False


def _to_send(data: bytes) -> bytes:
    image = _decoded(data)
    name = _format(image)
    tells = not TELLING.isdisjoint(image.info) or getattr(image, "text", None)
    if name in SENT and not tells:
        return data
    if name == "AVIF" and not image.has_transparency_data:
        name = "JPEG"
    name = name if name in SENT else "PNG"
    return _saved(_in_mode(_upright(image), name), name, quality=95)


def kind_of(data: bytes) -> str:
    """Return the format that a file begins like, such as "PNG"; "" for no format that can be read."""
    accepts = {name: Image.OPEN[name][1] for name in READERS}
    return next((name for name, accept in accepts.items() if accept is not None and accept(data[:16]) is True), "")


def _scaled_down(data: bytes) -> bytes:
    """The image with its longer side at most `MAX_SENT_SIDE_PIXELS`, as JPEG, or as PNG where it has transparency."""
    image = _upright(_decoded(data, smallest=MAX_SENT_SIDE_PIXELS))
    name = "PNG" if image.has_transparency_data else "JPEG"
    image = _in_mode(image, name)
    image.thumbnail((MAX_SENT_SIDE_PIXELS, MAX_SENT_SIDE_PIXELS))
    return _saved(image, name, quality=92)


def _in_mode(image: Image.Image, name: str) -> Image.Image:
    if image.mode in MODES[name]:
        return image
    converted = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "CMYK":
        converted.info.pop("icc_profile", None)  # it speaks of inks
    return converted


def _saved(image: Image.Image, name: str, quality: int) -> bytes:
    profile = image.info.get("icc_profile")
    image.info = {key: value for key, value in image.info.items() if key == "transparency"}
    file = io.BytesIO()
    image.save(file, name, quality=quality, icc_profile=profile)
    return file.getvalue()


def _read(source: Path | bytes, field: str) -> bytes:
    if isinstance(source, Path) and not source.is_file():
        raise _refusal(field, "image_parsing", "This file is no longer there: choose it again.")
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_READ_BYTES:
        raise _refusal(field, "image_too_large", _too_many_bytes(size))
    return source if isinstance(source, bytes) else source.read_bytes()


def _too_many_pixels(width: int, height: int) -> str:
    size = f"{width} × {height} pixels ({width * height / 1e6:.1f} megapixels)"
    return f"This image has {size}; at most {BOMB // 1_000_000} megapixels can be read."


def _too_many_bytes(size: int) -> str:
    return f"This image takes {size / 1e6:.1f} MB; at most {MAX_READ_BYTES // 1_000_000} MB can be read."


def _refusal(field: str, kind: str, sentence: str) -> InvalidRequest:
    return InvalidRequest([FieldError(("body", field), sentence, kind)])
