"""Paints those who look at us: a person from the shoulders up, a cat.

Knows the canvas and the palette; nothing of prompts or requests. Shapes are given in shares of the figure's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from .canvas import Canvas, Colour, Dice, mix
from .palette import Palette, rgb

SKINS = tuple(rgb(text) for text in ("f2c9a8", "e0aa82", "b97d56", "8a5639", "5f3a28"))
HAIRS = tuple(rgb(text) for text in ("2a1d1a", "4b2e20", "7d4a2a", "b5763a", "d9b26a", "8c8a88", "a03c28"))
COATS = tuple(rgb(text) for text in ("2b2723", "6d6a66", "c9793a", "e9dcc6", "8a5a3c", "3c4350"))
IRISES = tuple(rgb(text) for text in ("c9b23a", "7fae4e", "5aa0c8"))


class Figure:
    """A figure in the making: a point that it is drawn around, and its size in pixels."""

    def __init__(self, canvas: Canvas, x: float, y: float, size: float) -> None:
        self.canvas, self.x, self.y, self.size = canvas, x, y, size

    def outline(
        self, points: Sequence[tuple[float, float]], colour: Colour, x: float = 0.0, half: bool = False
    ) -> None:
        """A shape that is even on both sides of an upright axis: (height, half width) joined smoothly, top first.

        `half` paints only what is right of the axis.
        """
        first = max(0, int(self.y + points[0][0] * self.size))
        rows = np.arange(first, min(self.canvas.height, int(self.y + points[-1][0] * self.size)), dtype=np.float64)
        place = (rows - self.y) / self.size
        width = np.zeros(len(rows))
        for (top, above), (bottom, below) in pairwise(points):
            share = np.clip((place - top) / (bottom - top), 0.0, 1.0)
            share = share * share * (3.0 - 2.0 * share)
            width = np.where(place >= top, above + (below - above) * share, width)
        axis, reach = self.x + x * self.size, max(wide for _, wide in points) * self.size + 2.0
        left, right = max(0, int(axis if half else axis - reach)), min(self.canvas.width, int(axis + reach))
        off = np.abs(np.arange(left, max(left, right), dtype=np.float64) + 0.5 - axis)
        cover = np.clip((width * self.size)[:, None] - off[None, :] + 0.5, 0.0, 1.0)
        self.canvas.paint((slice(first, first + len(rows)), slice(left, max(left, right))), cover, colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, flat: float = 1.0, share: float = 1.0) -> None:
        """A disc or, with `flat`, an ellipse."""
        self.canvas.disc(self.x + x * self.size, self.y + y * self.size, radius * self.size, colour, share, flat)

    def corners(self, points: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A convex shape with straight edges, its corners in either order."""
        self.canvas.polygon([(self.x + x * self.size, self.y + y * self.size) for x, y in points], colour)


FACE = ((-0.37, 0.03), (-0.33, 0.1), (-0.2, 0.137), (-0.1, 0.12), (-0.03, 0.066), (0.0, 0.022))
NECK = ((-0.08, 0.066), (0.05, 0.068), (0.13, 0.12))
NOSE = ((-0.19, 0.007), (-0.115, 0.02), (-0.105, 0.006))
BODY = ((0.065, 0.075), (0.12, 0.17), (0.2, 0.27), (0.7, 0.36))
COLLAR = ((0.055, 0.085), (0.1, 0.1), (0.16, 0.02))


