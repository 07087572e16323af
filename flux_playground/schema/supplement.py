"""Endpoints and facts that BFL's OpenAPI documents do not have, from `supplement.json`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from pathlib import Path
from typing import Any

SUPPLEMENT = Path(__file__).parent.parent / "supplement.json"
MEGAPIXEL_PIXELS = 1024 * 1024


@dataclass(frozen=True)
class Price:
    """The price of an image in credits (0.01 USD), by BFL's price list in the month `date`, such as "2026-11".

    `image` is the price of an image, or of its first megapixel. `further_megapixel` is that of each further megapixel
    of it and of the input images, 0 where the size does not count. `by_value` has the prices of an image by the value
    of the field `field`, where they differ.
    """

    date: str
    image: float
    further_megapixel: float = 0.0
    field: str = ""
    by_value: Mapping[str, float] = dataclass_field(default_factory=dict)

    def credits(self, request: Mapping[str, Any], pixels: int, input_pixels: Sequence[int] = ()) -> float:
        """Return the estimated price of a request in credits, for an image of `pixels` and input images.

        The pixels of each image are rounded up to whole megapixels.
        """
        first = self.by_value.get(str(request.get(self.field)), self.image)
        megapixels = sum(math.ceil(count / MEGAPIXEL_PIXELS) for count in (pixels, *input_pixels))
        return first + self.further_megapixel * max(0, megapixels - 1)


@dataclass(frozen=True)
class Facts:
    """What is known about an endpoint beyond its schema; "" and None for what is not known.

    `deprecated` is the reason why it is deprecated, in a sentence, and `successor` the path that replaces it.
    `base_model` is the model that a finetune must have been trained for. `suggested` has the useful range of a number
    by field name, where the schema states no bounds.
    """

    deprecated: str = ""
    successor: str = ""
    base_model: str = ""
    price: Price | None = None
    suggested: Mapping[str, tuple[float, float]] = dataclass_field(default_factory=dict)


def facts(path: str) -> Facts:
    """Return what is known about an endpoint."""
    entry = dict(_load_supplement()["endpoints"].get(path, {}))
    cost = entry.pop("price", None)
    ranges = {name: (low, high) for name, (low, high) in entry.pop("suggested", {}).items()}
    return Facts(**entry, price=Price(**cost) if cost else None, suggested=ranges)


def usual_seconds(path: str) -> tuple[float, float]:
    """Return the seconds in which an endpoint makes an image, by experience: of twenty images, the second and the last.

    The entry with the longest beginning of the path counts.
    """
    low, high = _longest_match("usual_seconds", path)
    return float(low), float(high)


def patience_seconds(path: str) -> float:
    """Return for how many seconds a task of an endpoint is worth waiting for: some images take minutes.

    The entry with the longest beginning of the path counts.
    """
    return float(_longest_match("patience_seconds", path))


def link_seconds(path: str) -> float:
    """Return for how many seconds the URL of an endpoint's image works after the task has ended.

    The entry with the longest beginning of the path counts.
    """
    return float(_longest_match("link_seconds", path))


def price(path: str) -> Price | None:
    """Return the price of an endpoint's images; None if it is not known."""
    return facts(path).price


def find_base_model(text: str) -> str:
    """Return the base model that a text names, such as "FLUX.2 [klein] 9B" for "flux-2-klein-9b"; "" for any other."""
    models = (str(entry.get("base_model", "")) for entry in _load_supplement()["endpoints"].values())
    return next((model for model in models if model and _letters(model) == _letters(text)), "")


def trained_model(mode: str) -> str:
    """Return the model of finetunes that were trained by the API in a mode, such as "style"; "" for an unknown mode."""
    return str(_load_supplement()["training_modes"].get(mode, ""))


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def add_endpoints(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with the endpoints of the supplement that it lacks; its own content stays."""
    added, paths, components = _load_supplement()["document"], document["paths"], document.get("components")
    components = components if isinstance(components, Mapping) else {}
    schemas = components.get("schemas")
    schemas = {**added["components"]["schemas"], **(schemas if isinstance(schemas, Mapping) else {})}
    missing = {path: item for path, item in added["paths"].items() if path not in paths}
    return {**document, "paths": {**paths, **missing}, "components": {**components, "schemas": schemas}}


def _longest_match(name: str, path: str) -> Any:
    entries = _load_supplement()[name]
    return entries[max((start for start in entries if path.startswith(start)), key=len)]


@cache
def _load_supplement() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(SUPPLEMENT.read_text(encoding="utf-8"))
    return values
