"""Renders the comparison of two to four images: their views, and all settings in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ...generation import Generation
from ...settings import LOOPBACK
from ...storage.annotations import Annotation
from ..generate.card import Card, describe_card
from ..generate.result_view import frame_shape
from ..recipes.reproduction_view import format_value
from ..text import field_hints
from ..text.amounts import format_credits
from ..text.templates import render

MAX_COMPARED_IMAGES = 4


def _is_free(one: Generation) -> bool:
    return urlsplit(one.server).hostname in LOOPBACK


FACTS: Mapping[str, Callable[[Generation], Any]] = {
    "Prompt used": lambda one: one.prompt if one.prompt != one.request.get("prompt") else None,
    "Seed": lambda one: None if one.seed is None else str(one.seed),
    "Endpoint": lambda one: one.endpoint,
    "Server": lambda one: one.server,
    "Size": lambda one: f"{one.width} × {one.height} px" if one.width else None,
    "File": lambda one: f"{one.format}, {one.size / 1e6:.2f} MB" if one.size else None,
    "Time": lambda one: None if one.total_seconds is None else f"{one.total_seconds:.1f} s",
    "Cost": lambda one: None if one.cost is None or _is_free(one) else format_credits(one.cost),
}
"""Rows below those of the request, by label."""


@dataclass(frozen=True)
class Column:
    """One image of a comparison."""

    generation: Generation
    card: Card
    starred: bool


@dataclass(frozen=True)
class Row:
    """One setting; `same` says that all images have the same value."""

    label: str
    texts: tuple[str, ...]
    same: bool


def render_comparison(generations: Sequence[Generation], annotations: Mapping[str, Annotation], missing: int) -> str:
    """Render the comparison; `missing` counts the images of the address that the visitor does not have."""
    columns = [Column(one, describe_card(one), annotations.get(one.id, Annotation()).starred) for one in generations]
    message = f"{missing} of the images {'is' if missing == 1 else 'are'} not in your history." if missing else ""
    if len(columns) < 2:
        message = message or "Select two to four images to compare."
    return render(
        "compare.html",
        columns=columns,
        rows=settings_rows(generations),
        query="?compare=" + ",".join(one.id for one in generations),
        size=frame_shape(generations[0]) if generations else (1, 1),
        message=message,
    )


def settings_rows(generations: Sequence[Generation]) -> list[Row]:
    """Return a row for each field of the requests and each fact, those that differ first."""
    names = dict.fromkeys(name for one in generations for name in one.request if name != "seed")
    values = {field_hints.label_of(name): [one.request.get(name) for one in generations] for name in names}
    values |= {label: [read(one) for one in generations] for label, read in FACTS.items()}
    rows = []
    for label, found in values.items():
        texts = tuple(format_value(value) for value in found)
        if any(texts):
            rows.append(Row(label, texts, len(set(texts)) == 1))
    return sorted(rows, key=lambda row: row.same)
