"""Text on images: its font, its lines, and characters that no font has."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from flux_playground.images import lettering
from flux_playground.images.lettering import Fonts
from flux_playground.packaged import assets

INTER = assets() / "fonts" / "inter-latin.woff2"


@pytest.fixture
def fonts() -> Fonts:
    """The fonts of this machine."""
    return Fonts(INTER)


def test_own_font_comes_first(fonts: Fonts) -> None:
    """Latin text has the font of the page; a machine that cannot read it has Pillow's."""
    assert fonts.set("Stärke 1.2 × 4", 20, 400, 1).font.getname()[0] == "Inter"
    fallback = Fonts(Path("missing.woff2")).set("Stärke", 20, 400, 1)
    assert fallback.lines == ("Stärke",)
    assert fallback.font.getname()[0] != "Inter"
    assert not fonts.has_gaps


def test_another_font_helps(fonts: Fonts) -> None:
    """A text with characters that the first font lacks gets one that has them."""
    block = fonts.set("маяк", 20, 400, 1)
    assert (block.lines, block.font.getname()[0]) == (("маяк",), "DejaVu Sans")
    assert not fonts.has_gaps


def test_missing_characters_are_marked(fonts: Fonts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A character that no font has becomes a question mark, never an empty box; that is known afterwards."""
    monkeypatch.setattr(lettering, "SYSTEM_FONTS", ())
    bare = Fonts(INTER)
    assert bare.set("灯台 light", 20, 400, 1).lines == ("?? light",)
    assert bare.has_gaps


def test_text_is_wrapped(fonts: Fonts) -> None:
    """No line is wider than allowed, also with a long word; the rest ends in an ellipsis."""
    text = "a lighthouse " * 5 + "w" * 200
    block = fonts.set(text, 20, 150, 30)
    assert block.width <= 150
    assert "".join(block.lines).replace(" ", "") == text.replace(" ", "")
    cut = fonts.set(text, 20, 150, 2)
    assert len(cut.lines) == 2
    assert cut.lines[1].endswith("…")
    assert cut.width <= 150
    assert cut.height == 2 * cut.line_height


def test_controls_are_removed(fonts: Fonts) -> None:
    """Line breaks become spaces; marks of direction and other controls are left out."""
    assert fonts.set("one\n\ttwo\u202e three\x00\x1b", 20, 400, 3).lines == ("one two three",)
    assert fonts.set(" \n", 20, 400, 3).lines == ()


def test_lines_are_drawn(fonts: Fonts) -> None:
    """The lines are within the height of the block."""
    image = Image.new("RGB", (200, 100), "white")
    block = fonts.set("first second", 20, 80, 2)
    block.draw(ImageDraw.Draw(image), 10, 20, "black")
    box = Image.eval(image.convert("L"), lambda value: 255 - value).getbbox()
    assert box is not None
    assert 8 <= box[0] <= 12
    assert 20 <= box[1] < box[3] <= 20 + block.height
