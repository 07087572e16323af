"""The gallery says when there are no results, when older images are still missing, and what a filter ranges over."""

from __future__ import annotations

import pytest

from flux_playground.schema import load
from flux_playground.storage.search import FieldValues
from flux_playground.ui.gallery.gallery_view import describe_filter, filterable_fields, render_cards


@pytest.mark.parametrize(
    ("following", "first", "is_complete", "sentence"),
    [
        ("", True, True, "No images found."),
        ("", True, False, "Older images are still being added."),
        ("cursor", True, False, "Older images are still being added."),
        ("cursor", False, False, ""),
    ],
)
def test_end_of_results(following: str, first: bool, is_complete: bool, sentence: str) -> None:
    """An incomplete search does not say that nothing was found."""
    html = render_cards((), following, first=first, is_complete=is_complete)
    assert sentence in html
    assert ('class="none"' in html) == bool(sentence)


@pytest.mark.parametrize(("low", "high", "texts"), [(7, 4294967295, ("7", "4294967295")), (0.1, 1.0, ("0.1", "1"))])
def test_range_of_a_filter(low: float, high: float, texts: tuple[str, str]) -> None:
    """The bounds of a range are shown in full, also those of seeds."""
    field = filterable_fields(load())["seed"]
    found = describe_filter(field, FieldValues(low, high))
    assert found is not None
    assert (found.low, found.high) == texts
