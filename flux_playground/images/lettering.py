"""Writes text on images, in the first font on this machine that has its characters."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont

SYSTEM_FONTS = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "segoeui.ttf", "Arial Unicode.ttf"),
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
    *("DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "msyh.ttc", "YuGothM.ttc", "malgun.ttf"),
    *("NotoSansArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf", "NotoSansThai-Regular.ttf", "tahoma.ttf"),
    *("NotoSansDevanagari-Regular.ttf", "Lohit-Devanagari.ttf", "Nirmala.ttf", "Kohinoor.ttc", "unifont.otf"),
)
"""Fonts of usual systems, for the characters that the program's own font lacks."""

CHECK_SIZE_PIXELS = 16
UNASSIGNED = "\U0010fffd"  # no font has this character
SUBSTITUTE = "?"
ELLIPSIS = "…"
LINE_HEIGHT = 1.35


@dataclass(frozen=True)
class Block:
    """Lines of text in one font; width and height in pixels."""

    lines: tuple[str, ...]
    font: Font
    line_height: int

    @property
    def height(self) -> int:
        """The height of all lines."""
        return len(self.lines) * self.line_height

    @property
    def width(self) -> int:
        """The width of the longest line."""
        return max((round(self.font.getlength(line)) for line in self.lines), default=0)

    def draw(self, draw: ImageDraw.ImageDraw, x: int, y: int, color: str) -> None:
        """Write the lines below each other, the first one at the top of the place."""
        ascent, descent = self.font.getmetrics()
        for number, line in enumerate(self.lines):
            top = y + number * self.line_height + (self.line_height - ascent - descent) // 2
            draw.text((x, top), line, fill=color, font=self.font)


class Fonts:
    """The fonts of this machine, the given one first. `has_gaps` says that a text had characters that no font has.

    Without FreeType support for the given file, Pillow's own font takes its place.
    """

    def __init__(self, first: Path) -> None:
        self._first = first
        self._faces: list[_Face] = []
        self._names = iter(SYSTEM_FONTS)
        self.has_gaps = False

    def set(self, text: str, size: int, width: int, most_lines: int) -> Block:
        """Return a text in lines of at most `width` pixels; what does not fit ends in an ellipsis."""
        plain = " ".join("".join(map(_printable, text)).split())
        face, shown = self._choose(plain)
        font = face.font.font_variant(size=size)
        return Block(tuple(_wrap(font, shown, width, most_lines)), font, round(size * LINE_HEIGHT))

    def _choose(self, text: str) -> tuple[_Face, str]:
        """Return the face that has the most characters of a text, and the text without those that it lacks."""
        characters = {char for char in text if unicodedata.category(char)[0] in "LNPS"}
        best, missing = None, characters
        for face in self._iter_faces():
            lacking = {char for char in characters if not face.has(char)}
            if best is None or len(lacking) < len(missing):
                best, missing = face, lacking
            if not missing:
                break
        assert best is not None  # noqa: S101  # there is always Pillow's own font
        self.has_gaps = self.has_gaps or bool(missing)
        return best, "".join(SUBSTITUTE if char in missing else char for char in text)

    def _iter_faces(self) -> Iterator[_Face]:
        if not self._faces:
            self._faces.append(_Face(_load(self._first) or _load_default()))
        yield from list(self._faces)
        for name in self._names:
            if (font := _load(Path(name))) is not None:
                self._faces.append(_Face(font))
                yield self._faces[-1]


class _Face:
    """A font, and which characters it has."""

    def __init__(self, font: Font) -> None:
        self.font = font
        self._known: dict[str, bool] = {}

    def has(self, char: str) -> bool:
        """Return whether the font draws a character as something else than the box of unknown ones."""
        if char not in self._known:
            drawn = self._draw(char)
            self._known[char] = any(drawn[1]) and drawn != self._unknown
        return self._known[char]

    @cached_property
    def _unknown(self) -> tuple[tuple[int, int], bytes]:
        return self._draw(UNASSIGNED)

    def _draw(self, char: str) -> tuple[tuple[int, int], bytes]:
        mask = self.font.getmask(char)
        return mask.size, bytes(mask)


def _load(path: Path) -> Font | None:
    try:
        return ImageFont.truetype(path, CHECK_SIZE_PIXELS)
    except OSError:  # not there, or in a format that this FreeType cannot read
        return None


def _load_default() -> Font:
    font = ImageFont.load_default(CHECK_SIZE_PIXELS)
    assert isinstance(font, Font)  # noqa: S101  # with a size it is one
    return font


def _printable(char: str) -> str:
    """Return a character without effects: spaces for line breaks, nothing for marks of direction and controls."""
    return (
        " " if char.isspace() else "" if unicodedata.category(char)[0] == "C" and char not in "\u200c\u200d" else char
    )


def _wrap(font: Font, text: str, width: int, most: int) -> Iterator[str]:
    """Yield at most this many lines; a word that is wider than a line is divided."""
    line, count = "", 0
    for piece in _iter_pieces(font, text, width):
        longer = f"{line} {piece}" if line else piece
        if not line or font.getlength(longer) <= width:
            line = longer
            continue
        count += 1
        if count == most:
            yield longer[: _count_fitting(font, longer, width, ELLIPSIS)].rstrip() + ELLIPSIS
            return
        yield line
        line = piece
    if line:
        yield line


def _iter_pieces(font: Font, text: str, width: int) -> Iterator[str]:
    for word in text.split(" "):
        rest = word
        while len(rest) > (end := max(1, _count_fitting(font, rest, width))):
            yield rest[:end]
            rest = rest[end:]
        yield rest


def _count_fitting(font: Font, text: str, width: int, end: str = "") -> int:
    """Return how many characters of a text fit into a line, before `end`; none of them is narrower than a pixel."""
    lengths = range(1, min(len(text), width) + 1)
    return bisect_right(lengths, float(width), key=lambda count: float(font.getlength(text[:count] + end)))
