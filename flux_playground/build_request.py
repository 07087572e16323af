"""Builds the request of a form's values, and the copy of it that is stored."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import FieldError, InvalidRequest
from .image_ref import image_ref, is_image_ref
from .images import image_file
from .recipe import fingerprint
from .schema import Field, Operation, has_control_character, normalize

SEED = "seed"
SEED_COUNT = 2**32
MAX_TEXT_LENGTH = 100_000


@dataclass(frozen=True)
class PreparedRequest:
    """A checked request of one visitor: `body` is sent, `redacted` is stored.

    `server` is the base URL that it was prepared for, `owner` the id of the visitor. `draws_seed` tells whether the
    seed was drawn rather than given.
    """

    operation: Operation
    server: str
    owner: str
    body: Mapping[str, Any] = field(repr=False)
    redacted: Mapping[str, Any]
    fingerprint: str
    draws_seed: bool


def prepare_request(
    operation: Operation, values: Mapping[str, Any], server: str, owner: str, load_input: Callable[[str], str | None]
) -> PreparedRequest:
    """Build the request of these values once for all uses; `load_input` gives the images of references.

    Raises `InvalidRequest`.
    """
    body = build(operation, resolve_image_refs(operation, values, load_input))
    redacted = redact(operation, body, image_ref)
    digest = fingerprint(server, operation.path, redacted)
    return PreparedRequest(operation, server, owner, body, redacted, digest, draws_seed(values))


def build(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the complete request of these values: images (paths, bytes) as base64, an empty seed or -1 drawn.

    Raises `InvalidRequest` with every error, by field.
    """
    images = image_names(operation)
    lengths = {name: text_length(value) for name, value in values.items() if name not in images}
    wrong = [_too_long(name, length) for name, length in lengths.items() if length > MAX_TEXT_LENGTH]
    if wrong:
        raise InvalidRequest(wrong)
    ready = dict(values)
    if SEED in ready and draws_seed(values):
        ready[SEED] = None
    for one in operation.fields:
        value = ready.get(one.name)
        try:
            if isinstance(value, str) and not one.media:
                ready[one.name] = _clean_text(one.name, value)
            else:
                ready[one.name] = _encode(one, value)
        except InvalidRequest as error:
            wrong += error.details
            del ready[one.name]
    try:
        request = operation.build_request(ready)
    except InvalidRequest as error:
        # A field whose image cannot be read is not missing as well.
        wrong += [one for one in error.details if one.field not in {known.field for known in wrong}]
    if wrong:
        raise InvalidRequest(wrong)
    return _with_seed(operation, request)


def build_value(operation: Operation, name: str, value: Any) -> Any:
    """Return one value of a request as `build` converts it, images unchanged; raises `InvalidRequest`.

    Errors that depend on other fields are not found.
    """
    known = next((one for one in operation.fields if one.name == name), None)
    if isinstance(value, str) and (length := len(value)) > MAX_TEXT_LENGTH:
        raise InvalidRequest([_too_long(name, length)])
    if isinstance(value, str) and known and not known.media:
        value = _clean_text(name, value)
    return operation.build_value(name, value)


def draw_seed(operation: Operation) -> int | None:
    """Return a random seed within the limits of the schema; None for an endpoint without a seed."""
    field = next((one for one in operation.fields if one.name == SEED and one.type == "integer"), None)
    if field is None:
        return None
    lowest = int(field.minimum or 0)
    highest = SEED_COUNT - 1 if field.maximum is None else int(field.maximum)
    return lowest + secrets.randbelow(max(highest - lowest, 0) + 1)


def draws_seed(values: Mapping[str, Any]) -> bool:
    """Return whether the seed of these values is random: blank, or -1 as other tools write it."""
    seed = values.get(SEED)
    return seed is None or (not isinstance(seed, bool) and str(seed).strip() in ("", "-1"))


def text_length(value: Any) -> int:
    """Return the characters of a value: those of all texts and names in it, and at least one for each nested value."""
    length, nested = 0, [value]
    while nested:
        item = nested.pop()
        if isinstance(item, str):
            length += len(item)
        elif isinstance(item, Mapping):
            length += len(item)
            nested += [*item, *item.values()]
        elif isinstance(item, list | tuple):
            length += len(item)
            nested += item
    return length


def has_images(operation: Operation, values: Mapping[str, Any]) -> bool:
    """Return whether a field for images has a value."""
    return any(values.get(name) not in (None, "", [], ()) for name in image_names(operation))


def resolve_image_refs(
    operation: Operation, values: Mapping[str, Any], load: Callable[[str], str | None]
) -> dict[str, Any]:
    """Return the values; in fields for images, each reference that `load` has an image for becomes its base64."""
    names = image_names(operation)
    return {
        name: _map_items(value, lambda v: (load(v) or v) if isinstance(v, str) else v) if name in names else value
        for name, value in values.items()
    }


