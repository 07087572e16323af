"""A card: the small form of a generation in the history and in the gallery."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import ContentModerated, RequestModerated
from ...generation import Generation, State
from ...images import media_types
from ..text import field_hints, image_urls, messages
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
    its neighbors. `focusable` says that the Tab key stops here: at one card of a list.
    """

    generation: Generation
    kind: str
    label: str
    prompt: str
    icon: str
    selected: bool
    focusable: bool
    starred: bool
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


def describe_card(
    generation: Generation,
    before: Generation | None = None,
    *,
    selected: bool = False,
    focusable: bool = False,
    starred: bool = False,
) -> Card:
    """Return the card of a generation; `before` is the one that its changes are counted from."""
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
        selected=selected,
        focusable=focusable,
        starred=starred,
        caption=" · ".join(part for part in parts if part) or generation.file_name,
        changes=f"new: {', '.join(changes[:MAX_LISTED_CHANGES]).lower()}" if changes else "",
        thumbnail=image_urls.thumbnail(generation) if has_thumbnail else "",
        image=image_urls.image(generation) if has_thumbnail else "",
        elapsed=None if generation.finished else elapsed_seconds(generation),
    )


def _ended_kind(generation: Generation) -> tuple[str, str]:
    if isinstance(generation.error, RequestModerated | ContentModerated):
        return "blocked", "blocked"
    return ENDED_KINDS.get(generation.state, ("failed", "warn"))
