"""What every language needs of a request: its address, its JSON, the files of its images. Knows no language.

The JSON stands in the code as it is sent. So there is one way of quoting to get right for each language, numbers of
any size stay exact, and code can be read back as the request that it makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..image_ref import is_image_ref

UNUSUAL = re.compile(r"[^\n -~]")
HARMLESS = "/:.-_~[]@?=&%+"


@dataclass(frozen=True)
class Template:
    """A request about to be written as code: `images` maps what stands in it for an image to the name of its file."""

    url: str
    request: str
    images: Mapping[str, str]


def prepare_template(server: str, endpoint: str, request: Mapping[str, Any]) -> Template:
    """The parts of the code for this request, safe to put between quotes; raises `ValueError`."""
    # The code waits by itself: with a webhook the API would not say where to ask.
    told = {str(name): value for name, value in request.items() if "webhook" not in str(name).lower()}
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2)
    seen = UNUSUAL.sub(lambda letter: letter[0] if letter[0].isprintable() else json.dumps(letter[0])[1:-1], text)
    return Template(quote(server.rstrip("/") + endpoint, safe=HARMLESS), seen, dict(_images(told)))


def fill(template: str, **values: str) -> str:
    """The template with each `@name@` replaced; what is put in is not looked through again."""
    return re.sub(r"@(\w+)@", lambda found: values[found[1]], template).lstrip("\n")


def _images(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in request.items():
        file = re.sub(r"[^\w-]", "_", name, flags=re.ASCII)
        values = value if isinstance(value, list) else [value]
        for number, one in enumerate(values):
            if is_image_ref(one):
                yield one, f"{file}_{number + 1}.png" if len(values) > 1 else f"{file}.png"
