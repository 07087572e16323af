"""Paints what stands for itself: portraits, cats, planets, abstract sheets, and the small things of a landscape.

Knows the canvas and the palette; nothing of prompts or requests.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from .canvas import FINE, Canvas, Colour, Dice, mix, waves
from .palette import Palette, rgb

SKINS = tuple(rgb(text) for text in ("f2c9a8", "e0aa82", "b97d56", "8a5639", "5f3a28"))
HAIRS = tuple(rgb(text) for text in ("2a1d1a", "4b2e20", "7d4a2a", "b5763a", "d9b26a", "8c8a88", "a03c28"))
COATS = tuple(rgb(text) for text in ("2b2723", "6d6a66", "c9793a", "e9dcc6", "8a5a3c", "3c4350"))


def _shape(canvas: Canvas, x: float, points: list[tuple[float, float]], colour: Colour, half: int = 0) -> None:
    """A shape that is even on both sides of an axis: half-widths at heights, joined smoothly; half 1 is its right."""
    first, last = max(0, int(points[0][0])), min(canvas.height, int(points[-1][0]))
    rows = np.arange(first, last, dtype=np.float64)
    width = np.zeros(len(rows))
    for (y0, w0), (y1, w1) in pairwise(points):
        share = np.clip((rows - y0) / max(1.0, y1 - y0), 0.0, 1.0)
        share = share * share * (3.0 - 2.0 * share)
        inside = (rows >= y0) & (rows < y1)
        width = np.where(inside, w0 + (w1 - w0) * share, width)
    reach = max(w for _, w in points) + 2.0
    left, right = max(0, int(x - reach) if not half else int(x)), min(canvas.width, int(x + reach))
    off = np.abs(np.arange(left, right, dtype=np.float64) + 0.5 - x)
    cover = np.clip(width[:, None] - off[None, :] + 0.5, 0.0, 1.0)
    canvas.paint((slice(first, last), slice(left, right)), cover, colour)


def portrait(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """A person from the shoulders up, in plain flat colours, the light from the left."""
    size = min(canvas.height, canvas.width * 1.15)
    x, chin = canvas.width * dice.between(0.42, 0.58), canvas.height - size * 0.36
    skin, hair = mix(dice.pick(SKINS), palette.sun, 0.16), mix(dice.pick(HAIRS), palette.near, 0.3)
    coat = mix(dice.pick(palette.accents), palette.near, 0.2)
    shade = mix(skin, palette.near, 0.28)
    canvas.disc(x, chin - 0.2 * size, 0.4 * size, mix(palette.sun, palette.accents[1], 0.4), 0.85)
    long = dice.between(0.02, 0.3) if dice.unit() < 0.6 else -0.12
    crown = chin - 0.43 * size
    if long > 0.0:
        fall = [(crown, 0.0), (crown + 0.07 * size, 0.13 * size), (chin - 0.15 * size, 0.18 * size)]
        _shape(canvas, x, [*fall, (chin + long * size, 0.2 * size), (chin + (long + 0.03) * size, 0.15 * size)], hair)
    neck = [(chin - 0.08 * size, 0.068 * size), (chin + 0.06 * size, 0.07 * size), (chin + 0.13 * size, 0.11 * size)]
    body = [(chin + 0.07 * size, 0.075 * size), (chin + 0.16 * size, 0.25 * size), (canvas.height + 2.0, 0.34 * size)]
    _shape(canvas, x, body, coat)
    _shape(canvas, x, body, mix(coat, palette.near, 0.3), half=1)
    _shape(canvas, x, neck, shade)
    face = [
        (chin - 0.37 * size, 0.02 * size),
        (chin - 0.33 * size, 0.1 * size),
        (chin - 0.2 * size, 0.137 * size),
        (chin - 0.1 * size, 0.122 * size),
        (chin - 0.025 * size, 0.062 * size),
        (chin, 0.02 * size),
    ]
    _shape(canvas, x, face, skin)
    _shape(canvas, x, face, shade, half=1)
    _features(canvas, x, chin, size, skin, palette)
    cap = [(crown, 0.01 * size), (crown + 0.05 * size, 0.12 * size), (crown + 0.13 * size, 0.152 * size)]
    _shape(canvas, x, [*cap, (crown + 0.16 * size, 0.13 * size)], hair)
    for side in (-1, 1):
        lock = [
            (crown + 0.1 * size, 0.03 * size),
            (crown + 0.2 * size, 0.025 * size),
            (crown + 0.27 * size, 0.004 * size),
        ]
        _shape(canvas, x + side * 0.125 * size, lock, hair)


def _features(canvas: Canvas, x: float, chin: float, size: float, skin: Colour, palette: Palette) -> None:
    ink = mix(skin, palette.near, 0.75)
    for side in (-1, 1):
        eye = x + side * 0.056 * size
        canvas.disc(eye, chin - 0.185 * size, 0.026 * size, ink, 0.9, flat=0.34)
        canvas.disc(
            eye, chin - 0.192 * size, 0.028 * size, skin if side < 0 else mix(skin, palette.near, 0.28), flat=0.3
        )
        canvas.disc(eye, chin - 0.222 * size, 0.03 * size, ink, 0.8, flat=0.16)
    nose = [(chin - 0.19 * size, 0.008 * size), (chin - 0.115 * size, 0.02 * size), (chin - 0.105 * size, 0.006 * size)]
    _shape(canvas, x, nose, mix(skin, palette.near, 0.42), half=1)
    lips = mix(mix(skin, rgb("b5404a"), 0.5), palette.near, 0.15)
    canvas.disc(x, chin - 0.06 * size, 0.034 * size, lips, flat=0.26)


def cat(canvas: Canvas, dice: Dice, palette: Palette, at: float) -> None:
    """A cat that sits and looks at us."""
    size = min(canvas.height * 0.62, canvas.width * 0.75)
    x, foot = canvas.width * dice.between(0.36, 0.64), canvas.height * at
    coat = mix(dice.pick(COATS), palette.near, 0.15)
    dark, pale = mix(coat, palette.near, 0.4), mix(coat, (255.0, 250.0, 240.0), 0.45)
    side = dice.pick((-1, 1))
    for part in range(26):
        along = part / 25
        canvas.disc(
            x + side * size * (0.2 + 0.34 * along - 0.12 * along * along),
            foot - size * (0.05 + 0.3 * along * along * along),
            size * (0.045 - 0.012 * along),
            coat if part % 6 else dark,
        )
    body = [(foot - 0.6 * size, 0.1 * size), (foot - 0.32 * size, 0.2 * size), (foot - 0.1 * size, 0.27 * size)]
    _shape(canvas, x, [*body, (foot + 0.01 * size, 0.22 * size)], coat)
    _shape(canvas, x, [*body, (foot + 0.01 * size, 0.22 * size)], mix(coat, dark, 0.5), half=1)
    canvas.disc(x, foot - 0.3 * size, 0.1 * size, pale, flat=1.5)
    for paw in (-1, 1):
        canvas.disc(x + paw * 0.075 * size, foot - 0.02 * size, 0.07 * size, pale, flat=0.55)
    head = foot - 0.66 * size
    for ear in (-1, 1):
        tip, near, far = (x + ear * 0.17 * size, head - 0.3 * size), x + ear * 0.05 * size, x + ear * 0.2 * size
        _triangle(canvas, tip, (far, head), (near, head - 0.12 * size), coat)
        _triangle(
            canvas,
            (tip[0] - ear * 0.01 * size, tip[1] + 0.06 * size),
            (far - ear * 0.03 * size, head - 0.02 * size),
            (near + ear * 0.03 * size, head - 0.1 * size),
            mix(coat, rgb("d98a8a"), 0.5),
        )
    canvas.disc(x, head, 0.21 * size, coat, flat=0.86)
    canvas.disc(x, head + 0.075 * size, 0.1 * size, pale, flat=0.72)
    iris = dice.pick((rgb("c9b23a"), rgb("7fae4e"), rgb("5aa0c8")))
    for eye in (-1, 1):
        canvas.disc(x + eye * 0.09 * size, head - 0.02 * size, 0.046 * size, rgb("16181d"))
        canvas.disc(x + eye * 0.09 * size, head - 0.02 * size, 0.04 * size, iris)
        canvas.disc(x + eye * 0.09 * size, head - 0.02 * size, 0.012 * size, rgb("101010"), flat=2.6)
        canvas.disc(x + eye * 0.09 * size - 0.014 * size, head - 0.036 * size, 0.009 * size, (255.0, 255.0, 255.0))
    canvas.disc(x, head + 0.05 * size, 0.022 * size, mix(rgb("c46a6a"), dark, 0.2), flat=0.7)


def _triangle(
    canvas: Canvas, one: tuple[float, float], two: tuple[float, float], three: tuple[float, float], colour: Colour
) -> None:
    turn = (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])
    canvas.polygon((one, two, three) if turn > 0 else (one, three, two), colour)


def planet(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """A large banded planet in its own shade, a ring about it now and then, and a small moon."""
    x, y = dice.between(0.3, 0.7) * canvas.width, dice.between(0.42, 0.62) * canvas.height
    radius = min(canvas.width, canvas.height) * dice.between(0.24, 0.34)
    base, other = dice.pick(palette.accents), dice.pick(palette.accents)
    canvas.glow(x, y, radius * 1.9, mix(base, palette.sun, 0.4), 0.45)
    size = int(radius) + 2
    dy = np.arange(-size, size, dtype=np.float64)[:, None] + 0.5
    dx = np.arange(-size, size, dtype=np.float64)[None, :] + 0.5
    bands = waves(dice, 2 * size, 9.0, octaves=4)[:, None]
    away = (radius * radius - dx * dx - dy * dy) / (2.0 * radius)
    disc = np.clip(away + 0.5, 0.0, 1.0)
    top, left = int(y) - size, int(x) - size
    seen = (
        slice(max(0, top), min(canvas.height, top + 2 * size)),
        slice(max(0, left), min(canvas.width, left + 2 * size)),
    )
    cut = (
        slice(seen[0].start - top, seen[0].stop - top),
        slice(seen[1].start - left, seen[1].stop - left),
    )
    lit = np.clip(0.62 - (dx * 0.62 + dy * 0.4) / radius, 0.0, 1.0)
    canvas.paint(seen, disc[cut], mix(base, palette.near, 0.82))
    canvas.paint(seen, (disc * lit)[cut], base)
    canvas.paint(seen, (disc * lit * np.clip(bands * 3.0 - 1.0, 0.0, 1.0))[cut], mix(other, palette.sun, 0.25))
    if dice.unit() < 0.65:
        _ring(canvas, x, y, radius, mix(other, palette.sun, 0.5))
    moon = radius * dice.between(0.08, 0.16)
    canvas.disc(x + radius * 1.5, y - radius * dice.between(0.5, 1.0), moon, mix(palette.sun, base, 0.25))


def _ring(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    reach, flat = radius * 1.85, 0.24
    size = (int(reach * flat) + 2, int(reach) + 2)
    dy = (np.arange(-size[0], size[0], dtype=np.float64)[:, None] + 0.5) / flat
    dx = np.arange(-size[1], size[1], dtype=np.float64)[None, :] + 0.5
    far = (dx * dx + dy * dy) / (radius * radius)
    behind = (dx * dx + dy * dy * (flat * flat) < radius * radius) & (dy < 0)
    cover = np.clip((far - 1.7) * 12.0, 0.0, 1.0) * np.clip((3.3 - far) * 12.0, 0.0, 1.0)
    gap = np.clip(np.abs(far - 2.55) * 12.0 - 0.4, 0.15, 1.0)
    top, left = int(y) - size[0], int(x) - size[1]
    rows = slice(max(0, top), min(canvas.height, top + 2 * size[0]))
    columns = slice(max(0, left), min(canvas.width, left + 2 * size[1]))
    cut = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    canvas.paint((rows, columns), np.where(behind, 0.0, cover * gap * 0.82)[cut], colour)


def abstract(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """A sheet without a subject: tiles of quarter circles, or waves from edge to edge."""
    if dice.unit() < 0.5:
        _tiles(canvas, dice, palette)
    else:
        _swell(canvas, dice, palette)


def _tiles(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    shorter = min(canvas.width, canvas.height)
    cell = shorter / dice.pick((4, 5, 6))
    tones = (*palette.accents, palette.mist, palette.near, palette.sky[2])
    for row in range(int(canvas.height / cell) + 1):
        for column in range(int(canvas.width / cell) + 1):
            x, y = column * cell, row * cell
            ground, shape, small = dice.pick(tones), dice.pick(tones), dice.pick(tones)
            window = (slice(int(y), int(y + cell)), slice(int(x), int(x + cell)))
            part = canvas.channels[window]
            part[..., :3] = np.array(ground).astype(np.uint8)
            kind, corner = int(dice.unit() * 4), dice.pick(((0, 0), (1, 0), (0, 1), (1, 1)))
            _tile(canvas, window, (x + corner[0] * cell, y + corner[1] * cell), cell, kind, shape, small)


def _tile(
    canvas: Canvas,
    window: tuple[slice, slice],
    corner: tuple[float, float],
    cell: float,
    kind: int,
    shape: Colour,
    small: Colour,
) -> None:
    rows = np.arange(window[0].start, min(window[0].stop, canvas.height), dtype=np.float64)[:, None] + 0.5
    columns = np.arange(window[1].start, min(window[1].stop, canvas.width), dtype=np.float64)[None, :] + 0.5
    if not (rows.size and columns.size):
        return
    middle = (window[1].start + cell / 2, window[0].start + cell / 2)
    circles = {
        0: [(corner, 1.0, shape), (corner, 0.5, small)],
        1: [(middle, 0.4, shape), (middle, 0.16, small)],
        2: [(corner, 1.0, shape)],
        3: [((middle[0], corner[1]), 0.5, shape)],
    }[kind]
    for (x, y), reach, colour in circles:
        radius = reach * cell
        away = (columns - x) * (columns - x) + (rows - y) * (rows - y)
        canvas.paint(window, np.clip((radius * radius - away) / (2 * radius) + 0.5, 0.0, 1.0), colour)


def _swell(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    tones = [palette.sky[0], palette.accents[0], palette.accents[1], palette.mist, palette.accents[2], palette.near]
    if dice.unit() < 0.5:
        tones.reverse()
    layers = 13
    for layer in range(layers):
        place = layer / (layers - 1) * (len(tones) - 1.001)
        tone = mix(tones[int(place)], tones[int(place) + 1], place - int(place))
        line = waves(dice, canvas.width * FINE, 1.3 * canvas.width / canvas.height, octaves=2, rough=0.3)
        top = (layer / layers * 1.05 - 0.14 + 0.2 * line) * canvas.height
        rows = np.tile(np.array(tone), (canvas.height, 1))
        shadow = np.tile(np.array(mix(tone, (0.0, 0.0, 0.0), 0.28)), (canvas.height, 1))
        canvas.below(top - 0.006 * canvas.height, shadow)
        canvas.below(top, rows)


def birds(canvas: Canvas, dice: Dice, colour: Colour, horizon: float) -> None:
    """A few birds far off, each two bent wings."""
    x0, y0 = dice.between(0.15, 0.7) * canvas.width, dice.between(0.25, 0.6) * horizon * canvas.height
    for _ in range(int(dice.between(4, 9))):
        x, y = x0 + dice.between(-0.16, 0.16) * canvas.height, y0 + dice.between(-0.07, 0.07) * canvas.height
        span = dice.between(0.008, 0.017) * canvas.height
        for side in (-1, 1):
            elbow = (x + side * span * 0.5, y - span * 0.42)
            _triangle(canvas, (x, y), elbow, (x + side * span * 0.3, y - span * 0.06), colour)
            _triangle(
                canvas, elbow, (x + side * span * 1.1, y - span * 0.1), (x + side * span * 0.3, y - span * 0.06), colour
            )


def boat(canvas: Canvas, dice: Dice, palette: Palette, level: float) -> None:
    """A small sailing boat on the water at a level (share of the height)."""
    size = dice.between(0.1, 0.16) * canvas.height
    x, y = dice.between(0.22, 0.78) * canvas.width, level * canvas.height
    sail, hull = mix(palette.sun, palette.accents[3], 0.3), mix(palette.near, palette.accents[0], 0.25)
    _triangle(canvas, (x, y - size), (x + size * 0.42, y - size * 0.2), (x, y - size * 0.2), sail)
    _triangle(
        canvas,
        (x - size * 0.04, y - size * 0.86),
        (x - size * 0.04, y - size * 0.2),
        (x - size * 0.3, y - size * 0.2),
        mix(sail, palette.near, 0.25),
    )
    canvas.polygon(
        [
            (x - size * 0.42, y - size * 0.15),
            (x + size * 0.5, y - size * 0.15),
            (x + size * 0.34, y + size * 0.02),
            (x - size * 0.3, y + size * 0.02),
        ],
        hull,
    )


def balloon(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """Three balloons at different distances."""
    for near in (0.4, 0.65, 1.0):
        size = 0.09 * near * canvas.height
        x, y = dice.between(0.15, 0.85) * canvas.width, dice.between(0.16, 0.46) * canvas.height
        tone, other = dice.pick(palette.accents), dice.pick(palette.accents)
        canvas.polygon(
            [
                (x - size * 0.75, y + size * 0.6),
                (x + size * 0.75, y + size * 0.6),
                (x + size * 0.2, y + size * 1.5),
                (x - size * 0.2, y + size * 1.5),
            ],
            tone,
        )
        canvas.disc(x, y, size, tone)
        canvas.disc(x, y, size * 0.62, other, 0.9, flat=1.6)
        canvas.disc(x, y, size * 0.25, tone, 0.9, flat=3.9)
        canvas.polygon(
            [
                (x - size * 0.17, y + size * 1.65),
                (x + size * 0.17, y + size * 1.65),
                (x + size * 0.13, y + size * 1.92),
                (x - size * 0.13, y + size * 1.92),
            ],
            palette.near,
        )


def lighthouse(canvas: Canvas, dice: Dice, palette: Palette, level: float) -> None:
    """A lighthouse on a rock, its lamp alight."""
    size = 0.3 * canvas.height
    x, y = dice.pick((dice.between(0.14, 0.3), dice.between(0.7, 0.86))) * canvas.width, level * canvas.height
    white, red = mix(palette.sun, palette.mist, 0.3), mix(rgb("b8342c"), palette.near, 0.2)
    for stripe in range(5):
        low, high = stripe / 5, (stripe + 1) / 5
        w0, w1 = size * (0.095 - 0.045 * low), size * (0.095 - 0.045 * high)
        tone = white if stripe % 2 else red
        corners = [
            (x - w1, y - size * high * 0.86),
            (x + w1, y - size * high * 0.86),
            (x + w0, y - size * low * 0.86),
            (x - w0, y - size * low * 0.86),
        ]
        canvas.polygon(corners, tone)
    canvas.glow(x, y - size * 0.92, size * 0.6, palette.lamp, 0.7)
    canvas.disc(x, y - size * 0.92, size * 0.045, palette.lamp)
    _triangle(canvas, (x, y - size * 1.04), (x + size * 0.07, y - size * 0.95), (x - size * 0.07, y - size * 0.95), red)
    for rock, reach in ((-0.16, 0.2), (0.14, 0.22), (0.0, 0.3)):
        canvas.disc(x + rock * size, y + size * 0.06, reach * size, mix(palette.near, palette.land(0.6), 0.3), flat=0.5)


def house(canvas: Canvas, dice: Dice, palette: Palette, x: float, y: float) -> None:
    """A small house with a lit window, its foot at a point in pixels."""
    size = dice.between(0.05, 0.075) * canvas.height
    wall, roof = mix(palette.mist, palette.near, 0.35), mix(palette.accents[0], palette.near, 0.45)
    canvas.polygon(
        [
            (x - size, y - size * 0.9),
            (x + size, y - size * 0.9),
            (x + size, y + size * 0.3),
            (x - size, y + size * 0.3),
        ],
        wall,
    )
    canvas.polygon(
        [
            (x - size * 0.75, y - size * 1.7),
            (x + size * 0.75, y - size * 1.7),
            (x + size * 1.2, y - size * 0.85),
            (x - size * 1.2, y - size * 0.85),
        ],
        roof,
    )
    for side in (-0.5, 0.45):
        left = x + side * size - size * 0.16
        canvas.polygon(
            [
                (left, y - size * 0.6),
                (left + size * 0.34, y - size * 0.6),
                (left + size * 0.34, y - size * 0.15),
                (left, y - size * 0.15),
            ],
            palette.lamp,
        )
