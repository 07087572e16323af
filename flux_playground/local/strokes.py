"""What lies over a whole picture: the grain of its paper, a finetune's stroke, and the mark that it is no FLUX picture.

Knows numpy and Pillow; nothing of scenes or requests.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from .canvas import Dice, Floats, between

TILE = 512
GRAIN = 2.2  # levels of 256
STROKE = 10.0  # levels of 256 at strength 1


def stroked(image: Image.Image, finetune: str, strength: float) -> Image.Image:
    """The picture on paper, with a finetune's stroke as strong as its strength (0: none)."""
    dice = Dice("paper")
    tile = (dice.units(TILE * TILE).reshape(TILE, TILE) - 0.5) * (2.0 * GRAIN)
    if finetune and strength > 0.0:
        tile = tile + _stroke(Dice("stroke", finetune)) * (STROKE * strength)
    levels = np.clip(tile + 128.5, 0.0, 255.0).astype(np.uint8)
    sheet = np.tile(levels, (image.height // TILE + 1, image.width // TILE + 1))[: image.height, : image.width]
    paper = Image.fromarray(np.ascontiguousarray(sheet))
    return ImageChops.add(image, Image.merge("RGB", (paper, paper, paper)), 1, -128)


def _stroke(dice: Dice) -> Floats:
    """A tile of values from about -1 to 1 that continues over its own edges."""
    kind = dice.pick((_hatching, _dots, _weave, _brush, _scales, _crossed))
    # A hand is never even: the stroke is here stronger and there weaker.
    tile: Floats = kind(dice, dice.pick((16, 32))) * (0.75 + 0.6 * _plane(dice, 8, 8))
    return tile


def _grid() -> tuple[Floats, Floats]:
    along = np.arange(TILE, dtype=np.float64)
    return along[:, None], along[None, :]


def _fold(values: Floats, period: int) -> Floats:
    """A triangle wave from -1 to 1."""
    return np.abs(np.mod(values, period) * (4.0 / period) - 2.0) - 1.0


def _hatching(dice: Dice, period: int) -> Floats:
    rows, columns = _grid()
    wobble = _fold(rows * 3.0, 256) * 3.0
    return _fold(columns + rows * dice.pick((1, -1, 2)) + wobble, period)


def _crossed(dice: Dice, period: int) -> Floats:
    rows, columns = _grid()
    return np.minimum(_fold(columns + rows, period), _fold(columns - rows, period)) + 0.3


def _dots(dice: Dice, period: int) -> Floats:
    rows, columns = _grid()
    across, down = _fold(columns + rows, 2 * period), _fold(columns - rows, 2 * period)
    return np.clip(1.2 - 2.2 * (across * across + down * down), -0.7, 1.0)


def _weave(dice: Dice, period: int) -> Floats:
    rows, columns = _grid()
    over = (np.floor(rows / period) + np.floor(columns / period)) % 2 == 0
    return np.where(over, _fold(rows, period // 2), _fold(columns, period // 2)) * 0.8


def _brush(dice: Dice, period: int) -> Floats:
    return _plane(dice, TILE * 2 // period, 4) * 1.5 + _plane(dice, TILE * 4 // period, 8) * 0.7


def _plane(dice: Dice, rows: int, columns: int) -> Floats:
    """Smooth chance from -1 to 1 that continues over the tile's edges."""
    knots = dice.units(rows * columns).reshape(rows, columns) * 2.0 - 1.0
    wrapped = np.concatenate((knots, knots[:1]))
    wrapped = np.concatenate((wrapped, wrapped[:, :1]), axis=1)
    return between(between(wrapped, TILE, rows).T, TILE, columns).T


def _scales(dice: Dice, period: int) -> Floats:
    rows, columns = _grid()
    step = 2.0 * period
    shift = np.where(np.floor(rows / period) % 2 == 0, 0.0, period)
    down, across = np.mod(rows, period) / period, np.mod(columns + shift, step) / period - 1.0
    return np.clip(1.0 - 1.7 * np.abs(across * across + down * down - 0.8), -0.8, 1.0)


def marked(image: Image.Image, text: str) -> Image.Image:
    """The picture with a line of small letters in its lower right corner, light with a soft dark edge."""
    letters = _letters(text, max(14, min(image.size) // 56))
    left, top = (end - own - letters.height for end, own in zip(image.size, letters.size, strict=True))
    edge = letters.point(lambda level: level * 2 // 5)
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1), (2, 2)):
        image.paste((0, 0, 0), (left + across, top + down), edge)
    image.paste((255, 255, 255), (left, top), letters.point(lambda level: level * 4 // 5))
    return image


def _letters(text: str, high: int) -> Image.Image:
    """The text as a mask about so high: Pillow's own bitmap letters, enlarged, rounded, and made smaller again.

    These letters have no dash, which is drawn.
    """
    font = ImageFont.load_default_imagefont()
    before, dash, after = text.partition("\u2014")
    starts = int(font.getlength(before)) + (9 if dash else 0)
    small = Image.new("L", (starts + int(font.getlength(after)) + 1, 11), 0)
    pen = ImageDraw.Draw(small)
    pen.text((0, 0), before, 255, font)
    pen.text((starts, 0), after, 255, font)
    if dash:
        pen.line((starts - 8, 6, starts - 2, 6), 255)
    large = small.resize((small.width * 16, small.height * 16), Image.Resampling.BICUBIC)
    return large.point(lambda level: 255 if level > 110 else 0).reduce(max(1, large.height // high))
