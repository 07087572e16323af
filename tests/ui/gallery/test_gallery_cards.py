"""The results of the gallery say when there are none, and when older images are still missing."""

from __future__ import annotations

import pytest

from flux_playground.ui.gallery.gallery_view import render_cards


@pytest.mark.parametrize(
    ("following", "is_complete", "sentence"),
    [
        ("", True, "No images found."),
        ("", False, "Older images are still being added."),
        ("cursor", False, ""),
    ],
)
def test_end_of_results(following: str, is_complete: bool, sentence: str) -> None:
    """An incomplete search does not say that nothing was found."""
    html = render_cards((), following, first=not following, is_complete=is_complete)
    assert sentence in html
    assert ('class="none"' in html) == bool(sentence)
