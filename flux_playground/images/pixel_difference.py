"""Measures how similar two images are."""

from __future__ import annotations

import functools
import io
import math
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageChops, ImageFile, ImageOps, ImageStat

from ..errors import InvalidImage
from . import image_file
from .decode import decoded

MAX_COMPARED_PIXELS = 25_000_000  # of each image: both, their upright copies and the difference take 24 bytes a pixel
MIN_CLOSE_PSNR_DECIBELS = 30.0  # above, people see no difference, as after another JPEG encoding


class Verdict(StrEnum):
    """How similar two images are."""

    SAME_BYTES = "identical bytes"
    SAME_PIXELS = "identical pixels"
    CLOSE = "close"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Comparison:
    """The similarity of two images; images of different sizes have a verdict only.

    `mean` is the mean difference of a channel (0 to 255), `changed` is the share of pixels that differ (0 to 1), and
    `psnr` is in decibels (infinite for identical pixels). `difference_png` shows the difference, `gain` times as
    bright as it is; it is empty for identical pixels.
    """

    verdict: Verdict
    before: image_file.ImageInfo
    after: image_file.ImageInfo
    mean: float | None = None
    changed: float | None = None
    psnr: float | None = None
    gain: int = 1
    difference_png: bytes = b""


def compare(before: bytes, after: bytes) -> Comparison:
    """Measure how similar two image files are.

    Raises `InvalidImage` if one of them is not a complete image, and for more than `MAX_COMPARED_PIXELS` to compare.
    """
    first, second = image_file.probe(before), image_file.probe(after)
    has_pairs = before != after and (first.width, first.height) == (second.width, second.height)
    if has_pairs and first.width * first.height > MAX_COMPARED_PIXELS:
        raise InvalidImage(f"Images of {first.width} × {first.height} pixels are too large to compare.")
    for data in (before, after):
        image_file.verify(data)
    if before == after:
        return Comparison(Verdict.SAME_BYTES, first, second, 0.0, 0.0, math.inf)
    if not has_pairs:
        return Comparison(Verdict.DIFFERENT, first, second)
    with decoded(before, after) as images:
        return _compare_pixels(images, first, second)


def _compare_pixels(
    images: list[ImageFile.ImageFile], first: image_file.ImageInfo, second: image_file.ImageInfo
) -> Comparison:
    """Compare two images of the same size, in few copies, while their memory is reserved."""
    pair = [_upright(image) for image in images]
    images.clear()
    mode = "RGBA" if any(image.has_transparency_data for image in pair) else "RGB"
    difference = ImageChops.difference(*(image if image.mode == mode else image.convert(mode) for image in pair))
    pair.clear()
    largest = functools.reduce(ImageChops.lighter, difference.split())
    histogram = largest.histogram()
    if not any(histogram[1:]):
        return Comparison(Verdict.SAME_PIXELS, first, second, 0.0, 0.0, math.inf)
    gain = 255 // max(step for step in range(256) if histogram[step])
    statistics = ImageStat.Stat(difference)
    psnr = 10 * math.log10(255**2 * sum(statistics.count) / sum(statistics.sum2))
    file = io.BytesIO()
    largest.point([min(255, gain * step) for step in range(256)]).save(file, "PNG", compress_level=1)
    return Comparison(
        verdict=Verdict.CLOSE if psnr >= MIN_CLOSE_PSNR_DECIBELS else Verdict.DIFFERENT,
        before=first,
        after=second,
        mean=sum(statistics.sum) / sum(statistics.count),
        changed=1 - histogram[0] / sum(histogram),
        psnr=psnr,
        gain=gain,
        difference_png=file.getvalue(),
    )


def _upright(decoded_image: Image.Image) -> Image.Image:
    """Return the image as a viewer shows it, with eight bits per channel."""
    image = ImageOps.exif_transpose(decoded_image)
    return image.point(lambda step: step * (1 / 256)).convert("L") if image.mode.startswith("I;16") else image
