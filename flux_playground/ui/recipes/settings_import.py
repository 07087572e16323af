"""Previews an import: what a dropped, pasted or linked source would change in the form, field by field.

The source is untrusted: it is checked by the schema and shown; nothing in it is run, and no address in it is fetched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ... import reproduce
from ...bounded_json import InvalidJson, parse_json
from ...errors import InvalidImage, InvalidRecipe, InvalidRequest
from ...generation import Generation
from ...image_ref import is_image_ref, list_image_refs
from ...images.image_file import verify
from ...playground import Playground, Visitor
from ...recipe import Detected, SourceKind, detect, hide_secrets, server_name
from ...request_images import image_faults, resolve_image_refs
from ...schema import Field, Operation
from ...schema.image_places import GivenImage, arrange_images, list_images
from ..events.context import Context
from ..form import widgets
from ..text import field_hints

MOST_UNKNOWN = 40
"""Names without a field here that are listed."""

WHOLE = (SourceKind.IMAGE, SourceKind.COPY, SourceKind.RECIPE, SourceKind.REQUEST, SourceKind.LINK)
"""What says all of a request: a field that it does not name was left out. Another tool's text says only a part."""


@dataclass(frozen=True)
class Change:
    """One field that would change: what it holds now and what it would hold, as values of the form."""

    field: Field
    now: Any
    then: Any


