"""Exports generations as one HTML file with small images inside, which opens from the disk and prints."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..bounded_json import dump_json
from ..errors import InvalidImage
from ..generation import Generation
from ..recipe import hide_secrets
from ..storage.annotations import MAX_RATING, Annotation
from ..storage.generation_store import GenerationStore
from ..storage.search import Entry

MAX_SHEET_ENTRIES = 500
MAX_SHEET_BYTES = 40_000_000  # of the images as base64
MAX_VALUE_CHARACTERS = 300
MAX_PROMPT_CHARACTERS = 2_000


@dataclass(frozen=True)
class Cell:
    """One image of the sheet: its thumbnail as a data URL ("" without an image), and what is written below."""

    image: str
    prompt: str
    facts: tuple[tuple[str, str], ...]
    annotation: Annotation


def export_contact_sheet(
    entries: Iterable[Entry], store: GenerationStore, *, title: str, labels: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Yield an HTML file with the first `MAX_SHEET_ENTRIES` entries; a note says that there were more.

    `labels` are the names of fields for people. Thumbnails beyond `MAX_SHEET_BYTES` are left out.
    """
    cells = _Cells(entries, store, labels or {})
    template = _environment().get_template("contact_sheet.html")
    for text in template.generate(title=title, cells=cells, made_at=datetime.now(UTC).strftime("%Y-%m-%d")):
        yield text.encode()


class _Cells:
    """The cells of a sheet, made one by one; `is_cut` tells afterwards whether there were more entries."""

    def __init__(self, entries: Iterable[Entry], store: GenerationStore, labels: Mapping[str, str]) -> None:
        self._entries, self._store, self._labels = entries, store, labels
        self._left = MAX_SHEET_BYTES
        self.is_cut = False
        self.most = MAX_SHEET_ENTRIES

    def __iter__(self) -> Iterator[Cell]:
        for number, entry in enumerate(self._entries):
            if number == self.most:
                self.is_cut = True
                return
            yield self._cell(entry)

    def _cell(self, entry: Entry) -> Cell:
        generation = entry.generation
        image = _data_url(self._store, generation)
        self._left -= len(image)
        prompt = str(generation.request.get("prompt") or generation.prompt or "")
        return Cell(
            image if self._left >= 0 else "",
            prompt[:MAX_PROMPT_CHARACTERS],
            (*_iter_judgment(entry.annotation), *_iter_facts(generation, self._labels)),
            entry.annotation,
        )


def _data_url(store: GenerationStore, generation: Generation) -> str:
    try:
        data = store.thumbnail(generation) or b""
    except (InvalidImage, OSError):  # the file is damaged, or was deleted meanwhile
        data = b""
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}" if data else ""


def _iter_judgment(annotation: Annotation) -> Iterator[tuple[str, str]]:
    if annotation.starred:
        yield "Starred", "★"
    if annotation.rating:
        yield "Rating", f"{annotation.rating} of {MAX_RATING}"


def _iter_facts(generation: Generation, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is written about an image besides its prompt: a name and a text."""
    yield "Date", datetime.fromtimestamp(generation.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if generation.endpoint:
        yield "Endpoint", generation.endpoint
    if generation.imported:
        yield "Imported", f"{generation.imported}: {generation.file_name}"
    if generation.image is None:
        yield "State", str(generation.state)
    if generation.width and generation.height:
        yield "Size", f"{generation.width} × {generation.height}"
    if generation.seed is not None:
        yield "Seed", str(generation.seed)[:MAX_VALUE_CHARACTERS]
    for name, value in hide_secrets(generation.request).items():
        if name not in ("prompt", "seed") and value not in (None, ""):
            yield labels.get(name, name), _text(value)[:MAX_VALUE_CHARACTERS]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else dump_json(value)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
