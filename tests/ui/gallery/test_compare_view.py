"""The table of a comparison."""

from __future__ import annotations

from typing import Any

from flux_playground.generation import Generation
from flux_playground.ui.gallery.compare_view import render_comparison, settings_rows


def generation(number: int, **request: Any) -> Generation:
    """A finished generation without a file."""
    return Generation(
        id=f"{number:032x}", owner="owner", created_at=1.0, endpoint="/v1/a", server="http://api", request=request
    )


def test_rows_that_differ_come_first() -> None:
    """All settings are listed, the equal ones marked and last; 1 and True differ."""
    rows = settings_rows([generation(1, prompt="mill", raw=True, steps=4), generation(2, prompt="mill", raw=1)])
    assert [(row.label, row.texts, row.same) for row in rows[:2]] == [
        ("Raw", ("true", "1"), False),
        ("Steps", ("4", ""), False),
    ]
    assert ("Prompt", True) in [(row.label, row.same) for row in rows]


def test_missing_images_are_counted() -> None:
    """A link to images of somebody else shows none of them and says how many."""
    assert "1 of the images is not in your history." in render_comparison([generation(1)], {}, 1)
    assert "Select two to four images to compare." in render_comparison([], {}, 0)
