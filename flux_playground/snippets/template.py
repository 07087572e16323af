"""Prepares a request for insertion into the code templates in `templates/`.

The request is inserted as the JSON text that is sent. Numbers of any size stay exact, each language needs one way of
quoting, and `recipe.detect` can read the request back from the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..bounded_json import dump_json
from ..image_ref import list_image_refs, split_data_url

FOLDER = Path(__file__).parent / "templates"
SAFE_URL_CHARACTERS = "/:.-_~[]@?=&%+"


@dataclass(frozen=True)
class Template:
    """The variable parts of the code: `images` maps each reference in the request, without the head of a data URL, to a
    file name."""

    url: str
    request: str
    images: Mapping[str, str]


def prepare_template(server: str, endpoint: str, request: Mapping[str, Any]) -> Template:
    """Return the variable parts for a request, safe to put between quotes; raises `ValueError` for NaN."""
    shared = without_webhooks(request)
    text = dump_json(shared, indent=2, sort_keys=False)
    return Template(quote_url(server, endpoint), text, name_images([shared]))


def without_webhooks(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without webhook: with one, the API does not return the polling URL that the code needs."""
    return {str(name): value for name, value in request.items() if "webhook" not in str(name).lower()}


def name_images(requests: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return a file name for each reference in some requests, without the head of a data URL."""
    found: dict[str, dict[str, None]] = {}
    for request in requests:
        for name, value in request.items():
            stem = re.sub(r"[^\w-]", "_", name, flags=re.ASCII)
            references = dict.fromkeys(split_data_url(one)[1] for one in list_image_refs(value))
            found[stem] = {**found.get(stem, {}), **references}
    images: dict[str, str] = {}
    for stem, references in found.items():
        for number, reference in enumerate(references, 1):
            images.setdefault(reference, f"{stem}_{number}.png" if len(references) > 1 else f"{stem}.png")
    return images


def quote_url(server: str, endpoint: str) -> str:
    """Return the URL of an endpoint, safe to put between quotes."""
    return quote(server.rstrip("/") + endpoint, safe=SAFE_URL_CHARACTERS)


def load(name: str) -> str:
    """Return the text of a template."""
    return (FOLDER / name).read_text(encoding="utf-8")


def fill(text: str, **values: str) -> str:
    """Replace each `@name@` in a text; inserted values are not searched again."""
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], text)
