"""Paints the small things of a landscape: birds, boats, balloons, lighthouses, houses.

Knows the canvas and the palette; nothing of prompts or requests. Shapes are given in shares of the thing's size.
"""

from __future__ import annotations

from .canvas import Canvas, Colour, Dice, mix
from .creatures import Figure
from .palette import Palette, rgb


def birds(canvas: Canvas, dice: Dice, colour: Colour, horizon: float) -> None:
    """A few birds far off, each two bent wings."""
    x, y = dice.between(0.15, 0.7) * canvas.width, dice.between(0.25, 0.6) * horizon * canvas.height
    for _ in range(int(dice.between(4, 9))):
        across, down = dice.between(-0.16, 0.16) * canvas.unit, dice.between(-0.07, 0.07) * canvas.unit
        bird = Figure(canvas, x + across, y + down, dice.between(0.008, 0.017) * canvas.unit)
        for side in (-1, 1):
            bird.corners(((0.0, 0.0), (side * 0.5, -0.42), (side * 0.3, -0.06)), colour)
            bird.corners(((side * 0.5, -0.42), (side * 1.1, -0.1), (side * 0.3, -0.06)), colour)


def boat(canvas: Canvas, dice: Dice, palette: Palette, level: float) -> None:
    """A small sailing boat on the water at a level (share of the height)."""
    ship = Figure(canvas, dice.between(0.22, 0.78) * canvas.width, level * canvas.height, 0.0)
    ship.size = dice.between(0.1, 0.16) * canvas.unit
    sail, hull = mix(palette.sun, palette.accents[3], 0.3), mix(palette.near, palette.accents[0], 0.25)
    ship.corners(((0.0, -1.0), (0.42, -0.2), (0.0, -0.2)), sail)
    ship.corners(((-0.04, -0.86), (-0.04, -0.2), (-0.3, -0.2)), mix(sail, palette.near, 0.25))
    ship.corners(((-0.42, -0.15), (0.5, -0.15), (0.34, 0.02), (-0.3, 0.02)), hull)


def balloons(canvas: Canvas, dice: Dice, palette: Palette) -> None:
    """Three balloons at different distances."""
    for near in (0.04, 0.06, 0.09):
        x, y = dice.between(0.15, 0.85) * canvas.width, dice.between(0.16, 0.46) * canvas.height
        one = Figure(canvas, x, y, near * canvas.unit)
        tone, other = dice.pick(palette.accents), dice.pick(palette.accents)
        one.corners(((-0.78, 0.6), (0.78, 0.6), (0.2, 1.5), (-0.2, 1.5)), tone)
        one.disc(0.0, 0.0, 1.0, tone)
        one.disc(0.0, 0.1, 0.62, other, flat=1.75)
        one.disc(0.0, 0.15, 0.25, tone, flat=4.6)
        one.corners(((-0.17, 1.65), (0.17, 1.65), (0.13, 1.92), (-0.13, 1.92)), palette.near)


def lighthouse(canvas: Canvas, dice: Dice, palette: Palette, level: float) -> None:
    """A lighthouse on a rock, its lamp alight."""
    x = dice.pick((dice.between(0.14, 0.3), dice.between(0.7, 0.86)))
    tower = Figure(canvas, x * canvas.width, level * canvas.height, 0.32 * canvas.height)
    white, red = mix(palette.sun, palette.mist, 0.3), mix(rgb("b8342c"), palette.near, 0.2)
    for stripe in range(5):
        low, high = 0.172 * stripe, 0.172 * (stripe + 1)
        foot, head = 0.095 - 0.052 * low, 0.095 - 0.052 * high
        corners = ((-head, -high), (head, -high), (foot, -low), (-foot, -low))
        tower.corners(corners, white if stripe % 2 else red)
        right = ((0.0, -high), (head, -high), (foot, -low), (0.0, -low))
        tower.corners(right, mix(white if stripe % 2 else red, palette.near, 0.25))
    canvas.glow(tower.x, tower.y - 0.91 * tower.size, tower.size, palette.lamp, 0.8)
    tower.corners(((-0.045, -0.95), (0.045, -0.95), (0.045, -0.86), (-0.045, -0.86)), palette.lamp)
    tower.corners(((0.0, -1.04), (0.07, -0.95), (-0.07, -0.95)), red)
    for rock, reach in ((-0.16, 0.2), (0.14, 0.22), (0.0, 0.3)):
        tower.disc(rock, 0.06, reach, mix(palette.near, palette.land(0.6), 0.3), flat=0.5)


def house(canvas: Canvas, dice: Dice, palette: Palette, x: float, y: float) -> None:
    """A small house with a lit window, its foot at a point in pixels."""
    home = Figure(canvas, x, y, dice.between(0.022, 0.036) * canvas.height)
    wall, roof = mix(palette.mist, palette.near, 0.3), mix(dice.pick(palette.accents[:2]), palette.near, 0.45)
    home.corners(((-1.0, -0.9), (1.0, -0.9), (1.0, 0.4), (-1.0, 0.4)), wall)
    home.corners(((0.1, -0.9), (1.0, -0.9), (1.0, 0.4), (0.1, 0.4)), mix(wall, palette.near, 0.25))
    home.corners(((-0.75, -1.7), (0.75, -1.7), (1.2, -0.85), (-1.2, -0.85)), roof)
    home.corners(((0.4, -2.0), (0.62, -2.0), (0.62, -1.5), (0.4, -1.5)), wall)
    for left in (-0.68, 0.36):
        window = ((left, -0.6), (left + 0.34, -0.6), (left + 0.34, -0.15), (left, -0.15))
        home.corners(window, palette.lamp)
