"""Builds the request of a form's values, and the copy of it that is stored."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import FieldError, InvalidRequest
from .generation import Generation
from .image_ref import image_ref, is_image_ref
from .recipe import drop_private_fields, fingerprint
from .request_images import encode_images, find_images, map_request, resolve_image_refs, to_stored_request
from .runs.queued_request import QueuedRequest
from .schema import Operation, has_control_character, normalize

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
    redacted = to_stored_request(operation, body, image_ref)
    digest = fingerprint(server, operation.path, redacted)
    return PreparedRequest(operation, server, owner, body, redacted, digest, draws_seed(values))


def queue_request(operation: Operation, redacted: Mapping[str, Any], body: Mapping[str, Any]) -> QueuedRequest:
    """Return a request without its images, which take megabytes and are on disk."""
    images = find_images(operation, redacted)
    return QueuedRequest({**body, **redacted}, frozenset(loc for loc, image in images.items() if is_image_ref(image)))


def queue_stored(operations: Iterable[Operation], generation: Generation) -> QueuedRequest | None:
    """Return the request of a record; None for one with a webhook, whose secret is not stored."""
    operation = {one.path: one for one in operations}.get(generation.endpoint)
    is_complete = drop_private_fields(generation.request) == generation.request
    return queue_request(operation, generation.request, {}) if operation and is_complete else None


def build(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the complete request of these values: images (paths, bytes) as base64, an empty seed or -1 drawn.

    Raises `InvalidRequest` with every error, by field.
    """
    texts = map_request(operation, values, lambda place, loc, image: "")
    lengths = {name: text_length(value) for name, value in texts.items()}
    wrong = [_too_long(name, length) for name, length in lengths.items() if length > MAX_TEXT_LENGTH]
    if wrong:
        raise InvalidRequest(wrong)
    ready = dict(values)
    if SEED in ready and draws_seed(values):
        ready[SEED] = None
    for one in operation.fields:
        value = ready.get(one.name)
        if one.media:
            ready[one.name], faults = encode_images(one, value)
            wrong += faults
        elif isinstance(value, str):
            ready[one.name], faults = _clean_text(one.name, value)
            wrong += faults
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
        value, faults = _clean_text(name, value)
        if faults:
            raise InvalidRequest(faults)
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


def seed_of(request: Mapping[str, Any]) -> int | None:
    """Return the seed of a request, or None."""
    seed = request.get(SEED)
    return seed if isinstance(seed, int) and not isinstance(seed, bool) else None


def _with_seed(operation: Operation, request: dict[str, Any]) -> dict[str, Any]:
    """Return the request with a seed, if the schema has one, so that the stored request is complete."""
    seed = draw_seed(operation) if request.get(SEED) is None else None
    return request if seed is None else operation.build_request({**request, SEED: seed})


def _clean_text(name: str, text: str) -> tuple[str, list[FieldError]]:
    """Return a text as `normalize` corrects it, and what is wrong with its characters."""
    clean = normalize(name, text)
    if not has_control_character(name, clean):
        return clean, []
    sentence = "contains a control character; type the text again"
    return clean, [FieldError(("body", name), sentence, "string_pattern_mismatch")]


def _too_long(name: str, length: int) -> FieldError:
    return FieldError(("body", name), f"is too long: {length:,} of {MAX_TEXT_LENGTH:,} characters", "string_too_long")
