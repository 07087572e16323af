"""The size of an image."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.local.image_size import DefaultSize, Size, image_size, scale_size

ULTRA = DefaultSize(2048**2, (16, 9))
OTHER = DefaultSize(1024**2, (1, 1))


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
    assert image_size({"aspect_ratio": ratio}, ULTRA) == size


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_other_ratios(across: int, down: int) -> None:
    """Any other ratio gives about four megapixels in steps of 32."""
    width, height = image_size({"aspect_ratio": f"{across}:{down}"}, ULTRA)
    assert width % 32 == height % 32 == 0
    if 9 / 21 <= across / down <= 21 / 9:
        assert abs(width * height - 4_194_304) < 220_000
        assert abs(width / height / (across / down) - 1) < 0.03


@pytest.mark.parametrize(
    ("request_values", "inputs", "size"),
    [
        ({}, [], (1024, 1024)),
        ({"width": 512, "height": 320}, [(64, 64)], (512, 320)),
        ({"width": 512}, [(800, 400)], (512, 256)),
        ({"height": 512}, [], (512, 512)),
        ({"width": 0, "height": 0}, [(800, 608)], (800, 608)),
        ({"width": True, "height": "512"}, [], (1024, 1024)),
        ({}, [(800, 608), (64, 64)], (800, 608)),
        ({"aspect_ratio": "1:1"}, [(800, 600)], (1024, 1024)),
        ({"aspect_ratio": "auto", "resolution": "1k"}, [(800, 400)], (1440, 736)),
        ({"aspect_ratio": "auto", "resolution": "1k"}, [], (1024, 1024)),
        ({"resolution": "768sq"}, [], (768, 768)),
        ({"resolution": "1.5k"}, [], (1536, 1536)),
        ({"resolution": "2K", "aspect_ratio": "16:9"}, [], (2752, 1536)),
        ({"resolution": "4k", "aspect_ratio": "16:9"}, [], (5472, 3072)),
        ({"resolution": "0.5 MP"}, [], (736, 736)),
        ({"resolution": "large"}, [], (1024, 1024)),
        ({"width": 100_000, "height": 100_000}, [], (4096, 4096)),
        ({"width": 1_000_000_000, "height": 1}, [], (8192, 64)),
    ],
)
def test_fields_of_endpoints(request_values: dict[str, object], inputs: list[Size], size: Size) -> None:
    """Width and height count first, then aspect ratio and resolution, then the first input image."""
    assert image_size(request_values, OTHER, inputs) == size


def test_scale() -> None:
    """A scaled size keeps the steps and the least side."""
    assert [scale_size((2752, 1536), scale) for scale in (1.0, 0.5, 0.001)] == [(2752, 1536), (1376, 768), (64, 64)]
