"""The images of a plan: stored once, and named by references that only their owner may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import FieldError, InvalidRequest, InvalidSweep
from ..image_ref import is_image_ref
from ..request_images import encode_images, find_images, resolve_image_refs, to_stored_request
from ..schema import Operation
from .plan import Plan, expand


def store_images(
    operation: Operation, values: Mapping[str, Any], load: Callable[[str], str | None], save: Callable[[str], str]
) -> dict[str, Any]:
    """Return the values with references instead of images, without secrets.

    `load` returns the image of a reference that the visitor may use, `save` stores an image. Raises `InvalidRequest`.
    """
    loaded = resolve_image_refs(operation, values, load)
    wrong: list[FieldError] = []
    for field in operation.fields:
        if field.media and loaded.get(field.name) not in (None, "", []):
            loaded[field.name], faults = encode_images(field, loaded[field.name])
            wrong += faults
    if wrong:
        raise InvalidRequest(wrong)
    return to_stored_request(operation, loaded, save)


def check_images(
    operation: Operation, plan: Plan, values: Mapping[str, Any], load: Callable[[str], str | None]
) -> Plan:
    """Return the plan; raises `InvalidSweep` if an axis names an image that is in neither `values` nor `load`."""
    known = set(find_images(operation, values).values())
    for cell in expand(plan):
        for image in find_images(operation, cell.request).values():
            if image not in known and is_image_ref(image) and load(image) is None:
                raise InvalidSweep("An axis names an image that is not kept here. Choose the image again.")
            known.add(image)
    return plan
