"""Renders the gallery: its bar, the cards of a page of results, the filters, and the notes of one image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...schema import Document, Field
from ...storage.annotations import Annotation
from ...storage.search import Entry, FieldValues, Page
from ..generate.card import Card, describe_card
from ..text import field_hints
from ..text.templates import render
from .query_params import SORTS, STATES

FILTER_TYPES = ("string", "integer", "number", "boolean")
MAX_CHOICES_PER_FIELD = 40
MAX_TAGS = 60


@dataclass(frozen=True)
class FieldFilter:
    """The filter of one field: the values to choose from, or the bounds of a range; numbers have both a range."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    low: str = ""
    high: str = ""


def filterable_fields(document: Document) -> dict[str, Field]:
    """Return the fields of all endpoints that images can be filtered and sorted by, by name."""
    found: dict[str, Field] = {}
    for operation in document.operations:
        for field in field_hints.ordered(operation.fields):
            searched = field.name in field_hints.LONG or field.name in field_hints.OWNERS
            if field.type in FILTER_TYPES and not (field.media or field.secret or searched):
                found.setdefault(field.name, field)
    return found


def render_bar(fields: Iterable[Field], *, can_import: bool) -> str:
    """Render the gallery without results: search, filters, order, and what is done with chosen images."""
    orders = [*SORTS.items()]
    for field in fields:
        if field.type in ("integer", "number") and field.name not in SORTS:
            label = field_hints.label(field)
            orders += [(field.name, f"{label}, low to high"), (f"-{field.name}", f"{label}, high to low")]
    return render("gallery.html", orders=orders, can_import=can_import)


def render_cards(page: Page, *, first: bool, is_complete: bool, is_filtered: bool = True) -> str:
    """Render a page of results; `first` says that none is before it.

    Without `is_complete`, the first page says that older images are not in the results yet. An empty one offers to
    remove the filters, unless there are none.
    """
    cards = [_card(entry, focusable=first and place == 0) for place, entry in enumerate(page.entries)]
    notes = {entry.generation.id: entry.annotation for entry in page.entries}
    return render(
        "gallery_cards.html",
        cards=cards,
        notes=notes,
        first=first,
        is_complete=is_complete,
        is_filtered=is_filtered,
        unreadable=page.unreadable,
    )


def render_filters(filters: Sequence[FieldFilter], endpoints: Sequence[str], tags: Sequence[tuple[str, int]]) -> str:
    """Render the filters that a visitor's images offer."""
    states = [(name, label) for name, (label, _) in STATES.items()]
    return render("gallery_filters.html", filters=filters, endpoints=endpoints, tags=tags[:MAX_TAGS], states=states)


def describe_filter(field: Field, values: FieldValues) -> FieldFilter | None:
    """Return the filter of a field for the values that a visitor has used; None for fewer than two."""
    label = field_hints.label(field)
    if values.minimum is not None and values.maximum is not None:
        if values.minimum == values.maximum:
            return None
        return FieldFilter(field.name, label, low=f"{values.minimum:.15g}", high=f"{values.maximum:.15g}")
    choices = tuple(_choice(value) for value in values.values[:MAX_CHOICES_PER_FIELD])
    return FieldFilter(field.name, label, choices) if len(choices) > 1 else None


def render_notes(entry: Entry, below: str, neighbors: tuple[str, str]) -> str:
    """Render what is known of one image: stars, tags and note to edit, its actions and its details (`below`)."""
    generation = entry.generation
    return render(
        "gallery_image.html",
        generation=generation,
        annotation=entry.annotation,
        card=describe_card(generation),
        prompt=str(generation.request.get("prompt") or ""),
        facts=field_hints.facts(generation.request),
        below=below,
        newer=neighbors[0],
        older=neighbors[1],
    )


def describe_annotation(annotation: Annotation) -> Mapping[str, Any]:
    """Return an annotation as the page's script reads it."""
    return {
        "starred": annotation.starred,
        "rating": annotation.rating,
        "tags": list(annotation.tags),
        "note": annotation.note,
    }


def _card(entry: Entry, *, focusable: bool) -> Card:
    return describe_card(entry.generation, focusable=focusable, starred=entry.annotation.starred)


def _choice(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
