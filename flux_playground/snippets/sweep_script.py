"""Renders the requests of a sweep as one Python script that makes their images and names the files after the cells.

The script keeps a note beside each image that it has sent. Another run makes only what is missing, polls what was
accepted, and never repeats a submit whose outcome is unknown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..bounded_json import dump_json
from .languages import PYTHON_IMAGES
from .template import fill, load, name_images, quote_url, without_webhooks

MAX_NAME_BYTES = 80


@dataclass(frozen=True)
class ScriptCell:
    """One image of a sweep: `id` stays the same when the sweep is extended; `labels` are the words for its values."""

    id: str
    labels: Sequence[str]
    request: Mapping[str, Any]


def render_sweep_script(server: str, endpoint: str, cells: Sequence[ScriptCell]) -> str:
    """Return a Python script that uses requests; raises `ValueError` for a value that JSON cannot hold.

    `server` is a URL without path. Image references in the requests become files next to the script.
    """
    requests = [without_webhooks(cell.request) for cell in cells]
    first = requests[0] if requests else {}
    same = {name: dump_json(value) for name, value in first.items()}
    shared = {
        name: value
        for name, value in first.items()
        if all(name in request and dump_json(request[name]) == same[name] for request in requests)
    }
    own = {
        _file_stem(cell): {name: value for name, value in request.items() if name not in shared}
        for cell, request in zip(cells, requests, strict=True)
    }
    files = name_images(requests)
    lines = "".join(f'    "{reference}": "{file}",\n' for reference, file in files.items())
    return fill(
        load("sweep.py.txt"),
        count=str(len(cells)),
        imports="base64\nimport " if files else "",
        url=quote_url(server, endpoint),
        shared=dump_json(shared, indent=2, sort_keys=False),
        cells=dump_json(own, indent=2, sort_keys=False),
        images=fill(PYTHON_IMAGES, lines=lines) if files else "",
        body="insert_images(body)" if files else "body",
    )


def _file_stem(cell: ScriptCell) -> str:
    """Return a name that every file system accepts: the labels in words, and the beginning of the id."""
    words = [re.sub(r"[^\w.+]+", "-", unicodedata.normalize("NFKC", label[:200])).strip("-.") for label in cell.labels]
    text = "_".join(filter(None, words)).encode()[:MAX_NAME_BYTES].decode(errors="ignore")
    return f"{text}_{cell.id[:10]}".lstrip("_")
