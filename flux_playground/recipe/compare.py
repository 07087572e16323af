"""How alike two images are, measured, and what in their recipes can have made them differ. Knows Pillow and recipes.

Fields are compared by name without knowing any of them; a few are worth a sentence, which stands in `HINTS`. Must not
know HTTP, gradio or the journal.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PIL import Image, ImageChops, ImageOps, ImageStat

from ..images import image_file
from ..images.decode import decoded
from . import Recipe

CLOSE = 30.0
"""Decibels (PSNR) from which two images are called close: alike to the eye, as after another JPEG encoding."""

HINTS: Mapping[str, str] = {
    "prompt used": "The prompt was rewritten by upsampling, differently each time.",
    "prompt_upsampling": "Upsampling rewrites the prompt, differently each time.",
    "output_format": "Another file format: JPEG changes pixels a little, PNG does not.",
    "endpoint": "Another endpoint is another model.",
    "server": "Another server may run another version of the model, and knows other finetunes.",
    "document": "The API's document has changed since, and the model may have too.",
    "seed used": "Another seed is another picture.",
}
"""What it means that some fields differ; the others speak for themselves."""


class Verdict(StrEnum):
    """How alike two images are."""

    SAME_BYTES = "identical bytes"
    SAME_PIXELS = "identical pixels"
    CLOSE = "close"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Comparison:
    """How alike two images are, and how much.

    For images of one size `mean` is the mean difference of a channel in its 256 steps, `changed` the share (0 to 1)
    of pixels that differ at all, `psnr` in decibels (infinite without any difference), and `picture` a PNG of the
    difference, `gain` times as bright as it is (empty without any). Of other sizes there is nothing to measure.
    """

    verdict: Verdict
    before: image_file.ImageInfo
    after: image_file.ImageInfo
    mean: float | None = None
    changed: float | None = None
    psnr: float | None = None
    gain: int = 1
    picture: bytes = b""


@dataclass(frozen=True)
class Difference:
    """Something that two recipes say differently: its name, both values, and a sentence where one is known."""

    name: str
    before: Any
    after: Any
    hint: str = ""


def compare(before: bytes, after: bytes) -> Comparison:
    """Measure how alike two image files are; raises `InvalidImage` when one of them is no whole image."""
    first, second = image_file.verify(before), image_file.verify(after)
    if before == after:
        return Comparison(Verdict.SAME_BYTES, first, second, 0.0, 0.0, math.inf)
    if (first.width, first.height) != (second.width, second.height):
        return Comparison(Verdict.DIFFERENT, first, second)
    with decoded(before, after) as images:
        difference = ImageChops.difference(*_alike(*map(_upright, images)))
    most = functools.reduce(ImageChops.lighter, difference.split())
    steps = most.histogram()
    if not any(steps[1:]):
        return Comparison(Verdict.SAME_PIXELS, first, second, 0.0, 0.0, math.inf)
    gain = 255 // max(step for step in range(256) if steps[step])
    statistics = ImageStat.Stat(difference)
    psnr = 10 * math.log10(255**2 * sum(statistics.count) / sum(statistics.sum2))
    return Comparison(
        verdict=Verdict.CLOSE if psnr >= CLOSE else Verdict.DIFFERENT,
        before=first,
        after=second,
        mean=sum(statistics.sum) / sum(statistics.count),
        changed=1 - steps[0] / sum(steps),
        psnr=psnr,
        gain=gain,
        picture=_bright(most, gain),
    )


def explain_differences(before: Recipe, after: Recipe) -> tuple[Difference, ...]:
    """All that two recipes say differently about how their images were made; nothing of times, costs and ids."""
    return tuple(_reasons(before, after))


def _bright(difference: Image.Image, gain: int) -> bytes:
    file = io.BytesIO()
    difference.point([min(255, gain * step) for step in range(256)]).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _upright(decoded_image: Image.Image) -> Image.Image:
    """The image as it is seen, eight bits a channel."""
    image = ImageOps.exif_transpose(decoded_image)
    return image.point(lambda step: step * (1 / 256)).convert("L") if image.mode.startswith("I;16") else image


def _alike(first: Image.Image, second: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Both in the same kind of pixels, whatever their files keep."""
    mode = "RGBA" if first.has_transparency_data or second.has_transparency_data else "RGB"
    return first.convert(mode), second.convert(mode)


def _reasons(before: Recipe, after: Recipe) -> Iterator[Difference]:
    for name in {**before.request, **after.request}:
        if name != "seed" or before.seed is None or after.seed is None:
            yield from _differing(name, before.request.get(name), after.request.get(name))
    if before.request.get("prompt") == after.request.get("prompt"):
        yield from _known("prompt used", before.prompt, after.prompt)
    yield from _known("seed used", before.seed, after.seed)
    for name in ("endpoint", "server", "document"):
        yield from _known(name, getattr(before, name), getattr(after, name))


def _known(name: str, before: Any, after: Any) -> Iterator[Difference]:
    """The difference, if both are known: a result need not say what it used."""
    return _differing(name, before, after) if before not in (None, "") and after not in (None, "") else iter(())


def _differing(name: str, before: Any, after: Any) -> Iterator[Difference]:
    if _told(before) != _told(after):
        yield Difference(name, before, after, HINTS.get(name, ""))


def _told(value: Any) -> Any:
    """The value, blanks being all alike, and 1 not being True."""
    return None if value in (None, "") else (isinstance(value, bool), value)
