"""The pieces of HTML through which the page's script sends events to the program: one for each form, one for the rest.

Gradio looks through all events for every component of the page, and for a component from the top of the page: so a form
has three events, by what they need of it, and not one for each act; the act's name goes along. Knows gradio only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

PRESSED = ("generate", "insist")
"""Acts that start what the form says; the second one although there is such a picture already."""

TOLD = ("leave", "tojson", "draft", "paste", "dropped", "reopen")
"""Acts that read the form."""

FILLED = ("arrive", "fromjson", "recall", "apply", "asimage", "snapshot", "undo")
"""Acts that write to the form."""

WATCHED = ("show", "stop", "collect", "again", "vary", "reproduce", "key", "account")
"""Acts that need nothing of the form."""

PAID = frozenset({"generate", "insist", "again", "vary", "reproduce"})
"""Acts that may cost money: one press of theirs counts once, however often it arrives."""

FOLLOWED = frozenset({*PRESSED, *WATCHED} - {"key", "account"})
"""Acts whose effect is seen in the result or beside the button."""

FORM: Mapping[str, Sequence[str]] = {"press": PRESSED, "tell": TOLD, "fill": FILLED, "call": ()}
PAGE: Mapping[str, Sequence[str]] = {"watch": WATCHED, "panel": ("panel",), "adopt": ("adopt",)}


def private(progress: Any = None) -> dict[str, Any]:
    """The options of an event that the page alone uses: not in the page's API, never held up, any number at once.

    Gradio writes down how far an event is on each of its outputs, unseen; with `progress`, on this component only.
    """
    return {
        "api_visibility": "private",
        "show_progress": "hidden",
        "show_progress_on": progress,
        "trigger_mode": "multiple",
        "concurrency_limit": None,
    }


def bridges(forms: int) -> tuple[Any, tuple[Any, ...]]:
    """The sender of the page's own events, and those of so many forms; to be placed first on the page."""
    return _bridge(PAGE, None), tuple(_bridge(FORM, place) for place in range(forms))


def _bridge(events: Mapping[str, Sequence[str]], place: int | None) -> Any:
    """Gradio finds the names of the events in the text of the script."""
    said = json.dumps({f"act_{name}": acts for name, acts in events.items()})
    kinds = json.dumps({"paid": sorted(PAID), "followed": sorted(FOLLOWED)})
    script = f"window.flux.offer({json.dumps(place)}, {said}, (event, data) => trigger(event, data), {kinds});"
    return gr.HTML("", js_on_load=script, elem_id="bridge" if place is None else f"bridge-{place}")
