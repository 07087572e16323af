"""Hidden HTML components through which the page's script sends Gradio events.

Gradio's frontend looks through all events for each component. So each form has few events, by what they need of the
form, and the name of the action is part of the event's data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import gradio as gr

from .action import Action

FORM_EVENTS = ("read", "write", "call")
PAGE_EVENTS = ("watch", "ask", "adopt")


def page_bridge(actions: Mapping[str, Action]) -> Any:
    """Return the component that sends the page's own events, `act_watch`, `act_ask` and `act_adopt`."""
    return _bridge(None, {f"act_{event}": _names(actions, event) for event in PAGE_EVENTS}, actions)


def form_bridge(place: int, actions: Mapping[str, Action]) -> Any:
    """Return the component that sends the events of the form at a place, `act_read`, `act_write` and `act_call`."""
    return _bridge(place, {f"act_{event}": _names(actions, event) for event in FORM_EVENTS}, actions)


def _names(actions: Mapping[str, Action], event: str) -> list[str]:
    return ["adopt"] if event == "adopt" else [name for name, action in actions.items() if action.event == event]


def _bridge(place: int | None, events: Mapping[str, list[str]], actions: Mapping[str, Action]) -> Any:
    kinds = {
        "paid": [name for name, action in actions.items() if action.paid],
        "followed": [name for name, action in actions.items() if action.followed],
    }
    # Gradio finds the names of a component's events in the text of its script.
    arguments = f"{json.dumps(place)}, {json.dumps(events)}, (event, data) => trigger(event, data), {json.dumps(kinds)}"
    script = f"window.flux.registerSender({arguments});"
    return gr.HTML("", js_on_load=script, elem_id="bridge" if place is None else f"bridge-{place}")
