"""Estimates what an image will cost, before its request is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from . import schema
from .errors import InvalidImage
from .images import image_file
from .schema.coerce import coerce, is_blank
from .schema.image_places import list_images
from .schema.supplement import MEGAPIXEL_PIXELS
from .storage.usage import Usage


class Basis(StrEnum):
    """What an estimate is based on."""

    KNOWN = "known"  # the price list has this price
    LEARNED = "learned"  # the latest image of the endpoint cost this much
    ESTIMATED = "estimated"  # computed from the price list and the size of the image
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class PriceEstimate:
    """A price in credits, None if it is unknown; `date` is the month of the price list, "" without one."""

    credits: float | None = None
    basis: Basis = Basis.UNKNOWN
    date: str = ""


def estimate_price(usage: Usage, server: str, operation: schema.Operation, values: Mapping[str, Any]) -> PriceEstimate:
    """Return the expected price of an image of these values, which are those of a form or of a request.

    The price list counts first. A price that depends on nothing gives way to another one that the API has charged.
    """
    listed, charged = schema.price(operation.path), usage.price(server, operation.path)
    if listed is None:
        return PriceEstimate() if charged is None else PriceEstimate(charged, Basis.LEARNED)
    if not (listed.further_megapixel or listed.by_value):
        if charged is not None and round(charged, 2) != listed.image:
            return PriceEstimate(charged, Basis.LEARNED)
        return PriceEstimate(listed.image, Basis.KNOWN, listed.date)
    if not listed.further_megapixel:
        return PriceEstimate(listed.credits(_with_defaults(operation, values), 0), Basis.KNOWN, listed.date)
    request, inputs = _with_defaults(operation, values), tuple(_input_pixels(operation, values))
    pixels = schema.requested_pixels(request) or (inputs[0] if inputs else MEGAPIXEL_PIXELS)
    return PriceEstimate(listed.credits(request, pixels, inputs), Basis.ESTIMATED, listed.date)


def price_fields(operation: schema.Operation) -> frozenset[str]:
    """Return the names of the fields that the price of an image depends on, as far as it is known."""
    listed = schema.price(operation.path)
    if listed is None:
        return frozenset()
    by_size = [*schema.SIZE_NAMES, *(field.name for field in operation.fields if field.media)]
    names = {field.name for field in operation.fields}
    return frozenset(names.intersection([listed.field, *(by_size if listed.further_megapixel else [])]))


def _with_defaults(operation: schema.Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    request = {field.name: field.default for field in operation.fields}
    for field in operation.fields:
        if not field.media and not is_blank(values.get(field.name)):
            request[field.name] = coerce(values[field.name], field.schema)
    return request


def _input_pixels(operation: schema.Operation, values: Mapping[str, Any]) -> Iterator[int]:
    """Yield the pixels of each input image; one megapixel for an image that is not a file here."""
    for field in operation.fields:
        if field.media:
            for given in list_images(field.name, field.schema, values.get(field.name)):
                yield _pixels(given.image)


def _pixels(image: Any) -> int:
    try:
        info = image_file.probe(image.read_bytes()) if isinstance(image, Path) else None
    except (InvalidImage, OSError):
        info = None
    return info.width * info.height if info else MEGAPIXEL_PIXELS
