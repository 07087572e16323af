"""Gradio components and event options that the whole page uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, get_type_hints

import gradio as gr

F = TypeVar("F", bound=Callable[..., Any])


def html(value: str, **options: Any) -> Any:
    """Return a piece of HTML without Gradio's styles for text."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, **options)


@contextmanager
def hidden() -> Iterator[None]:
    """Components that only carry values. Gradio would load and draw a box around each input that has no such parent."""
    with gr.Column(visible=False) as column:
        column.allow_expected_parents = False
        yield


def private_event(progress_on: Any = None) -> dict[str, Any]:
    """Return the options of an event that only the page uses: not in the page's API, never delayed, any number at once.

    Gradio writes the progress of an event to each of its outputs; with `progress_on`, to this component only.
    """
    return {
        "api_visibility": "private",
        "show_progress": "hidden",
        "show_progress_on": progress_on,
        "trigger_mode": "multiple",
        "concurrency_limit": None,
    }


def handler(function: F) -> F:
    """Mark the handler of an event. Gradio reads its annotations at each event; texts would be compiled each time."""
    function.__annotations__ = get_type_hints(function)
    return function
