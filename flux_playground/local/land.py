"""Paints the land: ranges of mountains and hills, dunes, woods, meadows, skylines, and water that mirrors it all.

Knows the canvas and the palette; nothing of prompts or requests. Every painter takes the share of the height where
its layer stands and a depth from 0 (far away, in the mist) to 1 (at our feet).
"""

from __future__ import annotations

import numpy as np

from .canvas import FINE, Canvas, Colour, Dice, Floats, mix, ramp, waves
from .palette import Palette, light


def _colours(canvas: Canvas, crest: Colour, foot: Colour, top: float, bottom: float) -> Floats:
    rows = np.empty((canvas.height, 3))
    first, last = max(0, int(top)), min(canvas.height, max(int(bottom), int(top) + 2))
    rows[:first] = np.array(crest)
    rows[first:last] = ramp((crest, mix(crest, foot, 0.35), foot), max(2, last - first))[: last - first]
    rows[last:] = np.array(foot)
    return rows


def mountains(canvas: Canvas, dice: Dice, palette: Palette, at: float, depth: float, tall: float, snow: float) -> None:
    """A range with a lit and a shaded side; `tall` is its height as a share, `snow` how far down its snow lies."""
    height, count = canvas.height, canvas.width * FINE
    wide = canvas.width / height
    large = 1.0 - np.abs(2.0 * waves(dice, count, 1.6 * wide, octaves=2, rough=0.35) - 1.0)
    fine = waves(dice, count, 14.0 * wide, octaves=4, rough=0.55)
    top = (at - tall * (0.15 + 0.85 * large * large)) * height + (fine - 0.5) * tall * 0.16 * height
    crest = float(top.min())
    shade = np.maximum(top, _shaded(canvas, dice, large, top, tall))
    line = crest + snow * tall * height
    reach = np.maximum(line - top, 0.0) * (0.45 + 0.9 * waves(dice, count, 22.0 * wide, octaves=3, rough=0.6))
    rock, dark = palette.land(depth), mix(palette.land(min(1.0, depth + 0.3)), palette.sky[1], 0.12)
    white = mix((250.0, 250.0, 252.0), palette.sun, 0.35)
    lit = mix(mix(white, palette.near, 0.62 * (1 - light(palette.sky[-1]))), palette.mist, 0.25 * (1 - depth))
    foot, mist = at * height, palette.mist
    lit_rock = mix(rock, palette.sun, 0.16)
    if snow > 0.0:
        canvas.below(top, _colours(canvas, lit, mist, crest, foot))
    canvas.below(top + reach, _colours(canvas, lit_rock, mix(lit_rock, mist, 0.75), crest, foot))
    if snow > 0.0:
        canvas.below(shade, _colours(canvas, mix(lit, dark, 0.42), mist, crest, foot))
    canvas.below(np.maximum(shade, top + reach), _colours(canvas, dark, mix(dark, mist, 0.75), crest, foot))


def _shaded(canvas: Canvas, dice: Dice, large: Floats, top: Floats, tall: float) -> Floats:
    """Where the shade begins in each column: right of each summit, and under a ragged ridge that runs down from it."""
    ragged = (waves(dice, len(top), 30.0 * canvas.width / canvas.height, octaves=3) - 0.5) * 0.13 * tall * canvas.height
    return _lee(canvas, large, top, 2.6, 1.1, ragged)


def _lee(canvas: Canvas, line: Floats, top: Floats, left: float, right: float, ragged: Floats) -> Floats:
    """The profile of what is turned from the light: where the line falls, widening downwards at these slopes."""
    falling = np.concatenate((line[16:] < line[:-16], np.zeros(16, bool)))
    start = np.where(falling, top, 4.0 * canvas.height)
    steep, flat = np.arange(len(top)) * (left / FINE), np.arange(len(top)) * (right / FINE)
    before = np.minimum.accumulate((start + steep)[::-1])[::-1] - steep
    after = np.minimum.accumulate(start - flat) + flat
    return np.where(falling, top, np.maximum(np.minimum(before, after) + ragged, top))


def hills(
    canvas: Canvas, dice: Dice, palette: Palette, at: float, depth: float, tall: float, bumps: float = 2.0
) -> Floats:
    """A soft line of hills; returns its profile, for what stands on it."""
    count = canvas.width * FINE
    line = waves(dice, count, bumps * canvas.width / canvas.height, octaves=3, rough=0.32)
    top = (at - tall * line) * canvas.height
    crest = palette.land(depth)
    foot = mix(crest, palette.mist, 0.55 * (1.0 - depth))
    canvas.below(top, _colours(canvas, crest, foot, float(top.min()), (at + 0.12) * canvas.height))
    return top


