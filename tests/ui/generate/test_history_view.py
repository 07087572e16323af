"""The head and the cards of the history."""

from __future__ import annotations

import re
from dataclasses import replace

from flux_playground.generation import Generation, State
from flux_playground.ui.generate.history_view import render_history

ONE = Generation("0" * 32, "owner", 1e9, "/v1/flux-3-image", "https://api.bfl.ai", {"prompt": "a mill"})


def head(html: str) -> str:
    """The words of the head."""
    found = re.search(r"<h2>(.*?)</h2>", html, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_head_counts_what_matters() -> None:
    """The head has the number of all images, of those that run, their price, and of those that wait or are paid for."""
    states = [State.QUEUED, State.QUEUED, State.RUNNING, State.DETACHED, State.DETACHED, State.FAILED]
    recent = [replace(ONE, id=f"{number:032}", state=state) for number, state in enumerate(states)]
    html = render_history(recent, "", 73, "≈ 21 credits")
    assert head(html) == "History 73 images 3 running · ≈ 21 credits 2 not downloaded Cancel 2 queued"
    assert "Show older images" in html


def test_states_differ_in_more_than_their_words() -> None:
    """A card that waits, one that failed, a moderated and a paid one have classes and icons of their own."""
    states = [State.RUNNING, State.FAILED, State.DETACHED, State.SUBMIT_UNKNOWN]
    cards = [render_history([replace(ONE, state=state)], "") for state in states]
    kinds = [re.search(r'class="(card[^"]*)"', card) for card in cards]
    assert len({found[1] for found in kinds if found}) == len(states)
    icons = [re.findall(r"<svg.*?</svg>|<i class=\"pulse\"", card, re.DOTALL)[:1] for card in cards]
    assert all(icons)
