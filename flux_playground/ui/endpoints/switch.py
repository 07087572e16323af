"""The endpoint picker, and the values that follow the visitor to another endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ... import schema
from ...errors import InvalidRequest
from ...schema import Facts, Field, Operation
from ...schema.coerce import coerce, is_blank
from ...schema.image_places import GivenImage, arrange_images, holds_images, list_images
from ...schema.validate import validate
from ..form.form import Form
from ..text.templates import render

DEPRECATED = "The API's document calls this endpoint deprecated."


@dataclass(frozen=True)
class CarryOver:
    """The contents of a form's inputs after a switch, by their keys, and the rejected fields with reasons."""

    inputs: Mapping[str, Any]
    rejected: tuple[tuple[str, str], ...]


def render_picker(forms: Sequence[Form]) -> str:
    """Render the picker of the endpoints, and a note for each deprecated one."""
    operations = [(operation, place) for place, form in enumerate(forms) for operation in form.operations]
    known = {operation.path: _facts(operation) for operation, _ in operations}
    deprecated = [(path, facts) for path, facts in known.items() if facts.deprecated]
    return render("endpoint_picker.html", operations=operations, known=known, deprecated=deprecated)


def _facts(operation: Operation) -> Facts:
    """Return the facts of an endpoint; the document may call it deprecated without a reason."""
    facts = schema.facts(operation.path)
    return replace(facts, deprecated=DEPRECATED) if operation.deprecated and not facts.deprecated else facts


def carry_over(form: Form, values: Mapping[str, Any]) -> CarryOver:
    """Return the contents of a form's inputs for the values of another endpoint's form.

    Images whose field this form does not have go into its empty fields for images, in their order.
    """
    names = {field.name for field in form.fields}
    rejected: list[tuple[str, str]] = []
    accepted: dict[str, Any] = {}
    for field in form.fields:
        value = values.get(field.name)
        if is_blank(value):
            continue
        if reason := _reject(field, value):
            rejected.append((field.name, reason))
        else:
            accepted[field.name] = value
    others = {name: value for name, value in values.items() if name not in names}
    accepted |= _place_images(form, accepted, others)
    placed = [given.image for name, value in accepted.items() for given in _images(name, value)]
    for name, value in others.items():
        images = _images(name, value)
        if not images or any(given.image not in placed for given in images):
            rejected.append((name, "has no field here"))
    return CarryOver({**form.initial(), **form.fill(accepted)}, tuple(rejected))


def _place_images(form: Form, accepted: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of empty fields that take images of other fields."""
    held = [given.image for name, value in accepted.items() for given in _images(name, value)]
    loose = [given for name, value in others.items() for given in _images(name, value) if given.image not in held]
    placed: dict[str, Any] = {}
    for field in form.fields:
        if field.images is not None and field.name not in accepted and loose:
            taken = loose[: field.images.most]
            loose = loose[len(taken) :]
            placed[field.name] = arrange_images(field.name, field.schema, [GivenImage(one.image) for one in taken])
    return placed


def _images(name: str, value: Any) -> list[GivenImage]:
    """Return the images in a value of a form; a text is one only in a field with the name of an image."""
    found = list_images(name, {}, value)
    is_named = holds_images(name, {"type": "string"})
    return found if all(isinstance(given.image, Path) or is_named for given in found) else []


def render_rejected(carried: CarryOver) -> str:
    """Render the notice of the values that this endpoint does not take; "" where it takes all."""
    return render("notice.html", kind="rejected", rows=carried.rejected) if carried.rejected else ""


def _reject(field: Field, value: Any) -> str:
    """Return why a field does not take a value, or ""; files are checked when the request is sent."""
    if field.images is not None:
        count, most = len(list_images(field.name, field.schema, value)), field.images.most
        if most is None or count <= most:
            return ""
        return f"takes {most} images here" if most > 1 else "takes one image here"
    properties = {field.name: dict(field.schema)}
    try:
        errors = validate({"type": "object", "properties": properties}, {field.name: coerce(value, field.schema)})
    except InvalidRequest as error:
        errors = error.details
    return errors[0].msg if errors else ""
