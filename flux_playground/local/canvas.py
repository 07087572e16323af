"""A sheet to paint on: shapes with smooth edges, in arithmetic that gives the same pixels on every machine.

Knows numpy and Pillow, nothing of prompts, palettes or scenes. What makes the pixels portable: integers, and floats
only where one rounded operation follows another (+ - * / and square roots, never a power, a sine or a sum over an
array, whose last bit may differ). Enlarging is by powers of two, whose weights are exact.

Coordinates are pixels from the top left; a colour is three floats from 0 to 255.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Colour = tuple[float, float, float]
Floats = NDArray[np.float64]

FINE = 4  # columns of a profile for one column of the sheet: what makes a steep edge smooth


class Dice:
    """Seeded chance that is the same everywhere; the same words always give the same throws."""

    def __init__(self, *words: object) -> None:
        self._seed = hashlib.sha256("\0".join(str(word) for word in words).encode("utf-8", "surrogatepass")).digest()
        self._thrown = 0

    def bytes(self, count: int) -> bytes:
        """That many bytes of chance."""
        self._thrown += 1
        return hashlib.shake_128(self._seed + self._thrown.to_bytes(8, "big")).digest(count)

    def units(self, count: int) -> Floats:
        """That many numbers from 0 up to, not with, 1."""
        words = np.frombuffer(self.bytes(4 * count), "<u4")
        return words.astype(np.float64) / 4294967296.0

    def unit(self) -> float:
        """One number from 0 up to, not with, 1."""
        return int.from_bytes(self.bytes(4), "big") / 4294967296.0

    def between(self, low: float, high: float) -> float:
        """One number of a range."""
        return low + (high - low) * self.unit()

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of several things, each as likely as the others."""
        return choices[int(self.unit() * len(choices))]


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour that lies that share (0 to 1) of the way from one to the other."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def ramp(stops: Sequence[Colour], count: int) -> Floats:
    """That many colours, evenly spread over the stops: an array of count × 3."""
    place = np.arange(count, dtype=np.float64) * ((len(stops) - 1) / max(1, count - 1))
    first = np.minimum(place.astype(np.int64), len(stops) - 2)
    share = (place - first)[:, None]
    table = np.array(stops, dtype=np.float64)
    rows: Floats = table[first] + (table[first + 1] - table[first]) * share
    return rows


def waves(dice: Dice, count: int, bumps: float, octaves: int = 4, rough: float = 0.5) -> Floats:
    """A smooth random line of that many points between 0 and 1, with about so many bumps, each octave finer."""
    line = np.zeros(count)
    total, weight = 0.0, 1.0
    for octave in range(octaves):
        knots = dice.units(int(bumps * (1 << octave)) + 3)
        line += between(knots, count, bumps * (1 << octave)) * weight
        total, weight = total + weight, weight * rough
    return line / total


def clouds(dice: Dice, height: int, width: int, rows: float, columns: float, octaves: int = 4) -> Floats:
    """A smooth random plane of height × width between 0 and 1, with about rows × columns bumps, each octave finer."""
    plane = np.zeros((height, width))
    total, weight = 0.0, 1.0
    for octave in range(octaves):
        down, across = rows * (1 << octave), columns * (1 << octave)
        knots = dice.units((int(down) + 3) * (int(across) + 3)).reshape(int(down) + 3, int(across) + 3)
        plane += between(between(knots, height, down).T, width, across).T * weight
        total, weight = total + weight, weight * 0.5
    return plane / total


def between(knots: Floats, count: int, bumps: float) -> Floats:
    """So many points or rows, on a smooth way from knot to knot; the last lies just before the knot number `bumps`."""
    place = np.arange(count, dtype=np.float64) * (bumps / count)
    first = place.astype(np.int64)
    share = place - first
    share = share * share * (3.0 - 2.0 * share)
    if knots.ndim == 2:
        share = share[:, None]
    line: Floats = knots[first] + (knots[first + 1] - knots[first]) * share
    return line


