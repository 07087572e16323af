"""The gallery says when there are no results, when older images are still missing, and what a filter ranges over."""

from __future__ import annotations

import pytest

from flux_playground.schema import load
from flux_playground.storage.search import FieldValues, Page
from flux_playground.ui.gallery.gallery_view import describe_filter, filterable_fields, render_cards


@pytest.mark.parametrize(
    ("page", "first", "is_complete", "sentence"),
    [
        (Page(()), True, True, "No images found."),
        (Page(()), True, False, "Older images are still being added."),
        (Page((), "cursor"), True, False, "Older images are still being added."),
        (Page((), "cursor"), False, False, ""),
        (Page((), unreadable=1), True, True, "1 record cannot be read. A newer version wrote it, or it is damaged."),
        (Page((), unreadable=2), False, True, "2 records cannot be read."),
    ],
)
def test_notes_of_results(page: Page, first: bool, is_complete: bool, sentence: str) -> None:
    """A page of results says which records are missing in it, and only then that nothing was found."""
    html = render_cards(page, first=first, is_complete=is_complete)
    assert sentence in html
    assert ('class="none"' in html) == bool(sentence)


@pytest.mark.parametrize(("low", "high", "texts"), [(7, 4294967295, ("7", "4294967295")), (0.1, 1.0, ("0.1", "1"))])
def test_range_of_a_filter(low: float, high: float, texts: tuple[str, str]) -> None:
    """The bounds of a range are shown in full, also those of seeds."""
    field = filterable_fields(load())["seed"]
    found = describe_filter(field, FieldValues(low, high))
    assert found is not None
    assert (found.low, found.high) == texts
