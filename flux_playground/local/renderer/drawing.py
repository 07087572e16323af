"""Draws smooth shapes and noise onto arrays of pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from .scene import Color

Floats = npt.NDArray[np.float32]

SUPERSAMPLING = 2  # shapes are drawn this many times as large, then scaled down


def mix(first: Color, second: Color, share: float) -> Color:
    """Return a color between two; share 0 is the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def resize(values: npt.NDArray[np.floating], width: int, height: int) -> Floats:
    """Return an array scaled to a size."""
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32)


def noise(
    random: np.random.Generator, size: tuple[int, int], cells: tuple[float, float], shares: tuple[float, ...]
) -> Floats:
    """Return smooth noise of a width and height, about 0 to 1; `cells` across and down double with each share."""
    small = (size[0] // 2 + 1, size[1] // 2 + 1)  # smooth enough, and four times as fast
    total = np.zeros((small[1], small[0]), np.float32)
    for octave, share in enumerate(shares):
        across, down = (max(2, round(count * 2**octave) + 1) for count in cells)
        total += resize(random.random((down, across)), *small) * share
    return resize(total / sum(shares), *size)


class Pen:
    """Draws shapes with smooth edges onto pixels when its block ends."""

    def __init__(self, pixels: Floats) -> None:
        self._pixels = pixels
        self._image = Image.new("RGBA", (pixels.shape[1] * SUPERSAMPLING, pixels.shape[0] * SUPERSAMPLING))
        self._draw = ImageDraw.Draw(self._image)

    def __enter__(self) -> Pen:
        return self

    def polygon(self, points: tuple[float, ...], color: Color) -> None:
        """Fill a polygon of x, y, x, y …"""
        self._draw.polygon([value * SUPERSAMPLING for value in points], (*color, 255))

    def circle(self, x: float, y: float, radius: float, color: Color) -> None:
        """Fill a circle around a point."""
        self._draw.ellipse([v * SUPERSAMPLING for v in (x - radius, y - radius, x + radius, y + radius)], (*color, 255))

    def __exit__(self, *_: object) -> None:
        if box := self._image.getbbox():
            left, top, right, bottom = (value // SUPERSAMPLING for value in (box[0], box[1], box[2] + 1, box[3] + 1))
            scaled = (left * SUPERSAMPLING, top * SUPERSAMPLING, right * SUPERSAMPLING, bottom * SUPERSAMPLING)
            layer = np.asarray(self._image.crop(scaled).convert("RGBa").reduce(SUPERSAMPLING))
            pixels = self._pixels[top:bottom, left:right]
            pixels *= 1 - layer[..., 3:].astype(np.float32) / 255
            pixels += layer[..., :3]
