"""The size of an image for a request."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

# Recorded of the Ultra endpoints.
RECORDED_SIZES = {
    (21, 9): (3136, 1344),
    (16, 9): (2752, 1536),
    (3, 2): (2496, 1664),
    (4, 3): (2368, 1792),
    (1, 1): (2048, 2048),
}
DEFAULT_RATIO = (16, 9)
DEFAULT_PIXELS = 4_194_304  # of ratios without a recorded size
STEP_PIXELS = 32  # every side is a multiple
MIN_SIDE_PIXELS, MAX_SIDE_PIXELS = 64, 4096
RATIO = re.compile(r"\s*(\d{1,9})(?:\.(\d{1,9}))?\s*:\s*(\d{1,9})(?:\.(\d{1,9}))?\s*", re.ASCII)


def image_size(request: Mapping[str, Any], scale: float = 1.0) -> tuple[int, int]:
    """Return width and height in pixels: the request's own, else about 4 megapixels of its aspect ratio.

    `scale` multiplies both sides.
    """
    width, height = _full_size(request)
    return (width, height) if scale == 1.0 else (_round_side(round(width * scale)), _round_side(round(height * scale)))


def megapixels(request: Mapping[str, Any], scale: float = 1.0) -> float:
    """Return the megapixels (of 1024 × 1024) of a request's image, rounded to two digits."""
    width, height = image_size(request, scale)
    return round(width * height / 1024**2, 2)


def _full_size(request: Mapping[str, Any]) -> tuple[int, int]:
    width, height = request.get("width"), request.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return _round_side(width), _round_side(height)
    across, down = parse_ratio(str(request.get("aspect_ratio") or ""))
    for (wide, high), (width, height) in RECORDED_SIZES.items():
        if wide * down == high * across:
            return width, height
        if wide * across == high * down:
            return height, width
    wide, high = math.isqrt(DEFAULT_PIXELS * across // down), math.isqrt(DEFAULT_PIXELS * down // across)
    return _round_side(wide), _round_side(high)


def parse_ratio(text: str) -> tuple[int, int]:
    """Return the two integers of a ratio such as "16:9" or "2.35:1"; 16 and 9 for any other text."""
    match = RATIO.fullmatch(text)
    if not match:
        return DEFAULT_RATIO
    wide, wide_decimals, high, high_decimals = (part or "" for part in match.groups())
    digits = max(len(wide_decimals), len(high_decimals))
    across, down = int(wide + wide_decimals.ljust(digits, "0")), int(high + high_decimals.ljust(digits, "0"))
    if not (across and down):
        return DEFAULT_RATIO
    divisor = math.gcd(across, down)
    return across // divisor, down // divisor


def _round_side(pixels: int) -> int:
    rounded = (pixels + STEP_PIXELS // 2) // STEP_PIXELS * STEP_PIXELS
    return min(MAX_SIDE_PIXELS, max(MIN_SIDE_PIXELS, rounded))
