"""The images of a request, in every shape that a schema has for them: encoded, loaded by reference, redacted, found.

Every function finds the images by the schema (`schema.image_places`), never by the name of a field.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import FieldError, InvalidRequest
from .image_ref import data_url, is_image_ref
from .images import image_file
from .schema import Field, Operation
from .schema.image_node import ImagePlace
from .schema.image_places import GivenImage, Loc, arrange_images, is_web_address, map_images

MAX_ADDRESS_CHARACTERS = 2_000


def find_images(operation: Operation, values: Mapping[str, Any]) -> dict[Loc, Any]:
    """Return the images in the values of a request by their places; blanks are left out."""
    found: dict[Loc, Any] = {}
    map_request(operation, values, lambda place, loc, image: found.update({loc: image} if image else {}))
    return found


def has_images(operation: Operation, values: Mapping[str, Any]) -> bool:
    """Return whether these values have an image."""
    return bool(find_images(operation, values))


def map_request(
    operation: Operation, values: Mapping[str, Any], change: Callable[[ImagePlace, Loc, Any], Any]
) -> dict[str, Any]:
    """Return the values with `change(place, loc, image)` in place of each image."""
    schemas = {field.name: field.schema for field in operation.fields if field.media}
    return {
        name: map_images(name, schemas[name], value, change) if name in schemas else value
        for name, value in values.items()
    }


def resolve_image_refs(
    operation: Operation, values: Mapping[str, Any], load: Callable[[str], str | None]
) -> dict[str, Any]:
    """Return the values; each reference to an image that `load` has becomes its base64."""
    return map_request(
        operation, values, lambda place, loc, image: (load(image) or image) if is_image_ref(image) else image
    )


def sends_image(operation: Operation, request: Mapping[str, Any], reference: str) -> bool:
    """Return whether a request sends this reference as an image. A prompt may contain another visitor's reference."""
    return reference in find_images(operation, request).values()


def to_stored_request(operation: Operation, request: Mapping[str, Any], keep: Callable[[str], str]) -> dict[str, Any]:
    """Return the request as it is stored: without secrets, each image as the reference that `keep` returns."""
    secret = {field.name for field in operation.fields if field.secret}
    shown = {name: value for name, value in request.items() if name not in secret}
    return map_request(operation, shown, lambda place, loc, image: image if is_web_address(image) else keep(image))


def encode_images(field: Field, value: Any) -> tuple[Any, list[FieldError]]:
    """Return the value of a field with its images as they are sent, and what is wrong with the images, by place."""
    wrong: list[FieldError] = []

    def encode(place: ImagePlace, loc: Loc, image: Any) -> Any:
        try:
            return _encode_image(place, image) if image else image
        except InvalidRequest as error:
            wrong.extend(FieldError(("body", *loc), one.msg, one.type) for one in error.details)
            return ""

    return map_images(field.name, field.schema, _fit(field, value), encode), wrong


def image_faults(field: Field, value: Any) -> list[FieldError]:
    """Return what is wrong with the images in the value of a field in a request, by place."""
    return encode_images(field, value)[1]


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of base64 in lines, as a data URL, or in the URL-safe alphabet; None for anything else."""
    bare = re.sub(r"^\s*data:[^,]{0,200};base64,", "", text[:300]) + text[300:]
    bare = "".join(bare.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True) or None
    except ValueError:  # binascii.Error is one
        return None


def check_address(address: str) -> str:
    """Return what is wrong with the address of an image, by its form alone; "" for an https URL."""
    try:
        url = urlsplit(address)
        is_url = bool(url.hostname) and (url.port is None or url.port > 0) and not re.search(r"[\s\x00-\x1f]", address)
    except ValueError:
        is_url = False
    if not is_url or url.scheme.lower() != "https":
        return "must be an https address, such as https://example.org/image.png"
    if len(address) > MAX_ADDRESS_CHARACTERS:
        return f"is an address of more than {MAX_ADDRESS_CHARACTERS:,} characters"
    return ""


def _fit(field: Field, value: Any) -> Any:
    """Return files and bytes, alone or in a list, in the shape of the field."""
    items = value if isinstance(value, list | tuple) else [value]
    if field.images is None or not items or not all(isinstance(item, Path | bytes) for item in items):
        return value
    return arrange_images(field.name, field.schema, [GivenImage(item) for item in items])


def _encode_image(place: ImagePlace, image: Any) -> str:
    """Return one image as it is sent; raises `InvalidRequest`.

    Text must decode to an image: anything else, such as a reference to a deleted image, would be paid for in vain.
    """
    if isinstance(image, str) and is_web_address(image):
        address = image.strip()
        if not place.takes_address:
            raise _not_an_image("is an address; give the image itself")
        if fault := check_address(address):
            raise _not_an_image(fault)
        return address
    if not place.takes_data:
        raise _not_an_image("must be the address of an image, which begins with https://")
    if is_image_ref(image):
        raise _not_an_image("names an image that is no longer kept; choose the image again")
    data = decode_base64(image) if isinstance(image, str) else image
    if data is None:
        raise _not_an_image("is not an image as base64")
    text = image_file.encode(data, "")
    return data_url(text) if place.is_data_url else text


def _not_an_image(sentence: str) -> InvalidRequest:
    return InvalidRequest([FieldError(("body",), sentence, "image_parsing")])
