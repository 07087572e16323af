"""What makes an image again: what was sent, what was used, where, and what came of it; as JSON and back.

Knows a generation, but neither HTTP nor gradio; a recipe has no place for a key, and a secret that a request might
hold is left out whichever way it goes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from ..bounded_json import dump_json, parse_json
from ..errors import InvalidRecipe
from ..generation import Generation
from .fingerprint import redact

VERSION_KEY = "flux_playground_recipe"
VERSION = 1

PLACES: Mapping[str, tuple[type | tuple[type, ...], tuple[str, ...]]] = {
    "request": (dict, ("sent",)),
    "seed": (int, ("used", "seed")),
    "prompt": (str, ("used", "prompt")),
    "endpoint": (str, ("endpoint",)),
    "server": (str, ("server",)),
    "document": (str, ("document",)),
    "made_at": (str, ("made_at",)),
    "seconds": ((int, float), ("seconds",)),
    "cost": ((int, float), ("cost",)),
    "task_id": (str, ("task_id",)),
    "sha256": (str, ("image", "sha256")),
    "format": (str, ("image", "format")),
    "size": (int, ("image", "size")),
    "width": (int, ("image", "width")),
    "height": (int, ("image", "height")),
}
"""Where in the JSON each part of a recipe stands, and of which type it is."""

HASH = re.compile(r"[0-9a-f]{64}|")


@dataclass(frozen=True)
class Recipe:
    """One image, as it was asked for and as it came; what is not known is empty or None.

    `request` is what was sent, less secrets, its images by their hash ("sha256:…"); `seed` and `prompt` are those
    really used; `made_at` is ISO 8601 in UTC, `seconds` the whole wait, `cost` in credits; `sha256`, `format`, `size`
    (bytes), `width` and `height` (pixels) are of the delivered image. `document` is `edition` of the API's document.
    """

    request: Mapping[str, Any]
    endpoint: str = ""
    server: str = ""
    document: str = ""
    seed: int | None = None
    prompt: str | None = None
    made_at: str = ""
    seconds: float | None = None
    cost: float | None = None
    task_id: str = ""
    sha256: str = ""
    format: str = ""
    size: int | None = None
    width: int | None = None
    height: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The request that makes this image again: what was sent, with the seed that was really used."""
        return dict(self.request) if self.seed is None else {**self.request, "seed": self.seed}


def recipe_from_generation(generation: Generation, document: str = "") -> Recipe:
    """The recipe of a generation; `document` is the `edition` of the document that it was made with."""
    made = generation.finished_at or generation.created_at
    return Recipe(
        request=redact(generation.request),
        endpoint=generation.endpoint,
        server=generation.server,
        document=document,
        seed=generation.seed,
        prompt=generation.prompt,
        made_at=datetime.fromtimestamp(made, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=None if generation.seconds is None else round(generation.seconds, 2),
        cost=generation.cost if generation.cost is not None and math.isfinite(generation.cost) else None,
        task_id=generation.task_id,
        sha256=generation.sha256,
        format=generation.format,
        size=generation.size,
        width=generation.width,
        height=generation.height,
    )


def dump_recipe(recipe: Recipe, indent: int | None = 2) -> str:
    """The recipe as JSON: sorted, versioned, without what is not known; on one line where `indent` is None."""
    data: dict[str, Any] = {VERSION_KEY: VERSION, "sent": redact(recipe.request)}
    for name, (_, path) in PLACES.items():
        value = getattr(recipe, name)
        if name != "request" and value not in (None, ""):
            inner = data.setdefault(path[0], {}) if len(path) > 1 else data
            inner[path[-1]] = value
    return dump_json(data, indent)


def parse_recipe(text: str | bytes) -> Recipe:
    """The recipe that a JSON text holds; nothing in it is believed but by its type, and what is unknown is left aside.

    Raises `InvalidRecipe` with one sentence for whatever is no recipe of a version that is understood here.
    """
    return recipe_from_json(parse_json(text))


def recipe_from_json(data: Any) -> Recipe:
    """The recipe in values that were parsed already; raises `InvalidRecipe`."""
    if not isinstance(data, dict) or VERSION_KEY not in data:
        raise InvalidRecipe("This is not a recipe.")
    if data[VERSION_KEY] != VERSION or isinstance(data[VERSION_KEY], bool):
        raise InvalidRecipe("This recipe was written by another version of this program, and is not understood.")
    found = {name: _at(data, path, kind) for name, (kind, path) in PLACES.items()}
    if found["request"] is None:
        raise InvalidRecipe("This recipe does not say what was sent.")
    known = {one.name: found[one.name] for one in fields(Recipe) if found[one.name] is not None}
    if not HASH.fullmatch(known.get("sha256", "")):
        raise InvalidRecipe("In this recipe image.sha256 is no hash.")
    return Recipe(**{**known, "request": redact(known["request"])})


def _at(data: Any, path: tuple[str, ...], kind: type | tuple[type, ...]) -> Any:
    """The value at a place, of the type that belongs there; None where there is none."""
    for number, name in enumerate(path):
        if not isinstance(data, dict):
            raise InvalidRecipe(f"In this recipe {'.'.join(path[:number])} is not of the right type.")
        data = data.get(name)
        if data is None:
            return None
    if isinstance(data, bool) or not isinstance(data, kind):
        raise InvalidRecipe(f"In this recipe {'.'.join(path)} is not of the right type.")
    if path[0] != "used" and isinstance(data, int | float) and not 0 <= data < 1e15:
        raise InvalidRecipe(f"In this recipe {'.'.join(path)} cannot be right.")
    return data
