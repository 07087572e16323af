"""From a form's values to the whole request that is sent, and from that to what of it is kept.

Knows an operation's fields and what an image file is; nothing of HTTP, of how a generation travels, or of a form.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import images
from .errors import FieldError, InvalidRequest
from .schema import Field, Operation

SEED = "seed"
SEEDS = 2**32
MAX_TEXT_LENGTH = 100_000


def complete(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """The request of these values: images (paths or bytes) as base64, a blank seed drawn, all of it checked.

    Raises `InvalidRequest` with all that is wrong, by field.
    """
    wrong = [
        FieldError(("body", name), f"is too long: {len(value):,} of {MAX_TEXT_LENGTH:,} characters", "string_too_long")
        for name, value in values.items()
        if isinstance(value, str) and len(value) > MAX_TEXT_LENGTH and name not in _image_names(operation)
    ]
    if wrong:
        raise InvalidRequest(wrong)
    ready = dict(values)
    for one in operation.fields:
        try:
            ready[one.name] = _encoded(one, values.get(one.name))
        except InvalidRequest as error:
            wrong += error.details
            del ready[one.name]
    try:
        request = operation.request(ready)
    except InvalidRequest as error:
        # A field whose image cannot be read is not missing as well.
        wrong += [one for one in error.details if one.field not in {known.field for known in wrong}]
    if wrong:
        raise InvalidRequest(wrong)
    return _seeded(operation, request)


def with_images(values: Mapping[str, Any], known: Callable[[str], str | None]) -> dict[str, Any]:
    """The values, each text that `known` has an image for replaced by that image (base64)."""
    return {
        name: _each(value, lambda v: (known(v) or v) if isinstance(v, str) else v) for name, value in values.items()
    }


def kept(operation: Operation, request: Mapping[str, Any], keep: Callable[[str], str]) -> dict[str, Any]:
    """What of a request is written down: no secrets, and each image as the reference that `keep` gives for it."""
    known = {one.name: one for one in operation.fields}
    shown = {name: value for name, value in request.items() if name not in known or not known[name].secret}
    for name in shown:
        if name in known and known[name].media:
            shown[name] = _each(shown[name], lambda value: keep(value) if isinstance(value, str) else value)
    return shown


def seed_of(request: Mapping[str, Any]) -> int | None:
    """The seed that a request names, if it names one."""
    seed = request.get(SEED)
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None


def _image_names(operation: Operation) -> set[str]:
    return {one.name for one in operation.fields if one.media}


def _encoded(one: Field, value: Any) -> Any:
    if not one.media:
        return value
    return _each(value, lambda item: _image(one, item))


def _image(one: Field, value: Any) -> Any:
    """The base64 of one image; text that cannot be one, such as a reference to a lost image, must not be paid for."""
    if isinstance(value, Path | bytes):
        return images.encode(value, one.name)
    if isinstance(value, str) and value:
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            sentence = "is not an image as base64; if it was kept here, it is here no longer"
            raise InvalidRequest([FieldError(("body", one.name), sentence, "image_parsing")]) from None
    return value


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    return [change(item) for item in value] if isinstance(value, list | tuple) else change(value)


def _seeded(operation: Operation, request: dict[str, Any]) -> dict[str, Any]:
    """The request with a seed, so that what is kept is the whole recipe; only where the schema has one."""
    field = next((one for one in operation.fields if one.name == SEED and one.type == "integer"), None)
    if field is None or request.get(SEED) is not None:
        return request
    lowest = int(field.minimum or 0)
    highest = SEEDS - 1 if field.maximum is None else int(field.maximum)
    return operation.request({**request, SEED: lowest + secrets.randbelow(max(highest - lowest, 0) + 1)})
