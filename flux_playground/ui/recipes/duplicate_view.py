"""Notices before a request that may be a mistake: made before, running already, or without a prompt."""

from __future__ import annotations

from ...generation import Generation
from ..account import price as price_line
from ..events.context import Context
from ..text import image_urls
from ..text.templates import render
from . import reproduction_view


def render_existing(context: Context, generation: Generation, count: int) -> str:
    """Render the offer to show an existing image of the same settings and seed; `count` images were asked for."""
    return render(
        "notice.html",
        kind="existing",
        thumbnail=image_urls.thumbnail(generation),
        id=generation.id,
        count=count,
        can_vary=count == 1 and generation.seed is not None,
        price=reproduction_view.price(context, generation) if count == 1 else price_line.describe_total(context, count),
    )


def render_blank_prompt(context: Context, count: int) -> str:
    """Render the question whether to generate without a prompt."""
    price = price_line.describe_total(context, count)
    return render("notice.html", kind="blank", price=price)


def render_running(context: Context, count: int) -> str:
    """Render the notice that the same request is running, with a way to send it again."""
    price = price_line.describe_total(context, count)
    return render("notice.html", kind="running", price=price)
