"""The supplement has facts about endpoints that the document lacks."""

from __future__ import annotations

import pytest

from flux_playground.schema import load, usual_seconds


def test_every_endpoint_has_usual_seconds() -> None:
    """Each endpoint of the document, and any other, has the seconds of a fast and of a slow image."""
    for path in [*(operation.path for operation in load().operations), "/v1/some-new-model"]:
        low, high = usual_seconds(path)
        assert 0 < low < high < 300


@pytest.mark.parametrize("path", ["/v1/flux-pro-1.1-ultra", "/v1/flux-pro-1.1-ultra-finetuned"])
def test_longest_beginning_counts(path: str) -> None:
    """An endpoint with an entry of its own does not have the values of all."""
    assert usual_seconds(path) != usual_seconds("/v1/some-new-model")
