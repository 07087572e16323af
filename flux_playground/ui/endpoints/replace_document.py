"""Replaces the OpenAPI document of a running page: with a file of the owner, or with the one that the API publishes.

A document that cannot be used changes nothing. Another one is swapped in like Gradio's own reload, and the tab reloads.
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
from ..text.templates import render

SWAP_DELAY_SECONDS = 0.4
"""Lets the response reach the browser before the page is swapped."""

MAX_LISTED_CHANGES = 12
MAX_NAME_CHARS = 80


def draw_panel(playground: Playground) -> Any:
    """Draw the panel with the current document; return the component for the result of a replacement."""
    info = playground.document.raw.get("info")
    known = info if isinstance(info, Mapping) else {}
    name = f"{known.get('title', 'Document')} {known.get('version', '')}".strip()[:MAX_NAME_CHARS]
    count = len(playground.document.operations)
    with gr.Column(elem_id="documents", min_width=0):
        html(render("document_panel.html", name=name, count=count))
        return html("")


def bind(bridge: Any, state: Any, playground: Playground, rebuild: Callable[[], Any], page: Any) -> None:
    """Bind the panel; `rebuild` builds the page that replaces `page` after a document was replaced."""

    async def adopt(event: gr.EventData) -> str:
        data = event._data if isinstance(event._data, dict) else {}
        before = playground.document, playground.operation
        try:
            document = await asyncio.to_thread(_given, playground, data)
            playground.adopt(document)
            # Within an event Gradio's components are updates; in a new context they are components.
            fresh = contextvars.Context().run(rebuild)
        except InvalidDocument as error:
            return render("document_changes.html", error=error.message)
        except Exception:
            playground.adopt(before[0])
            raise
        if data.get("what") != "first":
            await asyncio.to_thread(active_document.save, playground.settings, document)
        asyncio.get_running_loop().call_later(SWAP_DELAY_SECONDS, swap_page, page, fresh)
        return _render_changes(before[1], playground.operation)

    bridge.act_adopt(adopt, None, state, queue=False, **private_event(bridge))


def swap_page(page: Any, fresh: Any) -> None:
    """Replace a running page by a new one."""
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


def _render_changes(old: Operation, new: Operation) -> str:
    """Render what changed for the endpoint of the page."""
    if old.path != new.path:
        rows = [f"{old.path} was removed. The page now shows {new.path}."]
    else:
        rows = list(describe_changes(old, new)) or [f"Nothing changed for {new.path}."]
    more = len(rows) - MAX_LISTED_CHANGES
    return render("document_changes.html", error="", rows=rows[:MAX_LISTED_CHANGES], more=more)
