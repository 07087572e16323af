"""The history: a card for each recent generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import ContentModerated, RequestModerated
from ...generation import Generation, State
from ...images import media_types
from ..text import field_hints, image_urls, messages
from ..text.templates import render
from . import missing_file
from .result_view import elapsed_seconds

MAX_NAME_CHARS = 120
MAX_LISTED_CHANGES = 3

ENDED_KINDS: dict[State, tuple[str, str]] = {
    State.DETACHED: ("paid", "collect"),
    State.SUBMIT_UNKNOWN: ("blocked", "warn"),
    State.CANCELLED: ("ended", "stop"),
}
"""Kind and icon of a card whose generation ended without an image; any other one failed."""


@dataclass(frozen=True)
class Card:
    """One card. A running card has a clock of `elapsed` seconds.

    `kind` is "running", "done", "paid" (not downloaded), "blocked", "failed" or "ended". `caption` tells the card from
    its neighbors. `focusable` says that the Tab key stops here: at one card of the history.
    """

    generation: Generation
    kind: str
    label: str
    prompt: str
    icon: str
    selected: bool
    focusable: bool
    caption: str
    changes: str
    thumbnail: str
    image: str
    elapsed: float | None

    @property
    def name(self) -> str:
        """The accessible name."""
        facts = ", ".join(part for part in (self.caption, self.changes) if part)
        return f"{self.label}: {self.prompt[:MAX_NAME_CHARS] or 'no prompt'}{facts and f' ({facts})'}"


def render_history(
    generations: Sequence[Generation], selected_id: str, count: int | None = None, running_cost: str = ""
) -> str:
    """Render the cards, newest first.

    `count` is the number of all generations, of which `generations` are the newest. `running_cost` is the price of
    those that are running.
    """
    older = [*generations[1:], None]
    known = any(generation.id == selected_id for generation in generations)
    cards = [
        _card(generation, before, selected_id, focusable=generation.id == selected_id or (place == 0 and not known))
        for place, (generation, before) in enumerate(zip(generations, older, strict=False))
    ]
    running = sum(not generation.finished for generation in generations)
    return render(
        "history.html",
        cards=cards,
        count=max(len(cards), count or 0),
        owner=generations[0].owner if generations else "",
        running=running,
        running_cost=running_cost,
        queued=sum(generation.state is State.QUEUED for generation in generations),
        uncollected=sum(generation.state is State.DETACHED for generation in generations),
    )


def _card(generation: Generation, before: Generation | None, selected_id: str, *, focusable: bool) -> Card:
    missing = missing_file.is_missing(generation)
    done = generation.state is State.SUCCEEDED and not missing
    has_thumbnail = done and media_types.display_kind(generation.format) == "image"
    kind, icon = _ended_kind(generation)
    parts = (field_hints.caption(generation.request), "" if generation.seed is None else str(generation.seed))
    changes = field_hints.changes(generation.request, before.request) if before is not None else []
    return Card(
        generation=generation,
        kind="running" if not generation.finished else "done" if done else "ended" if missing else kind,
        label=missing_file.CARD_LABEL if missing else messages.brief(generation),
        prompt=str(generation.request.get("prompt") or ""),
        icon=icon,
        selected=generation.id == selected_id,
        focusable=focusable,
        caption=" · ".join(part for part in parts if part),
        changes=f"new: {', '.join(changes[:MAX_LISTED_CHANGES]).lower()}" if changes else "",
        thumbnail=image_urls.thumbnail(generation) if has_thumbnail else "",
        image=image_urls.image(generation) if has_thumbnail else "",
        elapsed=None if generation.finished else elapsed_seconds(generation),
    )


def _ended_kind(generation: Generation) -> tuple[str, str]:
    if isinstance(generation.error, RequestModerated | ContentModerated):
        return "blocked", "blocked"
    return ENDED_KINDS.get(generation.state, ("failed", "warn"))
