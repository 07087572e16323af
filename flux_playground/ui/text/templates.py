"""Renders the page's HTML templates; all values are escaped."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

ICONS = {
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M5 15V5a1 1 0 0 1 1-1h10"/>',
    "reuse": '<path d="M4 12a8 8 0 0 1 14-5.3L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.3L4 15M4 20v-5h5"/>',
    "dice": '<rect x="4" y="4" width="16" height="16" rx="3"/><path d="M9 9h.01M15 15h.01M15 9h.01M9 15h.01"/>',
    "clear": '<path d="M6 6l12 12M18 6L6 18"/>',
    "swap": '<path d="M4 9h15M15 5l4 4-4 4M20 16H5M9 12l-4 4 4 4"/>',
    "download": '<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>',
    "use": '<path d="M19 6H9M13 2L9 6l4 4M5 10v8h14"/>',
    "vary": '<path d="M12 3v4M12 17v4M3 12h4M17 12h4M6 6l2.5 2.5M15.5 15.5L18 18M18 6l-2.5 2.5M8.500 15.5L6 18"/>',
    "stop": '<rect x="6" y="6" width="12" height="12" rx="2"/>',
    "again": '<path d="M4 12a8 8 0 1 0 2.500-5.800L4 8"/><path d="M4 3v5h5"/>',
    "collect": '<path d="M4 13v6h16v-6M12 4v10M8 10l4 4 4-4"/>',
    "key": '<circle cx="8" cy="15" r="4"/><path d="M11 12l8-8M16 7l3 3"/>',
    "lock": '<rect x="5" y="11" width="14" height="9" rx="2"/><path class="shackle" d="M8 11V8a4 4 0 0 1 8 0v3"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8h.01"/>',
    "down": '<path d="M7 10l5 5 5-5"/>',
    "star": '<path d="M12 4l2.400 5 5.600.8-4 3.900 1 5.500-5-2.700-5 2.700 1-5.500-4-3.900 5.600-.8z"/>',
    "gallery": '<rect x="4" y="4" width="7" height="7" rx="1.500"/><rect x="13" y="4" width="7" height="7" rx="1.500"/>'
    '<rect x="4" y="13" width="7" height="7" rx="1.500"/><rect x="13" y="13" width="7" height="7" rx="1.500"/>',
    "filter": '<path d="M4 6h16M7 12h10M10 18h4"/>',
    "history": '<path d="M4 12a8 8 0 1 0 2.500-5.800L4 8M4 3v5h5M12 8v4l3 2"/>',
    "compare": '<rect x="4" y="5" width="16" height="14" rx="2"/><path d="M12 3v18"/>',
    "trash": '<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13"/>',
    "menu": '<path d="M5 7h14M5 12h14M5 17h14"/>',
    "more": '<path d="M6 12h.01M12 12h.01M18 12h.01" stroke-width="3"/>',
    "enlarge": '<path d="M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5"/>',
    "regions": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3a14 14 0 0 1 0 18M12 3a14 14 0 0 0 0 18"/>',
    "code": '<path d="M9 7l-5 5 5 5M15 7l5 5-5 5"/>',
    "link": '<path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"/>',
    "keyboard": '<rect x="3" y="6" width="18" height="12" rx="2"/><path d="M7 10h.01M11 10h.01M15 10h.01M8 14h8"/>',
    "blocked": '<circle cx="12" cy="12" r="8"/><path d="M6.500 6.500l11 11"/>',
    "warn": '<path d="M12 4L2.500 20h19zM12 10v4M12 17h.01"/>',
}
"""Shapes of the icons, as SVG in a square of 24 units."""

SVG = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{}</svg>'


def render(template: str, **values: Any) -> Markup:
    """Render a template of `ui/templates`; raises `jinja2.UndefinedError` for a value that is missing."""
    return Markup(_environment().get_template(template).render(values))  # noqa: S704  # the template escapes


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__.rpartition(".")[0], "templates"),
        autoescape=True,
        auto_reload=False,  # else each render asks the disk whether a template has changed
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Whole elements: a macro for each icon would take a quarter of the time of a rendering.
    environment.globals["icons"] = {name: Markup(SVG).format(Markup(shape)) for name, shape in ICONS.items()}  # noqa: S704
    # In an attribute it makes the same notice again a change on the page.
    environment.globals["unique"] = lambda: secrets.token_hex(4)
    return environment
