"""The components of imports and of the panels below the image."""

from __future__ import annotations

from typing import Any

from ..components import html
from ..text.templates import render


def draw_form_tools() -> Any:
    """Draw the buttons for import, sweep, link and code, and JSON; return the code panel."""
    html(render("form_tools.html"), elem_id="formtools")
    return html("", elem_id="draft")


def draw_result_panels() -> tuple[Any, Any]:
    """Draw the panel below the image and the import dialog."""
    return html("", elem_id="panel"), html("", elem_id="sheets")
