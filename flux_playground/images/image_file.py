"""Measures and verifies image files, makes thumbnails, and prepares image prompts for the API."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from ..errors import FieldError, InvalidImage, InvalidRequest
from .decode import MAX_DECODED_PIXELS, decoded, detect_format, format_of, is_unsupported_image, open_header

PROMPT_FORMATS = ("JPEG", "PNG", "WEBP")  # other formats are converted

PIXEL_MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "WEBP": ("RGB", "RGBA"),
}
"""The pixel modes of Pillow that each format can store."""

PRIVATE_METADATA = frozenset({"exif", "xmp", "photoshop", "comment", "mp"})
"""What can identify a person, a place or a tool; so can the texts of a PNG. "mp" stands for further images."""

MAX_PROMPT_PIXELS = 40_000_000
MAX_PROMPT_BYTES = 20_000_000
MAX_READ_BYTES = 100_000_000
MAX_SENT_SIDE_PIXELS = 4096


@dataclass(frozen=True)
class ImageInfo:
    """An image file: `format` is a word such as "jpeg", width and height are in pixels."""

    format: str
    width: int
    height: int

    @property
    def suffix(self) -> str:
        """The file name extension, such as ".jpg"."""
        return ".jpg" if self.format == "jpeg" else f".{self.format}"


@dataclass(frozen=True)
class ImagePrompt:
    """An image that can be sent as an image prompt, its size in bytes, and how it is changed before it is sent."""

    image: ImageInfo
    size: int
    scaled: bool
    converted: bool
    animated: bool
    transparent: bool


def verify(data: bytes) -> ImageInfo:
    """Decode an image to its end and return what it is.

    Raises `InvalidImage` if it is unknown, damaged, cut short, or has more than `MAX_DECODED_PIXELS`.
    """
    # A JPEG is decoded at an eighth of its size: all bytes are read, in a fifth of the time.
    with decoded(data, smallest=1):
        return probe(data)


def probe(data: bytes) -> ImageInfo:
    """Return what an image is by its header, with width and height as shown (its orientation applied).

    Raises `InvalidImage` if it is unknown.
    """
    image = open_header(data)
    width, height = image.size
    return ImageInfo(format_of(image).lower(), *((height, width) if _is_sideways(image) else (width, height)))


def thumbnail(data: bytes, edge: int = 320) -> bytes:
    """Return a small upright WebP, its longer side at most `edge` pixels; raises `InvalidImage`."""
    with decoded(data, smallest=edge) as (image,):
        return _save(_shrink(image, "WEBP", (edge, edge)), "WEBP", quality=80)


def shrink(data: bytes, box: tuple[int, int]) -> Image.Image:
    """Return an image upright, in RGB or RGBA, made smaller to fit into a box of pixels; raises `InvalidImage`."""
    with decoded(data, smallest=max(box)) as (image,):
        return _shrink(image, "WEBP", box)


def encode(source: Path | bytes, field: str) -> str:
    """Return the base64 of an image prompt for `field`: upright, without location, camera or comments.

    A file that needs no change is sent as it is. An image of more than `MAX_PROMPT_PIXELS` or `MAX_PROMPT_BYTES` is
    scaled down. Raises `InvalidRequest` for a file that is not an image, is damaged, or is too large to decode.
    """
    return base64.b64encode(_prepare(_read(source, field), field)).decode("ascii")


def check(source: Path | bytes, field: str) -> ImagePrompt:
    """Return how an image is changed before it is sent as the value of `field`; raises `InvalidRequest` as `encode`."""
    data = _read(source, field)
    _prepare(data, field)
    image = open_header(data)
    return ImagePrompt(
        image=probe(data),
        size=len(data),
        scaled=image.width * image.height > MAX_PROMPT_PIXELS or len(data) > MAX_PROMPT_BYTES,
        converted=format_of(image) not in PROMPT_FORMATS,
        animated=_is_animated(image),
        transparent=image.has_transparency_data,
    )


def _prepare(data: bytes, field: str) -> bytes:
    """Return the bytes that are sent for an image; raises `InvalidRequest` at the field."""
    try:
        width, height = open_header(data).size
        if width * height > MAX_DECODED_PIXELS:
            raise _image_error(field, "image_too_large", _too_many_pixels(width, height))
        sent = (
            _without_metadata(data)
            if width * height <= MAX_PROMPT_PIXELS and len(data) <= MAX_PROMPT_BYTES
            else _scale_down(data)
        )
    except InvalidImage as error:
        advice = "Choose another file."
        if detect_format(data) == "":
            fault = "This image format is not supported." if is_unsupported_image(data) else error.message
            raise _image_error(field, "image_parsing", f"{fault} Choose a JPEG, PNG or WebP file.") from error
        raise _image_error(field, "image_parsing", f"{error.message} {advice}") from error
    if len(sent) > MAX_PROMPT_BYTES:
        raise _image_error(field, "image_too_large", _too_many_bytes(len(sent)))
    return sent


def _is_animated(image: Image.Image) -> bool:
    """Return whether an image has further frames or pages; the further images of a camera's JPEG do not count."""
    try:
        return format_of(image) != "JPEG" and getattr(image, "n_frames", 1) > 1
    except Exception:  # the frames behind the first one are damaged
        return True


