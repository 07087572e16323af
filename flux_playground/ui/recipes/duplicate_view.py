"""The notice that the same request was made before, with a way to send it again."""

from __future__ import annotations

import secrets

from ...generation import Generation
from ..events.context import Context
from ..text import image_urls
from ..text.html import button
from . import reproduction_view


def render_existing(context: Context, generation: Generation) -> str:
    """Render the offer to show an existing image of the same settings and seed."""
    show = button("show", "Show it", kind="solid", id=generation.id)
    again = button("insist", f"Generate anyway ({reproduction_view.price(context, generation)})")
    # With a name of its own, so that the same notice again is a change on the page.
    return (
        f'<div class="offer" role="status" data-name="{secrets.token_hex(4)}">'
        f'<img src="{image_urls.thumbnail(generation)}" alt=""><div><p class="head">Already generated</p>'
        f'<p>You have an image with these settings and seed.</p><p class="offers">{show}{again}</p></div></div>'
    )


def render_running() -> str:
    """Render the notice that the same request is running, with a way to send it again."""
    again = button("insist", "Generate anyway")
    return (
        f'<div class="offer" role="status" data-name="{secrets.token_hex(4)}"><div><p class="head">Already running</p>'
        f'<p>The same request is running. Nothing was sent.</p><p class="offers">{again}</p></div></div>'
    )