def sends_image(operation: Operation, request: Mapping[str, Any], reference: str) -> bool:
    """Return whether a field for images has this reference. A prompt may contain another visitor's reference."""
    values = (request.get(name) for name in image_names(operation))
    return any(reference in (value if isinstance(value, list) else [value]) for value in values)


def redact(operation: Operation, request: Mapping[str, Any], keep: Callable[[str], str]) -> dict[str, Any]:
    """Return the request as it is stored: without secrets, each image as the reference that `keep` returns."""
    known = {one.name: one for one in operation.fields}
    shown = {name: value for name, value in request.items() if name not in known or not known[name].secret}
    for name in shown:
        if name in known and known[name].media:
            shown[name] = _map_items(shown[name], lambda value: keep(value) if _is_base64(value) else value)
    return shown


def seed_of(request: Mapping[str, Any]) -> int | None:
    """Return the seed of a request, or None."""
    seed = request.get(SEED)
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None


def image_names(operation: Operation) -> frozenset[str]:
    """Return the names of the fields that take images."""
    return frozenset(field.name for field in operation.fields if field.media)


def _encode(one: Field, value: Any) -> Any:
    if not one.media:
        return value
    return _map_items(value, lambda item: _encode_image(one, item))


def _encode_image(one: Field, value: Any) -> Any:
    """Return the base64 of one image, or the address where the API takes addresses; raises `InvalidRequest`.

    Text must decode to an image: anything else, such as a reference to a deleted image, would be paid for in vain.
    """
    if isinstance(value, Path | bytes):
        return image_file.encode(value, one.name)
    if not isinstance(value, str) or not value:
        return value
    if is_web_address(value):
        if takes_address(one):
            return value.strip()
        raise _not_an_image(one, "is an address; give the image itself")
    if is_image_ref(value):
        raise _not_an_image(one, "names an image that is no longer kept; choose the image again")
    data = decode_base64(value)
    if data is None:
        raise _not_an_image(one, "is not an image as base64")
    return image_file.encode(data, one.name)


def image_fault(field: Field, value: Any) -> str:
    """Return what is wrong with the value of an image field in a request, as a sentence; "" for an image."""
    try:
        _map_items(value, lambda item: _encode_image(field, item))
    except InvalidRequest as error:
        return error.details[0].msg
    items = value if isinstance(value, list) else [value]
    right_kind = isinstance(value, list) == (field.type == "array")
    images = right_kind and all(isinstance(item, str) and item for item in items)
    return "" if images else "is not an image as base64"


def is_web_address(text: str) -> bool:
    """Return whether a text is an http or https address."""
    return re.match(r"\s*https?://\S", text, re.IGNORECASE) is not None


def takes_address(field: Field) -> bool:
    """Return whether the API takes the address of an image in a field, by its description or that of its items."""
    words = f"{field.description} {field.item.description if field.item else ''}"
    return re.search(r"\bURLs?\b", words) is not None


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of base64 in lines, as a data URL, or in the URL-safe alphabet; None for anything else."""
    bare = re.sub(r"^\s*data:[^,]{0,200};base64,", "", text[:300]) + text[300:]
    bare = "".join(bare.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True) or None
    except ValueError:  # binascii.Error is one
        return None


def _is_base64(value: Any) -> bool:
    return isinstance(value, str) and not is_web_address(value)


def _not_an_image(field: Field, sentence: str) -> InvalidRequest:
    return InvalidRequest([FieldError(("body", field.name), sentence, "image_parsing")])


def _map_items(value: Any, change: Callable[[Any], Any]) -> Any:
    return [change(item) for item in value] if isinstance(value, list | tuple) else change(value)


def _with_seed(operation: Operation, request: dict[str, Any]) -> dict[str, Any]:
    """Return the request with a seed, if the schema has one, so that the stored request is complete."""
    seed = draw_seed(operation) if request.get(SEED) is None else None
    return request if seed is None else operation.build_request({**request, SEED: seed})


def _clean_text(name: str, text: str) -> str:
    """Return a text as `normalize` corrects it; raises `InvalidRequest` for a control character."""
    clean = normalize(name, text)
    if has_control_character(name, clean):
        sentence = "contains a control character; type the text again"
        raise InvalidRequest([FieldError(("body", name), sentence, "string_pattern_mismatch")])
    return clean


def _too_long(name: str, length: int) -> FieldError:
    return FieldError(("body", name), f"is too long: {length:,} of {MAX_TEXT_LENGTH:,} characters", "string_too_long")
