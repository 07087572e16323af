"""Composes images in labeled rows and columns as one image, whatever their number, in bounded memory.

A PNG is written row by row. JPEG and WebP are drawn first: Pillow encodes them from a whole canvas only.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageDraw

from ..errors import InvalidImage, QueueFull
from .decode import DecodeBudget
from .image_file import shrink
from .lettering import Block, Fonts
from .png_stream import PngStream

MAX_CANVAS_PIXELS = {"PNG": 40_000_000, "JPEG": 40_000_000, "WEBP": 20_000_000}  # libwebp copies the canvas twice
MAX_CANVAS_SIDE_PIXELS = 16_383  # that of a WebP
TILE_SIDES_PIXELS = (1024, 896, 768, 640, 512, 448, 384, 320, 256, 224, 192, 160, 128, 96)
SAVE_OPTIONS: dict[str, dict[str, int]] = {"JPEG": {"quality": 92}, "WEBP": {"quality": 88, "method": 2}}
"""The formats that need the whole canvas, with Pillow's options."""

CHUNK_BYTES = 1_000_000

PAGE, TEXT, QUIET, BOX = "#ffffff", "#1a1a1a", "#5c5c5c", "#ededed"
MAX_TEXT_CHARACTERS = 2_000
COMPOSING = DecodeBudget(places=1)  # one row of a sheet at a time in this process
CANVAS = threading.Lock()  # memory belongs to the process: one whole canvas at a time
MAX_CANVAS_WAIT_SECONDS = 10.0
BEGINNINGS = {"JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01", "WEBP": b"RIFF"}
"""What each file begins with. It is sent byte by byte while the canvas is drawn, so that no proxy gives up."""

BYTE_SECONDS = 5.0


@dataclass(frozen=True)
class Tile:
    """One place of a table: an image with its size in pixels, or the text that stands there instead.

    `read` returns the file of the image, or raises `OSError`.
    """

    read: Callable[[], bytes] | None
    size: tuple[int, int] | None
    text: str


@dataclass(frozen=True)
class TileTable:
    """A table; a label that is "" takes no place. `corner` explains the labels of rows and columns."""

    heading: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Tile]]]


@dataclass(frozen=True)
class TableSheet:
    """Tables below each other, with a title and a line of facts above and a line below."""

    title: str
    facts: str
    tables: Sequence[TileTable]
    footer: str


def encode_table_sheet(sheet: TableSheet, font: Path, format_name: str) -> Iterator[bytes]:
    """Yield the file of a sheet as a PNG, JPEG or WEBP; the images are decoded one after the other.

    `font` is the file of the font for characters that it has. Raises `InvalidImage` for more tiles than fit, and
    `QueueFull` with the first part of a JPEG or WebP, when others are drawn for long.
    """
    with COMPOSING.reserve(0):
        layout = _fit(sheet, Fonts(font), MAX_CANVAS_PIXELS[format_name])
    return _encode_png(layout) if format_name == "PNG" else _encode_canvas(layout, format_name)


def _encode_png(layout: _Layout) -> Iterator[bytes]:
    """Yield a PNG row by row; a slow reader holds neither a row nor the place of another sheet."""
    png = PngStream(layout.size)
    yield png.start()
    for band in layout.bands():
        with COMPOSING.reserve(0):
            packed = png.add(layout.draw(band))
        yield packed
    yield png.end()


