"""Another document for the owner's page, while it runs: given as a text, or the one that the API publishes now.

What cannot be used is told in a sentence and the page stays as it was; what can is swapped in as gradio's own reload
does it, and the tab is loaded anew. Knows gradio and the playground; must not know what a document says.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.utils import BaseReloader

from ... import active_document
from ...errors import InvalidDocument
from ...playground import OWNER, Playground
from ...schema import Document, Operation, describe_changes, load_text
from ..components import html, private_event
from ..text.html import button, escape, icon, join

PAUSE = 0.4
"""Seconds for the answer to reach the browser before the page under it is another one."""

LISTED = 12
"""Changes that are told."""


def draw_panel(playground: Playground) -> Any:
    """Where an owner sees which document the page goes by and gives it another; what is told there, as a component."""
    info = playground.document.raw.get("info")
    known = info if isinstance(info, Mapping) else {}
    name = escape(f"{known.get('title', 'A document')} {known.get('version', '')}".strip()[:80])
    count = len(playground.document.operations)
    said = f"{name}: {count} endpoint{'' if count == 1 else 's'}."
    hidden = 'class="unseen" tabindex="-1" aria-label="A document"'
    file = f'<input type="file" id="document-file" accept=".json,.yaml,.yml,.md,.txt" {hidden}>'
    choose = button("document", "Choose a file", drawing="use")
    current = button("adopt", "The API's current one", drawing="download", what="current")
    shipped = button("adopt", "Back to the first one", drawing="again", what="first")
    with gr.Column(elem_id="documents", min_width=0):
        html(
            f'<details class="document"><summary>{icon("swap")}<span>Document</span></summary>'
            f'<div class="sheet"><p><b>{said}</b> The form is made from it. A newer one, in JSON, YAML or as a page of '
            f"documentation, takes its place here and is kept for the next start.</p>{file}{choose}{current}{shipped}"
            '<div id="adopted"></div></div></details>'
        )
        return html("")


def wire(bridge: Any, state: Any, playground: Playground, remade: Callable[[], Any], page: Any) -> None:
    """Connect the panel; `remade` makes the page anew after another document was adopted, in place of `page`."""

    async def adopt(event: gr.EventData) -> str:
        data = event._data if isinstance(event._data, dict) else {}
        before = playground.document, playground.operation
        try:
            document = await asyncio.to_thread(_given, playground, data)
            playground.adopt(document)
            # Within an event gradio's components are updates; in a context of its own they are components.
            fresh = contextvars.Context().run(remade)
        except InvalidDocument as error:
            return f'<p class="fault" role="alert" data-told>{escape(error.message)} The page stays as it was.</p>'
        except Exception:
            playground.adopt(before[0])
            raise
        if data.get("what") != "first":
            await asyncio.to_thread(active_document.save, playground.settings, document)
        asyncio.get_running_loop().call_later(PAUSE, swap, page, fresh)
        return _told(before[1], playground.operation)

    bridge.act_adopt(adopt, None, state, queue=False, **private_event(bridge))


def swap(page: Any, fresh: Any) -> None:
    """Put a page that was just built in the place of one that runs."""
    _Swap(page.app).swap_blocks(fresh)
    for name in ("app", "local_url", "server_name", "server_port", "protocol", "max_threads"):
        if hasattr(page, name):
            setattr(fresh, name, getattr(page, name))
    fresh.config = fresh.get_config_file()


class _Swap(BaseReloader):  # type: ignore[misc]
    def __init__(self, app: Any) -> None:
        self._app = app

    @property
    def running_app(self) -> Any:
        return self._app


def _given(playground: Playground, data: Mapping[str, Any]) -> Document:
    if data.get("what") == "current":
        server = playground.settings.base_url or playground.operation.server or playground.server(OWNER)
        return active_document.fetch_published(server)
    if data.get("what") == "first":
        return active_document.reset(playground.settings)
    return load_text(str(data.get("text", "")), str(data.get("name", "The file"))[:80])


def _told(old: Operation, new: Operation) -> str:
    """What is different for the endpoint that was on the page."""
    if old.path != new.path:
        rows = [f"{old.path} is gone; the page begins with {new.path}."]
    else:
        rows = list(describe_changes(old, new)) or [f"Nothing is different for {new.path}."]
    more = [f"and {len(rows) - LISTED} more"] if len(rows) > LISTED else []
    listed = join(f"<li>{escape(row)}</li>" for row in [*rows[:LISTED], *more])
    return f'<ul data-told data-reload="1">{listed}</ul>'
