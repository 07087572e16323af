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
    """The picture with a line of small letters in its lower right corner, light on a soft shadow."""
    high = max(14, min(image.size) // 56)
    letters = _letters(text, high)
    edge = high
    at = (image.width - letters.width - edge, image.height - letters.height - edge)
    for colour, shift, share in (((0, 0, 0), max(1, high // 12), 0.45), ((255, 255, 255), 0, 0.72)):
        image.paste(
            colour, (at[0] + shift, at[1] + shift), letters.point(lambda level, share=share: int(level * share))
        )
    return image


def _letters(text: str, high: int) -> Image.Image:
    """The text as a mask: Pillow's own bitmap letters, enlarged, rounded and made as high as wanted."""
    font = ImageFont.load_default_imagefont()
    dash = text.partition("\u2014")
    parts = [_line(font, part) for part in (dash[0], dash[2])] if dash[1] else [_line(font, text)]
    width = sum(part.width for part in parts) + (9 if dash[1] else 0)
    small = Image.new("L", (width + 2, parts[0].height), 0)
    small.paste(parts[0], (0, 0))
    if dash[1]:
        ImageDraw.Draw(small).line((parts[0].width + 1, 6, parts[0].width + 7, 6), 255)
        small.paste(parts[1], (parts[0].width + 9, 0))
    large = small.resize((small.width * 16, small.height * 16), Image.Resampling.BICUBIC)
    smooth = large.point(lambda level: 255 if level > 110 else 0)
    return smooth.resize((smooth.width * high // smooth.height, high), Image.Resampling.BOX)


def _line(font: ImageFont.ImageFont, text: str) -> Image.Image:
    _, _, right, bottom = font.getbbox(text)
    line = Image.new("L", (int(right), int(bottom)), 0)
    ImageDraw.Draw(line).text((0, 0), text, 255, font)
    return line
