"""How large a picture is for what a request says. Knows numbers only: it is read where no picture is ever drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

# The sizes that the Ultra endpoints were seen to give.
SEEN = {(21, 9): (3136, 1344), (16, 9): (2752, 1536), (3, 2): (2496, 1664), (4, 3): (2368, 1792), (1, 1): (2048, 2048)}
AREA = 4_194_304  # pixels, where no size was seen
STEP = 32  # every width and height is a multiple of this
LARGEST = 4096


def image_size(request: Mapping[str, Any], scale: float = 1.0) -> tuple[int, int]:
    """Width and height in pixels for a request: its own where it names them, else about 4 megapixels of its ratio.

    `scale` makes both sides so many times as long.
    """
    width, height = _full_size(request)
    return (width, height) if scale == 1.0 else (_stepped(round(width * scale)), _stepped(round(height * scale)))


def _full_size(request: Mapping[str, Any]) -> tuple[int, int]:
    width, height = request.get("width"), request.get("height")
    if isinstance(width, int) and isinstance(height, int):
        return _stepped(width), _stepped(height)
    across, down = ratio(str(request.get("aspect_ratio") or "16:9"))
    for (wide, high), (width, height) in SEEN.items():
        if wide * down == high * across:
            return width, height
        if wide * across == high * down:
            return height, width
    return _stepped(math.isqrt(AREA * across // down)), _stepped(math.isqrt(AREA * down // across))


def ratio(text: str) -> tuple[int, int]:
    """The two whole numbers of a ratio such as "16:9" or "2.35:1"; 16 and 9 for what is none."""
    found = re.fullmatch(r"\s*(\d{1,9})(?:\.(\d{1,9}))?\s*:\s*(\d{1,9})(?:\.(\d{1,9}))?\s*", text, re.ASCII)
    if not found:
        return 16, 9
    wide, wide_part, high, high_part = (part or "" for part in found.groups())
    places = max(len(wide_part), len(high_part))
    across, down = int(wide + wide_part.ljust(places, "0")), int(high + high_part.ljust(places, "0"))
    if not (across and down):
        return 16, 9
    common = math.gcd(across, down)
    return across // common, down // common


def _stepped(length: int) -> int:
    return min(LARGEST, max(2 * STEP, (length + STEP // 2) // STEP * STEP))
