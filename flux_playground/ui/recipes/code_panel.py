"""A request as code on the page: of the form as it stands and of an image, with the link that sets the same.

From requests to HTML. Knows snippets and links, neither gradio nor how a request is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...recipe import redact
from ...settings import LOOPBACK
from ...snippets import Language, render_snippet
from ...snippets.template import prepare_template
from ..events.context import Context
from ..text.html import button, escape, join

KEY = "Your key is read from the environment: <code>BFL_API_KEY</code>. It is not in the code."
LOCAL = "This asks the local demo server of this page, for as long as it runs; any key will do there."
HOSTED = "This asks the API itself, with a key of yours: the pictures here are drawn by a demo, not by FLUX."


def choose_server(context: Context, endpoint: str, made_at: str = "") -> tuple[str, str]:
    """The server that code should ask, and a sentence where that needs one; `made_at` is where an image was made.

    A local server of an earlier run is gone, and one on a host is out of reach for strangers.
    """
    playground, visitor = context.playground, context.visitor
    operations = playground.document.operations
    operation = next((known for known in operations if known.path == endpoint), context.operation)
    server = playground.server(visitor, endpoint=operation.path)
    if made_at and urlsplit(made_at).hostname not in LOOPBACK:
        return made_at, ""
    if not playground.uses_demo(visitor):
        return server, ""
    return (operation.server, HOSTED) if playground.settings.hosted else (server, LOCAL)


def listing(place: str, server: str, endpoint: str, request: Mapping[str, Any], note: str = "", query: str = "") -> str:
    """The link, if there is one, the request in each language, and what one has to know to run it.

    `place` tells two listings on one page apart.
    """
    told = redact(request)
    tabs, pages = [], []
    for number, language in enumerate(Language):
        text = render_snippet(language, server, endpoint, told)
        name, chosen = f"{place}-{language.name.lower()}", number == 0
        tabs.append(
            f'<button type="button" role="tab" class="tab" id="tab-{name}" data-act="tab" aria-controls="code-{name}"'
            f' aria-selected="{str(chosen).lower()}" tabindex="{0 if chosen else -1}">{escape(language)}</button>'
        )
        pages.append(
            f'<div role="tabpanel" id="code-{name}" aria-labelledby="tab-{name}"{"" if chosen else " hidden"}>'
            f'<pre tabindex="0" role="group" aria-label="{escape(language)}">{escape(text)}</pre></div>'
        )
    copy = button("copytext", "Copy", drawing="copy")
    bar = f'<div class="tools"><div role="tablist" aria-label="Language">{join(tabs)}</div>{copy}</div>'
    notes = [f"<p>{KEY}</p>", *([f"<p>{escape(note)}</p>"] if note else []), *_images(server, endpoint, told)]
    return f'{link_row(query)}<div class="code">{bar}{join(pages)}</div><div class="note">{join(notes)}</div>'


def _images(server: str, endpoint: str, request: Mapping[str, Any]) -> list[str]:
    """The files that have to lie beside the code."""
    return [
        f"<p>An image goes with this request: put it beside the code as <code>{escape(file)}</code>.</p>"
        for file in prepare_template(server, endpoint, request).images.values()
    ]


def link_row(query: str) -> str:
    """The link that opens the page with the same settings, to be copied; "" for none."""
    if not query:
        return ""
    copy = button("copylink", "Copy link", drawing="copy", query=query)
    return (
        f'<div class="linkrow"><label>Link to these settings <input readonly data-query="{escape(query)}"'
        f' value="{escape(query)}"></label>{copy}</div><p class="note">It opens this page with these settings, less '
        "images and secrets; nothing runs by itself.</p>"
    )
