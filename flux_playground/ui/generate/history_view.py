"""The history: a card for each recent generation."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...generation import Generation, State
from ..text.templates import render
from .card import describe_card


def render_history(
    generations: Sequence[Generation],
    selected_id: str,
    count: int | None = None,
    running_cost: str = "",
    starred: Collection[str] = (),
    owner: str = "",
) -> str:
    """Render the cards, newest first.

    `count` is the number of all generations, of which `generations` are the newest. `running_cost` is the price of
    those that are running. `starred` are the ids of those with a star. `owner` is the visitor's id, which the tabs of a
    visitor share.
    """
    older = [*generations[1:], None]
    known = any(generation.id == selected_id for generation in generations)
    cards = [
        describe_card(
            generation,
            before,
            selected=generation.id == selected_id,
            focusable=generation.id == selected_id or (place == 0 and not known),
            starred=generation.id in starred,
        )
        for place, (generation, before) in enumerate(zip(generations, older, strict=False))
    ]
    running = sum(not generation.finished for generation in generations)
    return render(
        "history.html",
        cards=cards,
        count=max(len(cards), count or 0),
        owner=owner,
        running=running,
        running_cost=running_cost,
        queued=sum(generation.state is State.QUEUED for generation in generations),
        uncollected=sum(generation.state is State.DETACHED for generation in generations),
    )
