"""Messages for a finished generation whose image file was deleted or is missing."""

from __future__ import annotations

from dataclasses import replace

from ...generation import Generation, State
from ...reproduce import image_exists
from ..text.error_messages import Words

CARD_LABEL = "Removed"

DELETED = Words(
    "File deleted to free space",
    "The settings and seed are still here.",
    advice="Retry with the same seed to get the same image. With a real key it costs credits.",
    offers=("again",),
)
MISSING_TITLE = "File not found"


def is_missing(generation: Generation) -> bool:
    """Return whether a generation succeeded and its file is gone."""
    return generation.state is State.SUCCEEDED and not image_exists(generation)


def words(generation: Generation) -> Words:
    """Return what happened to the file."""
    words = DELETED if generation.image_deleted_at else replace(DELETED, title=MISSING_TITLE)
    if generation.seed is not None:
        return words
    advice = "Generate again to get a similar image. With a real key it costs credits."
    return replace(words, happened="The settings are still here.", advice=advice)
