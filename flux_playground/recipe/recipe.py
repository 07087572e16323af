"""A recipe: the request of an image, what the API used for it, and what the result is, as JSON without secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from ..bounded_json import InvalidJson, dump_json, parse_json
from ..errors import InvalidRecipe
from ..generation import Generation
from .fingerprint import drop_private_fields

VERSION_KEY = "flux_playground_recipe"
VERSION = 1
NUMBER = (int, float)
MAX_NUMBER = 1e15

JSON_PATHS: Mapping[str, tuple[type | tuple[type, ...], tuple[str, ...]]] = {
    "request": (dict, ("sent",)),
    "seed": (int, ("used", "seed")),
    "prompt": (str, ("used", "prompt")),
    "endpoint": (str, ("endpoint",)),
    "server": (str, ("server",)),
    "document": (str, ("document",)),
    "made_at": (str, ("made_at",)),
    "seconds": (NUMBER, ("seconds",)),
    "cost": (NUMBER, ("cost",)),
    "task_id": (str, ("task_id",)),
    "sha256": (str, ("image", "sha256")),
    "format": (str, ("image", "format")),
    "size": (int, ("image", "size")),
    "width": (int, ("image", "width")),
    "height": (int, ("image", "height")),
}
"""The type and the path in the JSON of each attribute of a recipe."""


@dataclass(frozen=True)
class Recipe:
    """The settings and the result of one image; what is unknown is "" or None.

    `request` is the request without secrets, with references instead of images. `seed` and `prompt` are those that the
    API used. `document` is a `document_version`, `made_at` ISO 8601 in UTC, `seconds` the total time, and `cost` in
    credits. `sha256`, `format`, `size` (bytes), `width` and `height` (pixels) describe the image file.
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
        """The request that makes this image again: with the seed that the API used."""
        return dict(self.request) if self.seed is None else {**self.request, "seed": self.seed}


def recipe_from_generation(generation: Generation, document: str = "") -> Recipe:
    """Return the recipe of a generation that was made with this `document_version`."""
    made_at = datetime.fromtimestamp(generation.finished_at or generation.created_at, UTC)
    is_cost_known = generation.cost is not None and math.isfinite(generation.cost)
    copied = ("endpoint", "server", "seed", "prompt", "task_id", "sha256", "format", "size", "width", "height")
    return Recipe(
        request=drop_private_fields(generation.request),
        document=document,
        made_at=made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=None if generation.total_seconds is None else round(generation.total_seconds, 2),
        cost=generation.cost if is_cost_known else None,
        **{name: getattr(generation, name) for name in copied},
    )


def dump_recipe(recipe: Recipe, indent: int | None = 2) -> str:
    """Return a recipe as sorted JSON with its version, without unknown values; on one line if `indent` is None."""
    data: dict[str, Any] = {VERSION_KEY: VERSION, "sent": drop_private_fields(recipe.request)}
    for name, (_, path) in JSON_PATHS.items():
        value = getattr(recipe, name)
        if name != "request" and value not in (None, ""):
            parent = data.setdefault(path[0], {}) if len(path) > 1 else data
            parent[path[-1]] = value
    if recipe.sha256 and recipe.seed is None:
        data["reproducible"] = False  # a note for readers; the absent seed is what counts
    return dump_json(data, indent)


def parse_recipe(text: str | bytes) -> Recipe:
    """Return the recipe in a JSON text, with types checked and unknown names ignored; raises `InvalidRecipe`."""
    try:
        return recipe_from_json(parse_json(text))
    except InvalidJson as error:
        raise InvalidRecipe(f"This recipe is {error}.") from None


def recipe_from_json(data: Any) -> Recipe:
    """Return the recipe in a parsed JSON value; raises `InvalidRecipe`."""
    if not isinstance(data, dict) or VERSION_KEY not in data:
        raise InvalidRecipe("This is not a recipe.")
    if data[VERSION_KEY] != VERSION or isinstance(data[VERSION_KEY], bool):
        raise InvalidRecipe("This recipe was made by another version of the playground.")
    values = {name: _value_at(data, path, expected) for name, (expected, path) in JSON_PATHS.items()}
    if values["request"] is None:
        raise InvalidRecipe("This recipe has no request (“sent”).")
    known = {attribute.name: values[attribute.name] for attribute in fields(Recipe)}
    known = {name: value for name, value in known.items() if value is not None}
    if not re.fullmatch(r"[0-9a-f]{64}|", known.get("sha256", "")):
        raise InvalidRecipe("image.sha256 of this recipe is not a SHA-256 hash.")
    return Recipe(**{**known, "request": drop_private_fields(known["request"])})


def _value_at(data: Any, path: tuple[str, ...], expected: type | tuple[type, ...]) -> Any:
    """Return the value at a path, or None; raises `InvalidRecipe` for another type or an impossible number."""
    for index, name in enumerate(path):
        if not isinstance(data, dict):
            raise InvalidRecipe(f"{'.'.join(path[:index])} of this recipe has the wrong type.")
        data = data.get(name)
        if data is None:
            return None
    if isinstance(data, bool) or not isinstance(data, expected):
        raise InvalidRecipe(f"{'.'.join(path)} of this recipe has the wrong type.")
    if path[0] != "used" and isinstance(data, int | float) and not 0 <= data < MAX_NUMBER:
        raise InvalidRecipe(f"{'.'.join(path)} of this recipe is out of range.")
    return data
