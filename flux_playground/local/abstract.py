"""Paints what is no landscape: sheets of shapes, waves of colour, a planet.

Knows the canvas and the palette; nothing of prompts or requests.
"""

from __future__ import annotations

import numpy as np

from .canvas import FINE, Canvas, Colour, Dice, Floats, mix, waves
from .palette import Palette

Window = tuple[slice, slice]


def sheet(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """A sheet without a subject: tiles of circles and their parts, or waves from edge to edge."""
    if dice.unit() < 0.5:
        _tiles(canvas, dice, palette)
    else:
        _swell(canvas, dice, palette)


def _tiles(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    cell = min(canvas.width, canvas.height) // dice.pick((4, 5, 6))
    tones = (*palette.accents, palette.mist, palette.near, palette.sky[2])
    for top in range(0, canvas.height, cell):
        for left in range(0, canvas.width, cell):
            window = (slice(top, min(top + cell, canvas.height)), slice(left, min(left + cell, canvas.width)))
            ground, shape, small = dice.pick(tones), dice.pick(tones), dice.pick(tones)
            x, y = left + cell * dice.pick((0, 1)), top + cell * dice.pick((0, 1))
            middle = (left + cell / 2, top + cell / 2)
            circles = {
                "quarter": (((x, y), 1.0, shape),),
                "bow": (((x, y), 1.0, shape), ((x, y), 0.5, small)),
                "half": (((middle[0], y), 0.5, shape),),
                "ring": ((middle, 0.4, shape), (middle, 0.16, small)),
            }[dice.pick(("quarter", "bow", "half", "ring"))]
            canvas.paint(window, np.ones((1, 1)), ground)
            for at, reach, colour in circles:
                _circle(canvas, window, at, reach * cell, colour)


def _circle(canvas: Canvas, window: Window, at: tuple[float, float], radius: float, colour: Colour) -> None:
    dx = np.arange(window[1].start, window[1].stop) + (0.5 - at[0])
    dy = np.arange(window[0].start, window[0].stop)[:, None] + (0.5 - at[1])
    canvas.paint(window, np.clip((radius * radius - dx * dx - dy * dy) / (2.0 * radius) + 0.5, 0.0, 1.0), colour)


def _swell(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    tones = [palette.sky[0], palette.accents[0], palette.accents[1], palette.mist, palette.accents[2], palette.near]
    if dice.unit() < 0.5:
        tones.reverse()
    layers = int(dice.between(9, 15))
    for layer in range(layers):
        place = layer / (layers - 1) * (len(tones) - 1.001)
        tone = mix(tones[int(place)], tones[int(place) + 1], place - int(place))
        line = waves(dice, canvas.width * FINE, 1.3 * canvas.width / canvas.height, octaves=2, rough=0.3)
        top = (layer / layers * 1.05 - 0.14 + 0.2 * line) * canvas.height
        for lift, colour in ((0.012, mix(tone, (0.0, 0.0, 0.0), 0.14)), (0.0, tone)):
            canvas.below(top - lift * canvas.height, np.tile(np.array(colour), (canvas.height, 1)))


def planet(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """A large banded planet, half in its own shade, often with a ring, and a small moon."""
    x, y = dice.between(0.3, 0.7) * canvas.width, dice.between(0.42, 0.62) * canvas.height
    radius = min(canvas.width, canvas.height) * dice.between(0.24, 0.34)
    base = mix(dice.pick(palette.accents), palette.sky[2], 0.3)
    other = mix(dice.pick(palette.accents), base, 0.45)
    canvas.glow(x, y, radius * 2.2, mix(base, palette.sun, 0.4), 0.6)
    window, dx, dy = canvas.window(x, y, radius, radius)
    bands = waves(dice, dy.size, 9.0, octaves=4)[:, None]
    disc = np.clip((radius * radius - dx * dx - dy * dy) / (2.0 * radius) + 0.5, 0.0, 1.0)
    lit = np.clip(0.62 - (dx * 0.62 + dy * 0.4) / radius, 0.0, 1.0)
    canvas.paint(window, disc, mix(base, palette.near, 0.86))
    canvas.paint(window, disc * lit, base)
    canvas.paint(window, disc * lit * np.clip(bands * 3.0 - 1.0, 0.0, 1.0), mix(other, palette.sun, 0.25))
    if dice.unit() < 0.65:
        _ring(canvas, x, y, radius, mix(other, palette.sun, 0.5))
    moon = radius * dice.between(0.08, 0.16)
    canvas.disc(x + radius * 1.5, y - radius * dice.between(0.5, 1.0), moon, mix(palette.sun, base, 0.25))


def _ring(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    flat = 0.24
    window, dx, dy = canvas.window(x, y, radius * 1.85, radius * 1.85 * flat)
    far: Floats = (dx * dx + dy * dy / (flat * flat)) / (radius * radius)
    behind = (dx * dx + dy * dy < radius * radius) & (dy < 0)
    cover = np.clip((far - 1.7) * 12.0, 0.0, 1.0) * np.clip((3.3 - far) * 12.0, 0.0, 1.0)
    gap = np.clip(np.abs(far - 2.55) * 12.0 - 0.4, 0.15, 1.0)
    canvas.paint(window, np.where(behind, 0.0, cover * gap * 0.82), colour)
