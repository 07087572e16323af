"""What is said of a picture that was made and whose file is gone, and what is left of it: its settings and its recipe.

Knows generations and words, neither gradio nor why a file was removed.
"""

from __future__ import annotations

from dataclasses import replace

from ...generation import Generation, State
from ...reproduce import image_exists
from ..text import image_urls
from ..text.error_messages import Words
from ..text.html import icon

BRIEF = "Removed"
"""What its card says."""

CLEARED = Words(
    "This picture was removed to make room",
    "This page keeps only so much, and the oldest pictures go first. Its settings and its seed are kept.",
    advice="Make it again with the same seed; at a paid API it costs what any picture does.",
    offers=("again",),
)
MISSING = replace(
    CLEARED,
    title="The file of this picture is gone",
    happened="It is no longer where pictures are kept here. Its settings and its seed are known.",
)


def gone(one: Generation) -> bool:
    """Whether a picture was made and is not there any more."""
    return one.state is State.SUCCEEDED and not image_exists(one)


def words(one: Generation) -> Words:
    """What happened to it, and what can be done."""
    return CLEARED if one.cleared_at else MISSING


def recipe(one: Generation) -> str:
    """Its recipe, to be saved."""
    inside = f"{icon('download')}<span>Download recipe</span>"
    return f'<a class="quiet" href="{image_urls.recipe(one)}" download>{inside}</a>'