def _encode_canvas(layout: _Layout, format_name: str) -> Iterator[bytes]:
    """Yield the file of a canvas; its first byte at once, some more while it is drawn, and then the rest."""
    if not CANVAS.acquire(timeout=MAX_CANVAS_WAIT_SECONDS):
        raise QueueFull("Another sheet is being drawn. Try again in a minute, or export a PNG.")
    with tempfile.TemporaryFile() as file:
        try:
            beginning, sent, sent_at = BEGINNINGS[format_name], 1, time.monotonic()
            yield beginning[:1]
            canvas, y = Image.new("RGB", layout.size, PAGE), 0
            for band in layout.bands():
                with COMPOSING.reserve(0):
                    canvas.paste(layout.draw(band), (0, y))
                y += band.height
                if time.monotonic() - sent_at > BYTE_SECONDS and sent < len(beginning):
                    yield beginning[sent : sent + 1]
                    sent, sent_at = sent + 1, time.monotonic()
            with COMPOSING.reserve(0):
                canvas.save(file, format_name, **SAVE_OPTIONS[format_name])
            del canvas
        finally:
            CANVAS.release()
        file.seek(sent)
        yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def _fit(sheet: TableSheet, fonts: Fonts, most: int) -> _Layout:
    """Return the layout with the largest tiles with which the sheet has no more than `most` pixels."""
    sizes = [tile.size for table in sheet.tables for _, tiles in table.rows for tile in tiles if tile.size]
    ratio = min(max(statistics.median([width / height for width, height in sizes] or [1]), 0.25), 4)
    largest = max((max(size) for size in sizes), default=TILE_SIDES_PIXELS[4])
    count = sum(len(tiles) for table in sheet.tables for _, tiles in table.rows)
    for side in TILE_SIDES_PIXELS:
        box = (side, round(side / ratio)) if ratio >= 1 else (round(side * ratio), side)
        if side != TILE_SIDES_PIXELS[-1] and (side > largest or box[0] * box[1] * count > most):
            continue
        layout = _Layout(sheet, fonts, box)
        width, height = layout.size
        if width * height <= most and max(width, height) <= MAX_CANVAS_SIDE_PIXELS:
            return layout
    raise InvalidImage("These are too many rows for one image. Put the longest axis into the columns.")


@dataclass(frozen=True)
class _Band:
    """A part of a sheet with its whole width; `draw` draws it on a canvas of its own."""

    height: int
    draw: Callable[[Image.Image, ImageDraw.ImageDraw], None]