def _make_upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # unreadable EXIF has no orientation
        return image.copy()


def _is_sideways(image: Image.Image) -> bool:
    try:
        return image.getexif().get(ExifTags.Base.Orientation) in (5, 6, 7, 8)
    except Exception:  # unreadable EXIF
        return False


def _without_metadata(data: bytes) -> bytes:
    with decoded(data) as (image,):
        name = format_of(image)
        has_metadata = not PRIVATE_METADATA.isdisjoint(image.info) or getattr(image, "text", None)
        if name in PROMPT_FORMATS and not has_metadata and not _is_animated(image):
            return data
        if name == "AVIF" and not image.has_transparency_data:
            name = "JPEG"
        name = name if name in PROMPT_FORMATS else "PNG"
        return _save(_convert(_make_upright(image), name), name, quality=95)


def _scale_down(data: bytes) -> bytes:
    """Return the image with its longer side at most `MAX_SENT_SIDE_PIXELS`, as JPEG, or as PNG with transparency."""
    with decoded(data, smallest=MAX_SENT_SIDE_PIXELS) as (image,):
        name = "PNG" if image.has_transparency_data else "JPEG"
        box = (MAX_SENT_SIDE_PIXELS, MAX_SENT_SIDE_PIXELS)
        return _save(_shrink(image, name, box), name, quality=92)


def _shrink(image: Image.Image, name: str, box: tuple[int, int]) -> Image.Image:
    """Return the image upright, in a mode of the format `name`, not larger than a box of pixels."""
    if image.mode in ("L", "RGB", "RGBA", "CMYK"):  # shrink first, because a turn and a conversion copy all pixels
        image.thumbnail((max(box), max(box)))
    small = _convert(_make_upright(image), name)
    small.thumbnail(box)
    return small


def _convert(image: Image.Image, name: str) -> Image.Image:
    if image.mode in PIXEL_MODES[name]:
        return image
    converted = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "CMYK":
        converted.info.pop("icc_profile", None)  # it describes CMYK
    return converted


def _save(image: Image.Image, name: str, quality: int) -> bytes:
    profile = image.info.get("icc_profile")
    image.info = {key: value for key, value in image.info.items() if key == "transparency"}
    file = io.BytesIO()
    image.save(file, name, quality=quality, icc_profile=profile)
    return file.getvalue()


def _read(source: Path | bytes, field: str) -> bytes:
    if isinstance(source, Path) and not source.is_file():
        raise _image_error(field, "image_parsing", "The file does not exist anymore. Choose it again.")
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > MAX_READ_BYTES:
        raise _image_error(field, "image_too_large", _too_many_bytes(size))
    return source if isinstance(source, bytes) else source.read_bytes()


def _too_many_pixels(width: int, height: int) -> str:
    size = f"{width} × {height} pixels ({width * height / 1e6:.1f} megapixels)"
    return f"This image has {size}; at most {MAX_DECODED_PIXELS // 1_000_000} megapixels can be read."


def _too_many_bytes(size: int) -> str:
    return f"This image takes {size / 1e6:.1f} MB; at most {MAX_READ_BYTES // 1_000_000} MB can be read."


def _image_error(field: str, kind: str, sentence: str) -> InvalidRequest:
    return InvalidRequest([FieldError(("body", field), sentence, kind)])
