"""The form's request as editable JSON.

An image or a secret is a placeholder in the text; it stays unchanged while its placeholder does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ...errors import FieldError, InvalidRequest
from ...image_ref import data_url
from ...request_images import image_faults
from ...schema import Field, Operation
from ...schema.coerce import coerce, is_blank
from ...schema.image_node import ImagePlace
from ...schema.image_places import Loc, is_web_address, map_images
from ...schema.validate import validate
from ..form.form import Form
from ..text.templates import render

MAX_SHOWN_BASE64_CHARS = 400

MAX_LISTED_ERRORS = 8
SAMPLE = "iVBORw0KGgo="
"""The base64 that stands for an image while the shape of a value is checked."""

SECRET = "(secret, as in the form)"  # noqa: S105


@dataclass(frozen=True)
class Edit:
    """The result of an edit: the contents of the inputs that change, by their keys, and the message as HTML."""

    inputs: Mapping[str, Any]
    message: str


def request_text(form: Form, raw: Mapping[str, Any]) -> str:
    """Return the request of a form as JSON; values that the schema refuses stay as they were entered."""
    return json.dumps(_request(form, raw), indent=2, ensure_ascii=False, default=str)


def render_text(text: str, number: str) -> str:
    """Render the JSON of the form that the page asked for with `number`."""
    return render("json_text.html", text=text, number=number)


def apply_edit(form: Form, raw: Mapping[str, Any], written: str) -> Edit:
    """Return what an edited text changes in a form; a text that is not a JSON object changes nothing."""
    try:
        given = json.loads(written or "{}", parse_constant=_refused, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        return Edit({}, _wrong(f"Line {error.lineno}, column {error.colno}: {error.msg}.", error.lineno, error.colno))
    except (ValueError, RecursionError) as error:
        return Edit({}, _wrong(str(error) if type(error) is ValueError else "The JSON is nested too deeply."))
    if not isinstance(given, dict):
        return Edit({}, _wrong("Must be a JSON object."))
    chosen, operation = form.fields, form.operation
    before, held = _request(form, raw), form.read(raw)
    changed: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for field in chosen:
        if given.get(field.name) != before.get(field.name) or (field.name in given) != (field.name in before):
            value = given.get(field.name)
            if field.media and value not in (None, [], ""):
                value = _with_files(field, value, held.get(field.name))
                if faults := _image_faults(field, value):
                    wrong += faults
                    continue
            changed[field.name] = value
    unknown = [FieldError(("body", name), "is not a field here", "") for name in given if name not in _names(chosen)]
    shown = {name: value for name, value in given.items() if name in _names(chosen) and name not in _hidden(chosen)}
    return Edit(form.fill(changed), _state([*unknown, *wrong, *_faults(operation, shown, _hidden(chosen))]))


def _with_files(field: Field, value: Any, held: Any) -> Any:
    """Return an edited value with the images of the form in place of their placeholders."""
    files: dict[str, Any] = {}
    _with_placeholders(field, held, files)
    return map_images(field.name, field.schema, value, lambda place, loc, text: files.get(text, text))


def _image_faults(field: Field, value: Any) -> list[FieldError]:
    """Return what is wrong with the value of an image field: its images, or else its shape."""
    unfit: list[FieldError] = []

    def sample(place: ImagePlace, loc: Loc, image: Any) -> str:
        if not image:
            unfit.append(FieldError(("body", *loc), "is not an image as base64", ""))
        if isinstance(image, str) and is_web_address(image):
            return image
        return data_url(SAMPLE) if place.is_data_url else SAMPLE

    shaped = map_images(field.name, field.schema, value, sample)
    faults = unfit or image_faults(field, value)
    schema = {"type": "object", "properties": {field.name: dict(field.schema)}}
    try:
        faults = faults or list(validate(schema, {field.name: coerce(shaped, field.schema)}))
    except InvalidRequest as error:
        faults = list(error.details)
    return [FieldError(fault.loc, f"{fault.msg}. The form keeps what it had.", "") for fault in faults]


def _request(form: Form, raw: Mapping[str, Any]) -> dict[str, Any]:
    chosen, operation, values = form.fields, form.operation, form.read(raw)
    plain = {one.name: values.get(one.name) for one in chosen if not one.media}
    understood = coerce({name: value for name, value in plain.items() if not is_blank(value)}, operation.schema)
    out: dict[str, Any] = {}
    for one in chosen:
        value = values.get(one.name) if one.media else understood.get(one.name)
        if not is_blank(value):
            out[one.name] = SECRET if one.secret else _with_placeholders(one, value, {}) if one.media else value
    return out


def _with_placeholders(field: Field, value: Any, files: dict[str, Any]) -> Any:
    """Return the value of a field with its images as placeholders; `files` gets the image of each placeholder."""

    def place(_: ImagePlace, loc: Loc, image: Any) -> Any:
        if isinstance(image, str) and len(image) <= MAX_SHOWN_BASE64_CHARS:
            return image
        number = f" {len(files) + 1}" if len(loc) > 1 else ""
        name = f"{number}: {image.name}" if number else f" {image.name}"
        text = f"(image{name})" if isinstance(image, Path) else f"(image{number}, {len(image):,} characters)"
        files[text] = image
        return text

    return map_images(field.name, field.schema, value, place)


def _faults(operation: Operation, shown: Mapping[str, Any], hidden: frozenset[str]) -> list[FieldError]:
    return [one for one in operation.check(dict(shown)) if one.field not in hidden]


def _hidden(chosen: Sequence[Field]) -> frozenset[str]:
    return frozenset(one.name for one in chosen if one.media or one.secret)


def _names(chosen: Sequence[Field]) -> frozenset[str]:
    return frozenset(one.name for one in chosen)


def _state(errors: Sequence[FieldError]) -> str:
    rows = [(_path(error), error.msg) for error in errors[:MAX_LISTED_ERRORS]]
    return render("json_state.html", message="", rows=rows)


def _path(fault: FieldError) -> str:
    return ".".join(str(part) for part in fault.loc if part != "body")


def _wrong(sentence: str, line: int = 0, column: int = 0) -> str:
    return render("json_state.html", message=sentence, line=line, column=column)


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is not valid JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in pairs:
        if name in out:
            raise ValueError(f"Duplicate key “{name[:60]}”.")
        out[name] = value
    return out