class _Layout:
    """A sheet whose tiles have `box` pixels: its texts in lines, and where everything is."""

    def __init__(self, sheet: TableSheet, fonts: Fonts, box: tuple[int, int]) -> None:
        side = max(box)
        self.fonts, self.box = fonts, box
        self.text_size = min(max(side // 16, 13), 48)
        self.gap, self.margin = max(side // 64, 3), 2 * self.text_size
        self.row_label_width = min(max(box[0], 8 * self.text_size), 14 * self.text_size)
        self.tables = [_PlacedTable(table, self) for table in sheet.tables]
        content = max([table.width for table in self.tables] + [24 * self.text_size])
        self.width = content + 2 * self.margin
        self.head = [
            (self.set(sheet.title, content, 2, scale=1.6), TEXT),
            (self.set(sheet.facts, content, 3), QUIET),
        ]
        gaps = " · Characters that no font here has are shown as “?”." if fonts.has_gaps else ""
        self.foot = self.set(sheet.footer + gaps, content, 3)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the image in pixels."""
        blocks = sum(block.height + self.gap for block, _ in self.head) + self.foot.height
        tables = sum(table.height + self.margin for table in self.tables)
        return self.width, 3 * self.margin + blocks + tables

    def set(self, text: str, width: int, most_lines: int, scale: float = 1) -> Block:
        """Return a text in lines of this layout's font size."""
        return self.fonts.set(text[:MAX_TEXT_CHARACTERS], round(scale * self.text_size), width, most_lines)

    def bands(self) -> Iterator[_Band]:
        """Yield the parts of the image from top to bottom: the title, each row of each table, the last line."""
        yield _Band(2 * self.margin + sum(block.height + self.gap for block, _ in self.head), self._draw_head)
        for table in self.tables:
            yield from table.bands()
            yield _Band(self.margin, lambda canvas, draw: None)
        yield _Band(self.foot.height + self.margin, lambda _, draw: self.foot.draw(draw, self.margin, 0, QUIET))

    def draw(self, band: _Band) -> Image.Image:
        """Return the image of a band."""
        canvas = Image.new("RGB", (self.width, band.height), PAGE)
        band.draw(canvas, ImageDraw.Draw(canvas))
        return canvas

    def _draw_head(self, _: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        y = self.margin
        for block, color in self.head:
            block.draw(draw, self.margin, y, color)
            y += block.height + self.gap


class _PlacedTable:
    """A table within a layout; its labels are in lines."""

    def __init__(self, table: TileTable, layout: _Layout) -> None:
        self._table, self._layout = table, layout
        width, height = layout.box
        most = max(1, height // round(1.35 * layout.text_size))
        self._rows = [layout.set(label, layout.row_label_width, most) for label, _ in table.rows]
        self._columns = [layout.set(label, width, 4) for label in table.columns]
        has_labels = any(block.lines for block in self._rows)
        self._left = layout.row_label_width + layout.gap if has_labels else 0
        self._heading = layout.set(table.heading, self._left + 4 * width, 2, scale=1.2)
        self._heading_height = self._heading.height + (layout.text_size if self._heading.lines else 0)
        self._corner = layout.set(table.corner, layout.row_label_width, 4) if has_labels else layout.set("", 1, 1)
        self._header_height = max(block.height for block in [*self._columns, self._corner]) + layout.gap

    @property
    def width(self) -> int:
        """The width in pixels."""
        return self._left + len(self._columns) * (self._layout.box[0] + self._layout.gap)

    @property
    def height(self) -> int:
        """The height in pixels."""
        rows = len(self._rows) * (self._layout.box[1] + self._layout.gap)
        return self._heading_height + self._header_height + rows

    def bands(self) -> Iterator[_Band]:
        """Yield the labels of the columns, then the rows."""
        yield _Band(self._heading_height + self._header_height, self._draw_header)
        for block, (_, tiles) in zip(self._rows, self._table.rows, strict=True):
            yield _Band(self._layout.box[1] + self._layout.gap, partial(self._draw_row, block, tiles))

    def _draw_header(self, _: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        x, y = self._layout.margin, self._heading_height
        self._heading.draw(draw, x, 0, TEXT)
        self._corner.draw(draw, x, y, QUIET)
        for number, block in enumerate(self._columns):
            block.draw(draw, self._column_left(number), y, TEXT)

    def _draw_row(self, label: Block, tiles: Sequence[Tile], canvas: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        label.draw(draw, self._layout.margin, 0, TEXT)
        for number, tile in enumerate(tiles):
            self._draw_tile(canvas, draw, tile, self._column_left(number), 0)

    def _column_left(self, number: int) -> int:
        return self._layout.margin + self._left + number * (self._layout.box[0] + self._layout.gap)

    def _draw_tile(self, canvas: Image.Image, draw: ImageDraw.ImageDraw, tile: Tile, x: int, y: int) -> None:
        width, height = self._layout.box
        image = _read(tile, self._layout.box)
        if image is not None:
            place = (x + (width - image.width) // 2, y + (height - image.height) // 2)
            canvas.paste(image, place, image.getchannel("A") if image.mode == "RGBA" else None)
            return
        draw.rectangle((x, y, x + width - 1, y + height - 1), fill=BOX)
        inset = self._layout.text_size
        most = max(1, (height - 2 * inset) // round(1.35 * inset))
        block = self._layout.set(tile.text, max(width - 2 * inset, 1), most)
        block.draw(draw, x + (width - block.width) // 2, y + (height - block.height) // 2, QUIET)


def _read(tile: Tile, box: tuple[int, int]) -> Image.Image | None:
    """Return the image of a tile in its box; None where there is none, or where it is damaged or gone."""
    try:
        return shrink(tile.read(), box) if tile.read else None
    except (InvalidImage, OSError):
        return None
