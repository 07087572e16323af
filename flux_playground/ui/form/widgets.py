"""The inputs of one value each: the Gradio component of a field, and its content for a value.

Gradio's own checks are off: the schema checks each request, so that every error is reported at its field.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from ...bounded_json import LARGE, InvalidJson, parse_json
from ...schema import Field
from ...schema.simplify import simplify
from ..text import field_hints
from . import image_list

UNSET = "API default"
"""The choice that leaves a field without a default out of the request; one with a default has no choice marked then."""

MAX_RADIO_CHOICES = 4
"""Choices up to which a field gets radio buttons instead of a dropdown."""

MAX_SAFE_INTEGER = 2**53
"""The largest whole number that a browser keeps exactly."""

IMAGES_INFO = {
    "type": {},
    "description": "Images: files (`handle_file`), base64, or addresses where the API takes them",
}
"""What the API of the page says about a parameter for images."""

LINE_TYPES = ("string", "integer", "number")
"""Types of list items that are written one on a line."""


def draw(field: Field, key: str = "", info: str | None = None) -> Any:
    """Draw the input of a field; `key` names the input, `info` is a line of its own."""
    options = {"elem_id": f"input-{key or field.name}", "label": field_hints.label(field), "info": info}
    component = _draw_function(field)(field, options)
    component.preprocess = image_list.check_content if takes_images(field) else _unchanged
    return component


def read(field: Field, value: Any) -> Any:
    """Return the value of an input's content; nothing is refused, and a blank input is None."""
    if takes_images(field):
        return image_list.read_images(field, value)
    if isinstance(value, str) and _is_line_list(field):
        return _parse_list(value, plain=field.item is not None and field.item.type == "string")
    if isinstance(value, str) and value.strip() and is_json(field):
        return _parse_json(value)
    return None if value == "" else value


def to_widget(field: Field, value: Any) -> Any:
    """Return the content of a field's input for `value`, the reverse of `read`; None gives a blank input."""
    if takes_images(field):
        return image_list.to_content(field, value)
    if is_choice(field):
        return "" if value is None else _to_choice(value)
    if value is None:
        return initial_value(field) if is_checkbox(field) or is_slider(field) else ""
    if is_checkbox(field) or is_slider(field):
        return value
    if _is_line_list(field) and isinstance(value, list):
        return _to_lines(value)
    if is_json(field) and not (isinstance(value, str) and _parse_json(value) == value):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def initial_value(field: Field) -> Any:
    """Return the initial content of a field's input."""
    if is_choice(field) and field.default is None:
        return _to_choice(field.enum[0]) if field.required and len(field.enum) == 1 else ""
    if is_checkbox(field):
        return bool(field.default)
    if field.default is None:
        return None
    return field.default if is_slider(field) else to_widget(field, field.default)


def takes_images(field: Field) -> bool:
    """Return whether its input takes one image or several."""
    return field.images is not None


def is_choice(field: Field) -> bool:
    """Return whether its input is a choice of values."""
    return bool(field.enum) or (field.type == "boolean" and not is_checkbox(field))


def is_checkbox(field: Field) -> bool:
    """Return whether its input is a checkbox; a boolean that may be unset is a choice instead."""
    return field.type == "boolean" and not field.enum and isinstance(field.default, bool) and not field.nullable


def is_slider(field: Field) -> bool:
    """Return whether its input is a slider: a number with two bounds, not too far apart, and a default."""
    low, high = field.minimum, field.maximum
    if field.type not in ("integer", "number") or field.enum or field.nullable or low is None or high is None:
        return False
    number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
    return number and 0 < high - low <= 10_000


def is_text(field: Field) -> bool:
    """Return whether its input is a text box."""
    return _draw_function(field) is _text


def is_json(field: Field) -> bool:
    """Return whether its input is a JSON box: for lists and objects without a better input, and for any type."""
    is_other = is_choice(field) or takes_images(field) or _is_line_list(field)
    return field.type in ("array", "object", "any") and not is_other