def dunes(canvas: Canvas, dice: Dice, palette: Palette, at: float, depth: float, tall: float) -> None:
    """A long dune with a sharp crest, its lee side in shade."""
    count, wide = canvas.width * FINE, canvas.width / canvas.height
    line = waves(dice, count, 1.1 * wide, octaves=2, rough=0.25)
    top = (at - tall * line) * canvas.height
    sand = palette.land(depth)
    canvas.below(
        top, _colours(canvas, mix(sand, palette.sun, 0.22), mix(sand, palette.mist, 0.2), top.min(), at * canvas.height)
    )
    ragged = (waves(dice, count, 3.0 * wide, octaves=2) - 0.5) * 0.3 * tall * canvas.height
    lee = _lee(canvas, line, top, 0.5, 0.3, ragged)
    shade = mix(sand, palette.near, 0.42)
    canvas.below(lee, _colours(canvas, shade, mix(shade, sand, 0.55), top.min(), (at + 0.2) * canvas.height))


def conifers(
    canvas: Canvas, dice: Dice, palette: Palette, depth: float, tall: float, ground: Floats, part: slice | None = None
) -> None:
    """A wood of firs that stands on a profile, or on a part of it."""
    top = ground.copy()
    columns = (np.arange(len(top), dtype=np.float64) + 0.5) / FINE
    step, end = (part.start / FINE, part.stop / FINE) if part else (0.0, float(canvas.width))
    while step < end:
        high = tall * canvas.height * dice.between(0.45, 1.0)
        half = high * dice.between(0.17, 0.24)
        first, last = max(0, int((step - half) * FINE)), min(len(top), int((step + half) * FINE))
        if last > first:
            off = np.abs(columns[first:last] - step) / half
            tiers = off * 7.0
            jag = (tiers - np.floor(tiers)) * 0.075
            stand = ground[min(len(ground) - 1, int(step * FINE))] + 0.03 * high
            top[first:last] = np.minimum(top[first:last], stand - high * (1.0 - off - jag))
        step += half * dice.between(0.35, 1.5)
    crest = palette.land(depth)
    foot = mix(crest, palette.mist, 0.5 * (1.0 - depth))
    low = float(ground.max()) + 0.06 * canvas.height
    canvas.below(top, _colours(canvas, crest, foot, float(top.min()), low))


def crowns(
    canvas: Canvas,
    dice: Dice,
    palette: Palette,
    ground: Floats,
    tall: float,
    tones: tuple[Colour, ...],
    gap: float = 1.0,
    part: slice | None = None,
) -> None:
    """Round trees here and there on a profile, or on a part of it, each a trunk and a crown of several leafy discs."""
    step, end = (part.start / FINE, part.stop / FINE) if part else (0.0, float(canvas.width))
    step += canvas.height * dice.between(0.0, 0.1)
    while step < end:
        high = tall * canvas.height * dice.between(0.6, 1.0)
        stand = float(ground[min(len(ground) - 1, int(step * FINE))])
        _tree(canvas, dice, palette, step, stand, high, mix(dice.pick(tones), palette.near, 0.2))
        step += high * gap * dice.between(0.35, 1.4)


def _tree(canvas: Canvas, dice: Dice, palette: Palette, x: float, foot: float, high: float, tone: Colour) -> None:
    thick, trunk = high * 0.03, mix(palette.near, (0.0, 0.0, 0.0), 0.2)
    top, low = foot - high * 0.6, foot + high * 0.05
    canvas.polygon([(x - thick * 0.5, top), (x + thick * 0.5, top), (x + thick, low), (x - thick, low)], trunk)
    for lit in (-0.12, 0.06, 0.24):
        for _ in range(8):
            across, down = dice.between(-0.25, 0.25) - lit * 0.25, dice.between(-0.25, 0.2) - lit * 0.25
            shade = mix(tone, palette.sun, lit) if lit > 0.0 else mix(tone, palette.near, -lit * 3.0)
            radius = high * dice.between(0.08, 0.16) * (1.05 - lit)
            canvas.disc(x + across * high, foot - high * 0.66 + down * high, radius, shade)


def flowers(canvas: Canvas, dice: Dice, palette: Palette, at: float, tones: tuple[Colour, ...]) -> None:
    """A field full of blossoms, small far away and large at our feet, in rows from back to front."""
    count = 1800
    spots = dice.units(4 * count).reshape(count, 4)
    spots = spots[np.argsort(spots[:, 1], kind="stable")]
    for x, y, tone, size in spots.tolist():
        near = y * y
        across, down = x * canvas.width, (at + (1.06 - at) * (0.25 * y + 0.75 * near)) * canvas.height
        radius = (0.0025 + 0.021 * near) * (0.6 + 0.6 * size) * canvas.height
        colour = mix(mix(tones[int(tone * len(tones))], palette.mist, 0.4 * (1.0 - y)), palette.near, 0.12)
        if near > 0.06:
            stem = mix(palette.near, palette.far, 0.3 * (1.0 - y))
            canvas.polygon([(across - 1, down), (across + 1, down), (across + radius * 0.3, down + radius * 3.0)], stem)
        canvas.disc(across, down, radius, colour, flat=0.72)
        if near > 0.1:
            canvas.disc(across, down - radius * 0.12, radius * 0.62, mix(colour, palette.sun, 0.3), 0.8, flat=0.66)
            canvas.disc(across, down, radius * 0.26, mix(colour, palette.near, 0.6), flat=0.7)


