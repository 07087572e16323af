"""The supplement has facts about endpoints that the document lacks."""

from __future__ import annotations

import pytest

from flux_playground.schema import load, price, usual_seconds


def test_every_endpoint_has_usual_seconds() -> None:
    """Each endpoint of the document, and any other, has the seconds of a fast and of a slow image."""
    for path in [*(operation.path for operation in load().operations), "/v1/some-new-model"]:
        low, high = usual_seconds(path)
        assert 0 < low < high < 300


@pytest.mark.parametrize("path", ["/v1/flux-pro-1.1-ultra", "/v1/flux-pro-1.1-ultra-finetuned"])
def test_longest_beginning_counts(path: str) -> None:
    """An endpoint with an entry of its own does not have the values of all."""
    assert usual_seconds(path) != usual_seconds("/v1/some-new-model")


@pytest.mark.parametrize(
    ("path", "sizes", "credits"),
    [
        ("/v1/flux-pro-1.1-ultra-finetuned", [2752 * 1536], 7),
        ("/v1/flux-2-klein-4b-finetuned", [1024 * 1024], 1.4),
        ("/v1/flux-2-klein-4b-finetuned", [1920 * 1080], 1.5),
        ("/v1/flux-2-pro", [1024 * 1024, 800 * 600], 4.5),
        ("/v1/flux-2-klein-9b-finetuned", [2048 * 2048, 1024 * 1024, 1], 2.5),
    ],
)
def test_price_by_megapixels(path: str, sizes: list[int], credits: float) -> None:  # noqa: A002
    """Each started megapixel after the first one counts, also of input images."""
    known = price(path)
    assert known is not None
    assert known.date >= "2026-01"
    assert known.credits({}, sizes[0], sizes[1:]) == pytest.approx(credits)


def test_price_by_value() -> None:
    """A field can decide the price; an unknown value costs what an image usually costs."""
    known = price("/v1/flux-3-image")
    assert known is not None
    assert known.credits({"resolution": "4k"}, 1) > 10 * known.credits({"resolution": "1k"}, 1)
    assert known.credits({"resolution": "8k"}, 1) == known.credits({}, 1)
    assert price("/v1/some-new-model") is None
