"""The history: a card for each recent generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...generation import Generation, State
from ...images import media_types
from ..text import image_urls, messages
from ..text.templates import render
from . import missing_file
from .result_view import elapsed_seconds, frame_shape

MAX_NAME_CHARS = 120


@dataclass(frozen=True)
class Card:
    """One card. `kind` is "running", "done" or "ended"; a running card has a clock of `elapsed` seconds."""

    generation: Generation
    kind: str
    label: str
    prompt: str
    selected: bool
    size: tuple[int, int]
    thumbnail: str
    elapsed: float | None

    @property
    def name(self) -> str:
        """The accessible name."""
        return f"{self.label}: {self.prompt[:MAX_NAME_CHARS] or 'no prompt'}"


def render_history(generations: Sequence[Generation], selected_id: str) -> str:
    """Render the cards, newest first."""
    cards = [_card(generation, generation.id == selected_id) for generation in generations]
    running = sum(not generation.finished for generation in generations)
    return render("history.html", cards=cards, count=len(cards), running=running)


def _card(generation: Generation, selected: bool) -> Card:
    missing = missing_file.is_missing(generation)
    done = generation.state is State.SUCCEEDED and not missing
    has_thumbnail = done and media_types.display_kind(generation.format) == "image"
    return Card(
        generation=generation,
        kind="running" if not generation.finished else "done" if done else "ended",
        label=missing_file.CARD_LABEL if missing else messages.brief(generation),
        prompt=str(generation.request.get("prompt") or ""),
        selected=selected,
        size=frame_shape(generation),
        thumbnail=image_urls.thumbnail(generation) if has_thumbnail else "",
        elapsed=None if generation.finished else elapsed_seconds(generation),
    )