def skyline(canvas: Canvas, dice: Dice, palette: Palette, at: float, depth: float, tall: float, lit: float) -> None:
    """A row of houses and towers on a level, a share `lit` of their windows alight."""
    top = np.full(canvas.width * FINE, at * canvas.height)
    step, blocks = -0.02 * canvas.width, []
    while step < canvas.width:
        wide = canvas.height * dice.between(0.035, 0.1) * (0.6 + 0.7 * depth)
        middle = 1.0 - abs(2.0 * step / canvas.width - 1.0)
        high = tall * canvas.height * dice.between(0.3, 1.0) * (0.55 + 0.45 * middle)
        roof = at * canvas.height - high
        _raise(top, step, step + wide, roof)
        if dice.unit() < 0.4:
            inset = wide * dice.between(0.15, 0.32)
            _raise(top, step + inset, step + wide - inset, roof - high * dice.between(0.05, 0.14))
        if dice.unit() < 0.25:
            _raise(top, step + wide * 0.48, step + wide * 0.52, roof - high * dice.between(0.15, 0.35))
        blocks.append((step, wide, roof))
        step += wide * dice.between(0.82, 1.12)
    wall = palette.land(depth)
    canvas.below(
        top, _colours(canvas, wall, mix(wall, palette.mist, 0.5 * (1.0 - depth)), top.min(), at * canvas.height)
    )
    if lit > 0.0:
        glass = mix(palette.lamp, wall, 0.45 * (1.0 - depth))
        for block in blocks:
            _windows(canvas, dice, block, at, glass, lit, 0.5 + 0.5 * depth)


def _raise(top: Floats, left: float, right: float, roof: float) -> None:
    first, last = max(0, int(left * FINE)), max(0, int(right * FINE))
    top[first:last] = np.minimum(top[first:last], roof)


def _windows(
    canvas: Canvas, dice: Dice, block: tuple[float, float, float], at: float, glass: Colour, lit: float, size: float
) -> None:
    left, wide, roof = block
    cell_x, cell_y = max(6, int(0.0085 * size * canvas.height)), max(8, int(0.0125 * size * canvas.height))
    columns, rows = int(wide / cell_x) - 1, int((at * canvas.height - roof) / cell_y) - 1
    if columns < 1 or rows < 1:
        return
    chance = dice.units(columns * rows).reshape(rows, columns)
    pane = np.zeros((cell_y, cell_x))
    pane[cell_y // 3 :, cell_x // 3 :] = 1.0
    cover = np.kron(np.where(chance < lit, 0.45 + 0.55 * chance / lit, 0.0), pane).astype(np.float64)
    y, x = int(roof) + cell_y // 2, int(left + (wide - columns * cell_x) / 2) - cell_x // 6
    from_left = max(0, -x)
    cover = cover[: max(0, canvas.height - y), from_left : max(0, canvas.width - x)]
    if cover.size:
        window = (slice(y, y + cover.shape[0]), slice(x + from_left, x + from_left + cover.shape[1]))
        canvas.paint(window, cover, glass)


def water(canvas: Canvas, dice: Dice, palette: Palette, at: float, calm: float) -> None:
    """Water from a level (share of the height) down: a rippled mirror of what lies above, the calmer the clearer."""
    level = int(at * canvas.height)
    depth = canvas.height - level
    far = np.arange(depth) / depth
    rise = (waves(dice, depth, 60.0, octaves=3) - 0.5) * far * (1.4 - calm) * 0.09 * canvas.height
    mirror = np.clip(level - 1 - np.arange(depth) * 0.92 + rise, 0.0, level - 1.0).astype(np.int64)
    drift = ((waves(dice, depth, 85.0, octaves=2) - 0.5) * (0.15 + far) * (1.3 - calm) * 0.035 * canvas.height).astype(
        int
    )
    for row, (source, shift) in enumerate(zip(mirror.tolist(), drift.tolist(), strict=True)):
        canvas.pixels[level + row] = np.roll(canvas.pixels[source], shift)
    _tint(canvas, palette, level, far, calm)
    _ripples(canvas, dice, palette, level, depth)


def _tint(canvas: Canvas, palette: Palette, level: int, far: Floats, calm: float) -> None:
    deep = mix(palette.sky[0], palette.near, 0.45)
    share = ((0.12 + 0.58 * far) * (1.15 - 0.55 * calm) * 256.0).astype(np.uint16)[:, None, None]
    part = canvas.channels[level:]
    tint = (np.array([*deep, 0.0])).astype(np.uint16) * share
    part[:] = (part * (256 - share) + tint) >> 8


def _ripples(canvas: Canvas, dice: Dice, palette: Palette, level: int, depth: int) -> None:
    bright = mix(palette.sky[-1], palette.sun, 0.5)
    count = 320
    for x, y, long, glint in dice.units(4 * count).reshape(count, 4).tolist():
        row = level + 3 + int(y * y * (depth - 8))
        reach = (0.012 + 0.05 * long) * (0.25 + y) * canvas.height
        canvas.disc(x * canvas.width, row, reach, bright, 0.07 + 0.2 * glint * (1 - y), flat=0.035 + 0.02 * y)
