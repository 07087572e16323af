"""A request as code: that of an image, and that of the form with a link to its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ...recipe import drop_private_fields
from ...settings import LOOPBACK
from ...snippets import Language, render_snippet
from ...snippets.template import prepare_template
from ..events.context import Context
from ..text.templates import render

LOCAL = "Calls this page's demo server while it runs. Any key works."
HOSTED = "Calls the API with your key. The images on this page come from a demo, not from FLUX."


def choose_server(context: Context, endpoint: str, made_at: str = "") -> tuple[str, str]:
    """Return the server for code, and a sentence where the server needs one; `made_at` is the server of an image.

    The local server of an earlier run is gone, and that of a hosted page is not public.
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


def render_code(
    place: str, server: str, endpoint: str, request: Mapping[str, Any], note: str = "", query: str = ""
) -> str:
    """Render a request in each language; `query` is that of the link, `place` tells two listings of a page apart."""
    public = drop_private_fields(request)
    snippets = [
        {"id": language.name.lower(), "language": language, "text": render_snippet(language, server, endpoint, public)}
        for language in Language
    ]
    images = list(prepare_template(server, endpoint, public).images.values())
    return render("code_panel.html", place=place, snippets=snippets, note=note, query=query, images=images)


def render_link(query: str) -> str:
    """Render the link to the form's settings; "" without a query."""
    return render("code_panel.html", query=query, snippets=())