def _is_line_list(field: Field) -> bool:
    if field.type != "array" or field.enum or takes_images(field) or "prefixItems" in simplify(field.schema):
        return False
    return field.item is not None and field.item.type in LINE_TYPES


def _draw_function(field: Field) -> Callable[[Field, dict[str, Any]], Any]:
    kinds: tuple[tuple[Callable[[Field], bool], Callable[[Field, dict[str, Any]], Any]], ...] = (
        (takes_images, _images),
        (is_choice, _choice),
        (is_checkbox, _checkbox),
        (is_slider, _slider),
    )
    return next((made for fits, made in kinds if fits(field)), _text)


def _images(field: Field, named: dict[str, Any]) -> Any:
    """Draw the input that holds the images as JSON; the page's script shows them, by the bounds among the classes."""
    shape = field.images
    assert shape is not None  # noqa: S101
    facts = [
        f"least-{shape.least}",
        f"most-{shape.most}",
        "files" * shape.takes_data,
        "addresses" * shape.takes_address,
    ]
    box = gr.Textbox(value="", max_lines=1, elem_classes=["images", *filter(None, facts)], **named)
    box.api_info = lambda: IMAGES_INFO
    return box


def _choice(field: Field, named: dict[str, Any]) -> Any:
    names = {} if field.enum else {True: "On", False: "Off"}
    values = [value for value in (field.enum or (True, False)) if value is not None]
    choices = []
    for value in values:
        label = str(names.get(value, value)) if isinstance(value, bool) else _choice_label(value)
        choices.append((label, _to_choice(value)))
    if not field.required and field.default is None:
        choices.append((UNSET, ""))
    kind = gr.Radio if len(choices) <= MAX_RADIO_CHOICES else gr.Dropdown
    if kind is gr.Dropdown and field.required and field.default is None:
        choices.insert(0, ("Choose one", ""))
    value = initial_value(field)
    known = value in [one for _, one in choices]
    return kind(choices=choices, value=value if known else None, **named)


def _checkbox(field: Field, named: dict[str, Any]) -> Any:
    said = field_hints.SWITCHES.get(field.name, named["label"])
    return gr.Checkbox(value=initial_value(field), container=False, **{**named, "label": said})


def _slider(field: Field, named: dict[str, Any]) -> Any:
    low, high = field.minimum or 0, field.maximum or 0
    whole = 1 if field.type == "integer" else 0.01 if high - low <= 5 else (high - low) / 100
    return gr.Slider(minimum=low, maximum=high, value=initial_value(field), step=field.multiple_of or whole, **named)


def _text(field: Field, named: dict[str, Any]) -> Any:
    long = field.name in field_hints.LONG or is_json(field) or _is_line_list(field)
    return gr.Textbox(
        value=initial_value(field),
        placeholder=field_hints.placeholder(field) or ("One on a line" if _is_line_list(field) else ""),
        lines=4 if long else 1,
        max_lines=14 if long else 1,
        type="password" if field.secret else "text",
        **named,
    )


def _to_choice(value: Any) -> Any:
    """Return a value as a Gradio choice: as JSON where a browser would change the value."""
    if isinstance(value, str | bool) or (isinstance(value, int) and abs(value) <= MAX_SAFE_INTEGER):
        return value
    return json.dumps(value, ensure_ascii=False)


def _choice_label(value: Any) -> str:
    return value or "(empty)" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parse_json(text: str) -> Any:
    try:
        return parse_json(text, LARGE)
    except InvalidJson:
        return text


def _parse_list(text: str, *, plain: bool = True) -> Any:
    """Return the list of a JSON text or of lines; only items of `plain` text may begin like JSON."""
    value = _parse_json(text)
    if isinstance(value, list) or (not plain and text.lstrip().startswith("[")):
        return value
    return [line.strip("\r") for line in text.split("\n") if line.strip()] or None


def _to_lines(values: list[Any]) -> str:
    """Return items one on a line where that reads as the same items again, else as JSON."""
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in values)
    return text if values and _parse_list(text) == values else json.dumps(values, ensure_ascii=False)


def _unchanged(payload: Any) -> Any:
    return payload