@dataclass(frozen=True)
class ImportPreview:
    """What was opened: what it is, whose image it is of, what it would change, and what it says besides.

    `same` counts fields that hold already what it says; `refused` are fields with values that the schema refuses, and
    why; `unknown` are names that have no field here. `image` is the file that was opened, if that is an image;
    `source` is the file, or what was detected in a text;
    `elsewhere` is another endpoint of this page, if it was made with that.
    """

    found: Detected
    original: Generation | None = None
    changes: tuple[Change, ...] = ()
    same: int = 0
    refused: tuple[tuple[Field, str], ...] = ()
    unknown: tuple[tuple[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    image: Path | None = field(default=None, repr=False)
    source: Path | Detected | None = field(default=None, repr=False)
    elsewhere: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether this form takes all that the source says."""
        return not (self.refused or self.unknown or self.warnings or self.elsewhere)


def preview_import(context: Context, source: Path | str | Detected) -> ImportPreview:
    """Return what a file, a text, or what was detected in one, would change in the form; raises `InvalidRecipe`."""
    playground, visitor, operation = context.playground, context.visitor, context.operation
    offered = context.form.fields
    found = source if isinstance(source, Detected) else _found(source, _field_names(context))
    original = _original(playground, visitor, found)
    if original and found.recipe is None:
        found = replace(found, kind=SourceKind.IMAGE, values={}, notes=())  # its record says more than its texts
    values = reproduce.values(original) if original and found.kind is SourceKind.IMAGE else dict(found.values)
    known = {one.name: one for one in offered}
    rows = list(
        _rows(playground, visitor, offered, values, _is_whole(found, original, offered), found.kind is SourceKind.LINK)
    )
    rows = [(one, then) for one, then in rows if one.name not in found.unread]
    faults = _faults(operation, {one.name: then for one, then in rows if then is not None})
    now = context.form.read(context.raw)
    changes = [Change(one, now.get(one.name), then) for one, then in rows if one.name not in faults]
    different = tuple(change for change in changes if not _is_unchanged(context, change))
    return ImportPreview(
        found,
        original,
        different,
        len(changes) - len(different),
        tuple((known[name], sentence) for name, sentence in faults.items()),
        tuple(hide_secrets({name: value for name, value in values.items() if name not in known}).items())[
            :MOST_UNKNOWN
        ],
        tuple(_warnings(context, found, original)),
        source if isinstance(source, Path) and found.kind in (SourceKind.IMAGE, SourceKind.COPY) else None,
        source if isinstance(source, Path) else found,  # a text may have a key in it, which is not kept
        _elsewhere(context, _endpoint(found, original)),
    )


def import_inputs(context: Context, preview: ImportPreview) -> dict[str, Any]:
    """Return the contents of the form's inputs, by their keys, after an import is applied."""
    changes = {change.field.name: _image(context, change) for change in preview.changes}
    return context.form.fill(changes)


def _field_names(context: Context) -> frozenset[str]:
    """The fields of all endpoints: code for another endpoint is read too, and opened there."""
    operations = (context.operation, *context.playground.document.operations)
    return frozenset(field.name for operation in operations for field in operation.fields if not field.secret)


def _found(source: Path | str, fields: Collection[str]) -> Detected:
    data = source.read_bytes() if isinstance(source, Path) else source
    try:
        return detect(data, fields)
    except InvalidRecipe:
        if isinstance(data, str):
            raise
        try:
            verify(data)  # a GIF, a TIFF: no recipe is looked for in it, but it can be sent as an image prompt
        except InvalidImage:
            pass
        else:
            return Detected(SourceKind.IMAGE, sha256=hashlib.sha256(data).hexdigest())
        raise


def _original(playground: Playground, visitor: Visitor, found: Detected) -> Generation | None:
    hashes = (found.sha256, found.recipe.sha256 if found.recipe else "")
    known = (playground.store.find_by_sha256(visitor.id, one) for one in hashes if one)
    return next((one for one in known if one is not None), None)


def _is_whole(found: Detected, original: Generation | None, offered: Sequence[Field]) -> bool:
    """Return whether a field that the source does not name was left out of its request."""
    if found.kind in (SourceKind.REQUEST, SourceKind.LINK):
        lacks_required = any(one.required and found.values.get(one.name) is None for one in offered)
        return not (found.is_partial or lacks_required)
    if found.kind is SourceKind.COPY:
        return found.recipe is not None
    if found.is_partial:
        return False
    return found.kind in WHOLE and (found.kind is not SourceKind.IMAGE or original is not None)


def _rows(
    playground: Playground,
    visitor: Visitor,
    offered: Sequence[Field],
    values: Mapping[str, Any],
    whole: bool,
    link: bool,
) -> Iterator[tuple[Field, Any]]:
    """Each field that is spoken of, with its value; None for one that was left out."""
    for one in field_hints.ordered(tuple(offered)):
        value = values.get(one.name)
        if one.secret or (link and one.media) or (value is None and not whole):
            continue
        if one.media and value is not None:
            value, missing = _kept_images(playground, visitor, one, value)
            if missing and value is None:
                continue
        yield one, _meant(one, value)


def _meant(one: Field, value: Any) -> Any:
    """A number or a switch that stands there as text is meant as what it says; all else stays as it is."""
    if not isinstance(value, str) or one.type not in ("integer", "number", "boolean") or len(value) > 100:
        return value
    try:
        read = parse_json(value.strip().lower())
    except InvalidJson:
        return value
    return read if isinstance(read, int | float) else value


def _faults(operation: Operation, values: Mapping[str, Any]) -> dict[str, str]:
    """What the schema refuses of these values, by field; of what is missing nothing is said."""
    images = {name: value for name, value in values.items() if any(list_image_refs(value))}
    try:
        operation.build_request({name: value for name, value in values.items() if name not in images})
    except InvalidRequest as error:
        return {
            fault.field: fault.msg
            for fault in reversed(error.details)
            if fault.field in values and fault.field not in images
        }
    return {}


def _is_unchanged(context: Context, change: Change) -> bool:
    """Return whether the form has this value already."""
    raw = context.raw
    if change.field.media:
        return not change.now and not change.then
    if change.then is None and change.now is not None and change.now == change.field.default:
        return True  # left out or said, it is the same
    if change.field.name not in raw:  # a field of several inputs
        return bool(change.now == change.then)
    held, now = widgets.to_widget(change.field, change.then), raw[change.field.name]
    blank = held in (None, "") and now in (None, "")
    return bool(blank or held == now or str(held) == str(now))


def _kept_images(playground: Playground, visitor: Visitor, one: Field, value: Any) -> tuple[Any, int]:
    """Return a field's value with the images that can be used, None without any, and how many cannot be used.

    By its reference alone nobody gets an image that another visitor has sent.
    """

    def is_usable(image: Any) -> bool:
        if is_image_ref(image):
            return playground.load_input(image, visitor) is not None
        return isinstance(image, str) and not image_faults(one, arranged([GivenImage(image)]))

    arranged = partial(arrange_images, one.name, one.schema)
    images = list_images(one.name, one.schema, value)
    usable = [given for given in images if is_usable(given.image)]
    if len(usable) == len(images):
        return value, 0
    can_be_split = usable and one.images is not None
    return (arranged(usable) if can_be_split else None), len(images) - len(usable)


def _endpoint(found: Detected, original: Generation | None) -> str:
    return found.endpoint or (original.endpoint if original else "")


def _elsewhere(context: Context, endpoint: str) -> str:
    operations = context.playground.document.operations
    known = (operation.path for operation in operations if operation.path != context.operation.path)
    return next((path for path in known if path == endpoint), "")


def _image(context: Context, change: Change) -> Any:
    """Return the value of a field; each reference in a place for images becomes the visitor's own image."""
    load = partial(context.playground.load_input, visitor=context.visitor)
    values = {change.field.name: change.then}
    return resolve_image_refs(context.operation, values, load)[change.field.name]


def _warnings(context: Context, found: Detected, original: Generation | None) -> Iterator[str]:
    endpoint = _endpoint(found, original)
    server = found.server or (original.server if original else "")
    playground, visitor, path = context.playground, context.visitor, context.operation.path
    if endpoint and endpoint != path:
        yield f"Made with another endpoint, {endpoint[:200]}. This form is for {path}."
    here = context.server
    if server and server_name(server) != server_name(here):
        yield f"Made on {server[:200]}. New images will use {here}."
    if found.problem:
        yield f"The recipe in the file cannot be read: {found.problem}"
    yield from found.notes
    labels = [field_hints.label(field) for field in context.form.fields if field.name in found.unread]
    if labels:
        yield f"{', '.join(labels)}: not readable in this code, unchanged in the form."
    if found.count > 1:
        yield f"The text has {found.count} requests. One of them is used."
    for one in context.operation.fields:
        if one.media and not one.secret and (value := found.values.get(one.name)) is not None:
            missing = _kept_images(playground, visitor, one, value)[1]
            if missing > 1:
                yield f"{missing} images of {one.name[:100]} are not included. Add them again."
            elif missing:
                yield f"{one.name[:100]} is not included. Add the image again."
