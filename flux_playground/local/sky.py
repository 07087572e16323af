"""Paints the sky and what is in it: light, clouds, sun or moon, stars, and the rain or snow that falls from it.

Knows the canvas and the palette; nothing of prompts or requests. Sizes are shares of the sheet's height.
"""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Colour, Dice, Floats, clouds, mix, ramp
from .palette import Palette, light

SMALL = 16  # the sky is painted this many times smaller, and enlarged


def paint_sky(
    canvas: Canvas, dice: Dice, palette: Palette, weather: str, horizon: float, dark: bool, orb: bool = True
) -> None:
    """The whole sheet as sky, its lightest colour at the horizon (a share of the height), with sun or moon if `orb`."""
    across, down = canvas.width // SMALL, canvas.height // SMALL
    rows = min(down, max(2, int(down * horizon)))
    sky = np.empty((down, across, 3))
    sky[:rows] = ramp(palette.sky, rows)[:, None]
    sky[rows:] = np.array(palette.sky[-1])
    x, y = dice.between(0.24, 0.76), dice.between(0.25, 0.62) * horizon
    if not dark:
        y = max(y, 0.16)
    veil = {"clear": 0.45, "cloudy": 0.85, "rain": 0.95, "storm": 1.05, "snow": 0.7, "fog": 0.45}[weather]
    _shine(sky, x, y, palette.sun, 0.35 if dark else 0.6)
    _cloud(sky, dice, palette, veil, rows)
    canvas.spread(sky)
    if dark:
        _stars(canvas, dice, palette, horizon)
    if dark and orb:
        _moon(canvas, dice, palette, x, y)
    elif orb and weather in ("clear", "cloudy", "snow"):
        _sun(canvas, dice, palette, x, y)


def _shine(sky: Floats, x: float, y: float, colour: Colour, share: float) -> None:
    down, across = sky.shape[:2]
    dx = (np.arange(across) + 0.5 - x * across)[None, :] / down
    dy = (np.arange(down) + 0.5 - y * down)[:, None] / down
    near = 1.0 / (1.0 + 14.0 * (dx * dx + dy * dy)) * share
    sky += (np.array(colour) - sky) * (near * near)[..., None]


def _cloud(sky: Floats, dice: Dice, palette: Palette, veil: float, rows: int) -> None:
    down, across = sky.shape[:2]
    plane = clouds(dice, down, across, 7.0, 3.2 * across / down, octaves=5)
    fade = np.clip((rows - np.arange(down)) / (0.35 * rows), 0.0, 1.0)[:, None]
    cover = np.clip((plane - (0.78 - 0.42 * veil)) * 3.2, 0.0, 1.0) * fade * 0.8
    lit = mix(palette.sun, palette.sky[-1], 0.35)
    shade = mix(palette.sky[1], palette.mist, 0.35 if veil < 0.8 else 0.1)
    body = np.clip((plane - 0.5) * 4.0, 0.0, 1.0)[..., None]
    sky += (np.array(lit) + (np.array(shade) - np.array(lit)) * body - sky) * cover[..., None]


def _sun(canvas: Canvas, dice: Dice, palette: Palette, x: float, y: float) -> None:
    down = y * canvas.height
    radius = dice.between(0.045, 0.085) * canvas.unit
    canvas.glow(x * canvas.width, down, radius * 8.0, palette.sun, 0.45)
    canvas.disc(x * canvas.width, down, radius, palette.sun, 0.96)


def _moon(canvas: Canvas, dice: Dice, palette: Palette, x: float, y: float) -> None:
    across, down = x * canvas.width, y * canvas.height
    radius = dice.between(0.04, 0.07) * canvas.unit
    canvas.glow(across, down, radius * 9.0, palette.sun, 0.32)
    canvas.disc(across, down, radius, palette.sun)
    for _ in range(7):
        dx, dy = dice.between(-0.6, 0.6) * radius, dice.between(-0.6, 0.6) * radius
        canvas.disc(
            across + dx, down + dy, dice.between(0.06, 0.2) * radius, mix(palette.sun, palette.sky[2], 0.3), 0.5
        )


def _stars(canvas: Canvas, dice: Dice, palette: Palette, horizon: float) -> None:
    count = canvas.width * canvas.height // 7000
    xs, ys, sizes = dice.units(count), dice.units(count), dice.units(count)
    for x, y, size in zip(xs.tolist(), ys.tolist(), sizes.tolist(), strict=True):
        radius = (0.0006 + 0.0016 * size * size * size * size) * canvas.height
        canvas.disc(
            x * canvas.width,
            y * y * horizon * canvas.height,
            max(0.8, radius),
            palette.sun,
            (0.35 + 0.6 * size) * (1 - y),
        )


def paint_weather(canvas: Canvas, dice: Dice, palette: Palette, weather: str) -> None:
    """What falls or drifts before the whole scene: rain, snow, fog; nothing in other weathers."""
    if weather in ("rain", "storm"):
        _rain(canvas, dice, mix(palette.sky[-1], (255.0, 255.0, 255.0), 0.4))
    elif weather == "snow":
        _snow(canvas, dice, (250.0, 252.0, 255.0))
    elif weather == "fog":
        _fog(canvas, dice, mix(palette.mist, palette.sky[-1], 0.5))


def _rain(canvas: Canvas, dice: Dice, colour: Colour) -> None:
    count, long = canvas.width // 2, canvas.height // 22
    xs, ys = dice.units(count) * canvas.width, dice.units(count) * canvas.height
    lengths = (dice.units(count) * 0.7 + 0.3) * long
    steps = np.arange(long, dtype=np.float64)
    rows = (ys[:, None] + steps).astype(np.int64)
    columns = (xs[:, None] - steps * 0.22).astype(np.int64)
    seen = (steps < lengths[:, None]) & (rows < canvas.height) & (columns >= 0)
    rows, columns = rows[seen], columns[seen]
    old = canvas.channels[rows, columns, :3].astype(np.float64)
    canvas.channels[rows, columns, :3] = (old + (np.array(colour) - old) * 0.28).astype(np.uint8)


def _snow(canvas: Canvas, dice: Dice, colour: Colour) -> None:
    count = 1800
    for x, y, size in dice.units(3 * count).reshape(count, 3).tolist():
        radius = (0.001 + 0.007 * size * size * size * size) * canvas.height
        canvas.disc(x * canvas.width, y * canvas.height, radius, colour, 0.9 - 0.5 * size)


def _fog(canvas: Canvas, dice: Dice, colour: Colour) -> None:
    down, across = canvas.height // 16, canvas.width // 16
    plane = clouds(dice, down, across, 5.0, 2.0 * across / down, octaves=3)
    lower = np.clip(np.arange(down) / (down * 0.55), 0.2, 1.0)[:, None]
    cover = np.repeat(np.repeat(plane * lower * 0.7, 16, axis=0), 16, axis=1)
    canvas.paint((slice(0, canvas.height), slice(0, canvas.width)), cover, colour)


def is_dark(palette: Palette) -> bool:
    """Whether the sky overhead is dark enough for stars."""
    return light(palette.sky[0]) < 0.16 and light(palette.sky[-1]) < 0.5
