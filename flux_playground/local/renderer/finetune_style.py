"""What covers the whole image: a finetune's colors and strokes, and the demo mark."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from .drawing import Floats
from .scene import hex_color, seeded_random

TILE_PIXELS = 512
STROKE_LEVELS = 14.0  # of 256, at strength 1
# Dark, middle and light color of sepia, ink, risograph, linocut, charcoal and poster.
PALETTES = (
    *("1d1410 8a5a33 f3dfb4", "101433 4a6fa5 f2ead8", "2a1235 c0506a ffe2a8"),
    *("0d2b2b 4f9a83 f6efcf", "1c1c22 8d8f98 f7f3ea", "14213d fca311 fff6dd"),
)


def apply_style(image: Image.Image, finetune: str, strength: float) -> Image.Image:
    """Return the image in the colors and strokes of a finetune; strength 0 changes nothing, 2 is the most."""
    if not finetune or strength <= 0.0:
        return image
    random = seeded_random("finetune", finetune)
    palette = [hex_color(color) for color in random.choice(PALETTES).split()]
    gray = image.convert("L")
    ramps = [np.interp(np.arange(256), (20, 120, 235), [color[channel] for color in palette]) for channel in range(3)]
    styled = Image.merge("RGB", [gray.point(ramp.astype(int).tolist()) for ramp in ramps])
    image = Image.blend(image, styled, min(1.0, 0.62 * strength) ** 0.9)
    tile = np.clip(_stroke(random) * (STROKE_LEVELS * strength) + 128.5, 0, 255).astype(np.uint8)
    repeats = (image.height // TILE_PIXELS + 1, image.width // TILE_PIXELS + 1)
    stroke = Image.fromarray(np.tile(tile, repeats)[: image.height, : image.width])
    return ImageChops.add(image, Image.merge("RGB", (stroke, stroke, stroke)), 1, -128)


def _stroke(random: np.random.Generator) -> Floats:
    """Return a tile of values from -1 to 1 that continues over its own edges."""
    rows, columns = np.mgrid[0:TILE_PIXELS, 0:TILE_PIXELS].astype(np.float32) * (2 * np.pi / TILE_PIXELS)
    count = int(random.choice((16, 24, 32)))
    kind = int(random.integers(4))
    if kind == 0:  # hatching
        tile = np.sin((rows + columns) * count + np.sin(rows * 3 + columns) * 0.6)
    elif kind == 1:  # dots
        tile = np.clip(np.sin(rows * count) * np.sin(columns * count) * 2.2 - 0.5, -0.6, 1.0)
    elif kind == 2:  # brush
        tile = np.sin(rows * count * 2 + np.sin(columns * 2 + rows * 5) * 2.5) * (0.6 + 0.4 * np.sin(columns * 3))
    else:  # woven canvas
        tile = np.maximum(np.sin(rows * count * 2), np.sin(columns * count * 2)) - 0.3
    return np.asarray(tile * (0.8 + 0.2 * np.sin(columns * 2 - rows)), np.float32)


def draw_mark(image: Image.Image, text: str) -> None:
    """Write a line of small letters into the lower right corner."""
    size = max(12, min(image.size) // 44)
    font = ImageFont.load_default(size)
    pen = ImageDraw.Draw(image, "RGBA")
    x, y = image.width - size * 0.8, image.height - size * 0.7
    pen.text((x + 1, y + 1), text, (0, 0, 0, 150), font, anchor="rs")
    pen.text((x, y), text, (255, 255, 255, 220), font, anchor="rs")
