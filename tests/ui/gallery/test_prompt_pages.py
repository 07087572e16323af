"""The pages of earlier prompts: bounded in characters, and none is left out."""

from __future__ import annotations

from flux_playground.storage.search import PromptUse
from flux_playground.ui.gallery.gallery_routes import MAX_CHARS_OF_PROMPTS, fit_page


def test_long_prompts_make_short_pages() -> None:
    """Prompts of a million characters come one at a time, usual ones all at once."""
    huge, usual = (PromptUse("x" * length, 1, "", 0.0) for length in (MAX_CHARS_OF_PROMPTS, 2_000))
    assert len(fit_page([huge] * 40)) == 1
    assert len(fit_page([usual, huge, usual])) == 1
    assert len(fit_page([usual] * 40)) == 40
    assert not fit_page([])
