"""The size of an image for a request: by its width and height, else by its aspect ratio and resolution."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Size = tuple[int, int]

# Recorded of the Ultra endpoints, for images of this many pixels.
RECORDED_PIXELS = 2048**2
RECORDED_SIZES: dict[Size, Size] = {
    (21, 9): (3136, 1344),
    (16, 9): (2752, 1536),
    (3, 2): (2496, 1664),
    (4, 3): (2368, 1792),
    (1, 1): (2048, 2048),
}
STEP_PIXELS = 32  # every side is a multiple
MIN_SIDE_PIXELS, MAX_SIDE_PIXELS, MAX_PIXELS = 64, 8192, 4096**2
RATIO = re.compile(r"\s*(\d{1,9})(?:\.(\d{1,9}))?\s*:\s*(\d{1,9})(?:\.(\d{1,9}))?\s*", re.ASCII)
RESOLUTION = re.compile(r"(\d{1,4}(?:\.\d{1,4})?) ?(k|sq|mp)", re.ASCII | re.IGNORECASE)  # 2k, 768sq, 1 MP


@dataclass(frozen=True)
class DefaultSize:
    """The size of an endpoint's image for a request without one: a number of pixels and a ratio."""

    pixels: int
    ratio: Size


def image_size(request: Mapping[str, Any], default: DefaultSize, inputs: Sequence[Size] = ()) -> Size:
    """Return width and height in pixels for a request with input images of these sizes.

    The first input image gives what the request leaves open: the ratio if it is missing or "auto", and the whole size
    if there is no resolution either.
    """
    ratio = parse_ratio(str(request.get("aspect_ratio") or ""))
    pixels = _parse_resolution(str(request.get("resolution") or ""))
    if inputs and ratio is None:
        (wide, high), *_ = inputs
        ratio, pixels = (wide, high), pixels or wide * high
    ratio, pixels = ratio or default.ratio, pixels or default.pixels
    width, height = (_positive(request.get(name)) for name in ("width", "height"))
    across, down = ratio
    if width and height:
        return _limit(width, height)
    if width or height:
        return _limit(width or height * across / down, height or width * down / across)
    if pixels == RECORDED_PIXELS:
        for (wide, high), size in RECORDED_SIZES.items():
            if wide * down == high * across:
                return size
            if wide * across == high * down:
                return size[::-1]
    return _limit(math.sqrt(pixels * across / down), math.sqrt(pixels * down / across))


def scale_size(size: Size, scale: float) -> Size:
    """Return a size with both sides multiplied."""
    return size if scale == 1.0 else _limit(size[0] * scale, size[1] * scale)


def parse_ratio(text: str) -> Size | None:
    """Return the two integers of a ratio such as "16:9" or "2.35:1"; None for any other text."""
    match = RATIO.fullmatch(text)
    if not match:
        return None
    wide, wide_decimals, high, high_decimals = (part or "" for part in match.groups())
    digits = max(len(wide_decimals), len(high_decimals))
    across, down = int(wide + wide_decimals.ljust(digits, "0")), int(high + high_decimals.ljust(digits, "0"))
    if not (across and down):
        return None
    divisor = math.gcd(across, down)
    return across // divisor, down // divisor


def _parse_resolution(text: str) -> int | None:
    match = RESOLUTION.fullmatch(text.strip())
    if not match:
        return None
    number, unit = float(match[1]), match[2].lower()
    return round({"k": (1024 * number) ** 2, "sq": number**2, "mp": 1024**2 * number}[unit]) or None


def _positive(value: Any) -> int:
    return value if type(value) is int and value > 0 else 0


def _limit(width: float, height: float) -> Size:
    """Return sides within the limits, in steps."""
    shrink = min(1.0, math.sqrt(MAX_PIXELS / (width * height)))
    return _round_side(width * shrink), _round_side(height * shrink)


def _round_side(pixels: float) -> int:
    return round(min(MAX_SIDE_PIXELS, max(MIN_SIDE_PIXELS, pixels)) / STEP_PIXELS) * STEP_PIXELS