def portrait(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """A person from the shoulders up, in plain flat colours, the light from the left."""
    size = min(canvas.height, canvas.width * 1.15)
    figure = Figure(canvas, canvas.width * dice.between(0.4, 0.6), canvas.height - size * 0.34, size)
    skin, hair = mix(dice.pick(SKINS), palette.sun, 0.16), mix(dice.pick(HAIRS), palette.near, 0.3)
    coat, shade = mix(dice.pick(palette.accents), palette.near, 0.2), mix(skin, palette.near, 0.26)
    figure.disc(dice.between(-0.12, 0.12), -0.2, 0.42, mix(palette.sun, palette.accents[1], 0.4), share=0.85)
    cut = dice.pick(("long", "long", "short", "bun"))
    if cut == "bun":
        figure.disc(0.0, -0.47, 0.075, mix(hair, palette.near, 0.15))
    figure.disc(0.0, -0.25, 0.172, hair, flat=1.12)
    if cut == "long":
        low = dice.between(0.0, 0.26)
        figure.outline(((-0.3, 0.165), (-0.12, 0.18), (low, 0.2), (low + 0.05, 0.14)), hair)
    figure.outline(BODY, coat)
    figure.outline(BODY, mix(coat, palette.near, 0.28), half=True)
    figure.outline(COLLAR, mix(coat, palette.sun, 0.4))
    figure.outline(NECK, shade)
    figure.outline(FACE, skin)
    figure.outline(FACE, shade, half=True)
    _face(figure, skin, palette)
    figure.disc(-0.052, -0.37, 0.105, hair, flat=0.62)
    figure.disc(0.075, -0.36, 0.085, hair, flat=0.75)
    for side in (-1, 1):
        figure.outline(((-0.36, 0.03), (-0.24, 0.026), (-0.13, 0.003)), hair, x=side * 0.136)


def _face(figure: Figure, skin: Colour, palette: Palette) -> None:
    ink, shade = mix(skin, palette.near, 0.75), mix(skin, palette.near, 0.26)
    for side in (-1, 1):
        figure.disc(side * 0.056, -0.185, 0.026, ink, flat=0.34, share=0.9)
        figure.disc(side * 0.056, -0.192, 0.028, skin if side < 0 else shade, flat=0.3)
        figure.disc(side * 0.056, -0.222, 0.03, ink, flat=0.16, share=0.8)
    figure.outline(NOSE, mix(skin, palette.near, 0.42), half=True)
    figure.disc(0.0, -0.06, 0.034, mix(mix(skin, rgb("b5404a"), 0.5), palette.near, 0.15), flat=0.26)


CAT = ((-0.6, 0.1), (-0.32, 0.2), (-0.1, 0.27), (0.01, 0.22))


def cat(canvas: Canvas, dice: Dice, palette: Palette, at: float) -> None:
    """A cat that sits and looks at us, its feet at a share of the height."""
    size = min(canvas.height * 0.62, canvas.width * 0.75)
    figure = Figure(canvas, canvas.width * dice.between(0.36, 0.64), canvas.height * at, size)
    coat = mix(dice.pick(COATS), palette.near, 0.15)
    dark, pale = mix(coat, palette.near, 0.4), mix(coat, (255.0, 250.0, 240.0), 0.45)
    side = dice.pick((-1, 1))
    for part in range(26):
        along = part / 25
        x, y = 0.2 + 0.34 * along - 0.12 * along * along, 0.05 + 0.3 * along * along * along
        figure.disc(side * x, -y, 0.045 - 0.012 * along, coat if part % 6 else dark)
    figure.outline(CAT, coat)
    figure.outline(CAT, mix(coat, dark, 0.5), half=True)
    figure.disc(0.0, -0.3, 0.1, pale, flat=1.5)
    for paw in (-1, 1):
        figure.disc(paw * 0.075, -0.02, 0.07, pale, flat=0.55)
    _head(figure, coat, dark, pale, dice.pick(IRISES))


def _head(figure: Figure, coat: Colour, dark: Colour, pale: Colour, iris: Colour) -> None:
    for ear in (-1, 1):
        figure.corners(((ear * 0.17, -0.96), (ear * 0.2, -0.66), (ear * 0.05, -0.78)), coat)
        inner = ((ear * 0.16, -0.9), (ear * 0.17, -0.68), (ear * 0.08, -0.76))
        figure.corners(inner, mix(coat, rgb("d98a8a"), 0.5))
    figure.disc(0.0, -0.66, 0.21, coat, flat=0.86)
    figure.disc(0.0, -0.585, 0.1, pale, flat=0.72)
    for eye in (-0.09, 0.09):
        figure.disc(eye, -0.68, 0.046, rgb("16181d"))
        figure.disc(eye, -0.68, 0.04, iris)
        figure.disc(eye, -0.68, 0.012, rgb("101010"), flat=2.6)
        figure.disc(eye - 0.014, -0.696, 0.009, (255.0, 255.0, 255.0))
    figure.disc(0.0, -0.61, 0.022, mix(rgb("c46a6a"), dark, 0.2), flat=0.7)
