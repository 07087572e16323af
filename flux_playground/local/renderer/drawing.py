"""Draws smooth shapes onto an array of pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from .scene import Color

Floats = npt.NDArray[np.float32]

SMOOTHING = 2  # shapes are drawn this many times as large, then scaled down


def mix(one: Color, other: Color, share: float) -> Color:
    """Return a color between two; share 0 is the first."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


class Pen:
    """Draws shapes with smooth edges onto pixels when its block ends."""

    def __init__(self, pixels: Floats) -> None:
        self._pixels = pixels

    def __enter__(self) -> Pen:
        self._image = Image.new("RGBA", (self._pixels.shape[1] * SMOOTHING, self._pixels.shape[0] * SMOOTHING))
        self._draw = ImageDraw.Draw(self._image)
        return self

    def polygon(self, points: tuple[float, ...], color: Color) -> None:
        """Fill a polygon of x, y, x, y …"""
        self._draw.polygon([place * SMOOTHING for place in points], (*color, 255))

    def box(self, left: float, top: float, right: float, bottom: float, color: Color) -> None:
        """Fill a rectangle."""
        self.polygon((left, top, right, top, right, bottom, left, bottom), color)

    def circle(self, x: float, y: float, radius: float, color: Color) -> None:
        """Fill a circle around a point."""
        box = [place * SMOOTHING for place in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(box, (*color, 255))

    def __exit__(self, *_: object) -> None:
        if drawn := self._image.getbbox():
            left, top, right, bottom = drawn[0] // 2, drawn[1] // 2, (drawn[2] + 1) // 2, (drawn[3] + 1) // 2
            part = self._image.crop((left * SMOOTHING, top * SMOOTHING, right * SMOOTHING, bottom * SMOOTHING))
            layer = np.asarray(part.convert("RGBa").reduce(SMOOTHING))
            pixels = self._pixels[top:bottom, left:right]
            pixels *= 1 - layer[..., 3:].astype(np.float32) / 255
            pixels += layer[..., :3]


def resize(values: npt.NDArray[np.floating], width: int, height: int) -> Floats:
    """Return an array scaled to a size."""
    image = Image.fromarray(values.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32)
