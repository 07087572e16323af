"""The size of an image."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.local.image_size import image_size


@pytest.mark.parametrize(
    ("ratio", "size"),
    [
        ("16:9", (2752, 1536)),
        ("9:16", (1536, 2752)),
        ("21:9", (3136, 1344)),
        ("9:21", (1344, 3136)),
        ("3:2", (2496, 1664)),
        ("4:3", (2368, 1792)),
        ("1:1", (2048, 2048)),
        ("32:18", (2752, 1536)),
        ("none", (2752, 1536)),
        ("0:1", (2752, 1536)),
    ],
)
def test_recorded_ratios(ratio: str, size: tuple[int, int]) -> None:
    """A ratio gives the size that was recorded for it."""
    assert image_size({"aspect_ratio": ratio}) == size


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_other_ratios(across: int, down: int) -> None:
    """Any other ratio gives about four megapixels in steps of 32."""
    width, height = image_size({"aspect_ratio": f"{across}:{down}"})
    assert width % 32 == height % 32 == 0
    if 9 / 21 <= across / down <= 21 / 9:
        assert abs(width * height - 4_194_304) < 220_000
        assert abs(width / height / (across / down) - 1) < 0.03