class Canvas:
    """A sheet of width × height pixels, both multiples of 32, that shapes are painted on one over the other."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.pixels = np.zeros((height, width), np.uint32)  # one word a pixel: red, green, blue, nothing

    @property
    def unit(self) -> int:
        """The shorter side, for sizes that are to look the same in every shape of sheet."""
        return min(self.width, self.height)

    @property
    def channels(self) -> NDArray[np.uint8]:
        """The same pixels as height × width × 4 bytes."""
        return self.pixels.view(np.uint8).reshape(self.height, self.width, 4)

    def image(self) -> Image.Image:
        """The sheet as a Pillow image, a copy."""
        return Image.frombytes("RGB", (self.width, self.height), self.pixels.tobytes(), "raw", "RGBX")

    def spread(self, small: Floats) -> None:
        """Covers the sheet with a small picture (rows × columns × 3), enlarged by a power of two."""
        image = (
            Image.fromarray(_bytes(small), "RGB")
            if False
            else Image.frombytes("RGB", small.shape[1::-1], _bytes(small).tobytes())
        )
        large = image.resize((self.width, self.height), Image.Resampling.BICUBIC)
        self.pixels = np.frombuffer(bytearray(large.tobytes("raw", "RGBX")), np.uint32).reshape(self.height, self.width)

    def below(self, profile: Floats, colours: Floats, foot: int | None = None) -> None:
        """Fills what lies under a profile, down to the row `foot`.

        The profile has FINE heights a column; the colours are one for each row of the sheet (height × 3).
        """
        foot = self.height if foot is None else min(foot, self.height)
        edge = np.clip(profile, 0.0, float(foot)).reshape(self.width, FINE)
        top, full = edge.min(axis=1).astype(np.int64), np.ceil(edge.max(axis=1)).astype(np.int64)
        words = _words(colours)
        self._fill(full, words, foot)
        self._soften(edge, top, full, words, foot)

    def _fill(self, full: NDArray[np.int64], words: NDArray[np.uint32], foot: int) -> None:
        start, solid = min(int(full.min()), foot), min(int(full.max()), foot)
        rows = np.arange(start, solid, dtype=np.int16)[:, None]
        band = self.pixels[start:solid]
        np.copyto(band, words[start:solid, None], where=rows >= full.astype(np.int16))
        self.pixels[solid:foot] = words[solid:foot, None]

    def _soften(
        self, edge: Floats, top: NDArray[np.int64], full: NDArray[np.int64], words: NDArray[np.uint32], foot: int
    ) -> None:
        counts = np.minimum(full, foot) - top
        columns = np.repeat(np.arange(self.width), counts)
        firsts = np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.arange(len(columns)) - firsts + top[columns]
        cover = np.clip((rows + 1)[:, None] - edge[columns], 0.0, 1.0)
        share = ((cover[:, 0] + cover[:, 1]) + (cover[:, 2] + cover[:, 3])) * 0.25
        self._blend(rows, columns, words[rows], share)

    def _blend(
        self, rows: NDArray[np.int64], columns: NDArray[np.int64], words: NDArray[np.uint32], share: Floats
    ) -> None:
        old = self.channels[rows, columns].astype(np.float64)
        new = words.view(np.uint8).reshape(-1, 4).astype(np.float64)
        self.channels[rows, columns] = (old + (new - old) * share[:, None] + 0.5).astype(np.uint8)

    def disc(self, x: float, y: float, radius: float, colour: Colour, share: float = 1.0, flat: float = 1.0) -> None:
        """A disc, or an ellipse `flat` times as high as wide, blended by its share (0 to 1)."""
        window, dx, dy = self.window(x, y, radius, radius * flat)
        dy = dy / flat
        cover = np.clip((radius * radius - (dx * dx + dy * dy)) / (2.0 * radius) + 0.5, 0.0, 1.0) * share
        self.paint(window, cover, colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, share: float) -> None:
        """Light that fades from a point to nothing at the radius."""
        window, dx, dy = self.window(x, y, radius, radius)
        near = np.clip(1.0 - (dx * dx + dy * dy) / (radius * radius), 0.0, 1.0)
        self.paint(window, near * near * near * near * share, colour)

    def polygon(self, corners: Sequence[tuple[float, float]], colour: Colour) -> None:
        """A convex polygon, its corners in either order."""
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
        window, dx, dy = self.window(x, y, max(xs) - x, max(ys) - y)
        turn = (xs[1] - xs[0]) * (ys[2] - ys[0]) - (ys[1] - ys[0]) * (xs[2] - xs[0])
        ring = [*corners, corners[0]] if turn > 0 else [*corners, corners[0]][::-1]
        cover = np.ones((dy.size, dx.size))
        for (x0, y0), (x1, y1) in pairwise(ring):
            length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0)) or 1.0
            inside = ((x1 - x0) * (dy + (y - y0)) - (y1 - y0) * (dx + (x - x0))) / length
            cover = np.minimum(cover, np.clip(inside + 0.5, 0.0, 1.0))
        self.paint(window, cover, colour)

    def window(self, x: float, y: float, reach: float, rise: float) -> tuple[tuple[slice, slice], Floats, Floats]:
        """The part of the sheet within a reach and rise of a point, and its pixels' distances from it."""
        left, right = max(0, int(x - reach) - 1), min(self.width, int(x + reach) + 2)
        top, bottom = max(0, int(y - rise) - 1), min(self.height, int(y + rise) + 2)
        dx = np.arange(left, max(left, right), dtype=np.float64)[None, :] + (0.5 - x)
        dy = np.arange(top, max(top, bottom), dtype=np.float64)[:, None] + (0.5 - y)
        return (slice(top, max(top, bottom)), slice(left, max(left, right))), dx, dy

    def paint(self, window: tuple[slice, slice], cover: Floats, colour: Colour) -> None:
        """Blends a colour into a window of the sheet, each pixel by its own share (0 to 1)."""
        share = (cover * 256.0).astype(np.int32)
        part = self.channels[window]
        for channel in range(3):
            old = part[..., channel].astype(np.int32)
            part[..., channel] = old + (((int(colour[channel]) - old) * share + 128) >> 8)


def _bytes(colours: Floats) -> NDArray[np.uint8]:
    return np.clip(colours + 0.5, 0.0, 255.0).astype(np.uint8)


def _words(colours: Floats) -> NDArray[np.uint32]:
    words = np.zeros((len(colours), 4), np.uint8)
    words[:, :3] = _bytes(colours)
    return words.view(np.uint32)[:, 0]
