"""The inputs that stand for one value each: which gradio component a field gets, and what it holds for a value.

Knows gradio and `Field`; what needs several inputs is in `parts.py`. What gradio checks by itself is switched off: the
schema checks everything, so that each fault is told in one way, at its field, whichever door the value came through.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ...schema import Field
from ...schema.simplify import simplify
from ..gradio_patches.uploaded_files import uploaded_path
from ..text import labels

UNSET = "API default"
"""The choice that leaves a field out of the request."""

FEW = 4
"""Choices up to which all are shown at once."""

SAFE = 2**53
"""The largest whole number that a browser keeps as it is."""

LINED = ("string", "integer", "number")
"""Kinds of items that stand one on a line."""


def component(field: Field, key: str = "", info: str | None = None) -> Any:
    """The input for a field, named by `key`, with a quiet line `info` of its own where nothing else says it."""
    made = _kind(field)(field, {"elem_id": f"input-{key or field.name}", "label": labels.label(field), "info": info})
    made.preprocess = _paths if is_image(field) or is_images(field) else _as_it_is
    return made


def read(field: Field, value: Any) -> Any:
    """The value that an input's content stands for; nothing is refused here, and blank is None."""
    if is_image(field):
        return Path(value) if isinstance(value, str) and value and not value.startswith("data:") else value
    if is_images(field):
        return [Path(one) for one in value] if isinstance(value, list) and value else value or None
    if isinstance(value, str) and _is_lines(field):
        return _listed(value, plain=field.item is not None and field.item.type == "string")
    if isinstance(value, str) and value.strip() and is_json(field):
        return _json(value)
    return None if value == "" else value


def held(field: Field, value: Any) -> Any:
    """What the input of a field must hold to stand for `value`, the reverse of `read`; for None what is blank."""
    if is_choice(field):
        return "" if value is None else _chosen(value)
    if value is None:
        return start(field) if is_switch(field) or is_range(field) else None if _is_file(field) else ""
    if is_switch(field) or is_range(field) or _is_file(field):
        return value
    if _is_lines(field) and isinstance(value, list):
        return _lines(value)
    if is_json(field) and not (isinstance(value, str) and _json(value) == value):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def start(field: Field) -> Any:
    """What the untouched input of a field holds."""
    if is_choice(field) and field.default is None:
        return _chosen(field.enum[0]) if field.required and len(field.enum) == 1 else ""
    if is_switch(field):
        return bool(field.default)
    if field.default is None:
        return None
    return field.default if is_range(field) else held(field, field.default)


def is_image(field: Field) -> bool:
    """Whether its input takes one picture."""
    return field.media == "image" and field.type == "string"


def is_images(field: Field) -> bool:
    """Whether its input takes several pictures."""
    return field.media == "image" and field.type == "array"


def is_choice(field: Field) -> bool:
    """Whether one of a few values is chosen."""
    return bool(field.enum) or (field.type == "boolean" and not is_switch(field))


def is_switch(field: Field) -> bool:
    """Whether it is on or off and nothing else: one that may be unset is a choice."""
    return field.type == "boolean" and not field.enum and isinstance(field.default, bool) and not field.nullable


def is_range(field: Field) -> bool:
    """Whether a slider does it justice: bounds on both sides, not too far apart, and a number to begin with."""
    low, high = field.minimum, field.maximum
    if field.type not in ("integer", "number") or field.enum or field.nullable or low is None or high is None:
        return False
    number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
    return number and 0 < high - low <= 10_000


def is_text(field: Field) -> bool:
    """Return whether its input is a text box."""
    return _kind(field) is _text


def is_json(field: Field) -> bool:
    """Whether the value is written as JSON: lists and objects that have no better input, and what is of no kind."""
    return field.type in ("array", "object", "any") and not (is_choice(field) or _is_file(field) or _is_lines(field))


def _is_file(field: Field) -> bool:
    return is_image(field) or is_images(field)


def _is_lines(field: Field) -> bool:
    if field.type != "array" or field.enum or _is_file(field) or "prefixItems" in simplify(field.schema):
        return False
    return field.item is not None and field.item.type in LINED


def _kind(field: Field) -> Callable[[Field, dict[str, Any]], Any]:
    kinds: tuple[tuple[Callable[[Field], bool], Callable[[Field, dict[str, Any]], Any]], ...] = (
        (is_image, _image),
        (is_images, _images),
        (is_choice, _choice),
        (is_switch, _switch),
        (is_range, _range),
    )
    return next((made for fits, made in kinds if fits(field)), _text)


def _image(field: Field, named: dict[str, Any]) -> Any:
    return gr.Image(
        label=named["label"],
        elem_id=named["elem_id"],
        type="filepath",
        image_mode=None,  # the upload's bytes stay as they are
        sources=["upload", "clipboard"],
        height=190,
        buttons=[],
    )


def _images(field: Field, named: dict[str, Any]) -> Any:
    return gr.File(
        label=named["label"], elem_id=named["elem_id"], file_count="multiple", file_types=["image"], height=140
    )


def _choice(field: Field, named: dict[str, Any]) -> Any:
    names = {} if field.enum else {True: "On", False: "Off"}
    values = [one for one in (field.enum or (True, False)) if one is not None]
    choices = [(str(names.get(one, one)) if isinstance(one, bool) else _said(one), _chosen(one)) for one in values]
    if not field.required:
        choices.append((UNSET, ""))
    kind = gr.Radio if len(choices) <= FEW else gr.Dropdown
    if kind is gr.Dropdown and field.required and field.default is None:
        choices.insert(0, ("Choose one", ""))
    value = start(field)
    known = value in [one for _, one in choices]
    return kind(choices=choices, value=value if known else None, **named)


def _switch(field: Field, named: dict[str, Any]) -> Any:
    said = labels.SWITCHES.get(field.name, named["label"])
    return gr.Checkbox(value=start(field), container=False, **{**named, "label": said})


def _range(field: Field, named: dict[str, Any]) -> Any:
    low, high = field.minimum or 0, field.maximum or 0
    whole = 1 if field.type == "integer" else 0.01 if high - low <= 5 else (high - low) / 100
    return gr.Slider(minimum=low, maximum=high, value=start(field), step=field.multiple_of or whole, **named)


def _text(field: Field, named: dict[str, Any]) -> Any:
    long = field.name in labels.LONG or is_json(field) or _is_lines(field)
    return gr.Textbox(
        value=start(field),
        placeholder=labels.placeholder(field) or ("One on a line" if _is_lines(field) else ""),
        lines=4 if long else 1,
        max_lines=14 if long else 1,
        type="password" if field.secret else "text",
        **named,
    )


def _chosen(value: Any) -> Any:
    """A value as one of gradio's choices: what a browser would change is written as JSON, which the schema reads."""
    if isinstance(value, str | bool) or (isinstance(value, int) and abs(value) <= SAFE):
        return value
    return json.dumps(value, ensure_ascii=False)


def _said(value: Any) -> str:
    return value or "(empty)" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _listed(text: str, *, plain: bool = True) -> Any:
    """A list as JSON, else the lines that are not blank; only a `plain` text may begin as JSON does and be none."""
    value = _json(text)
    if isinstance(value, list) or (not plain and text.lstrip().startswith("[")):
        return value
    return [line.strip("\r") for line in text.split("\n") if line.strip()] or None


def _lines(values: list[Any]) -> str:
    """Items one on a line, if that reads as the same items again; else JSON."""
    text = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in values)
    return text if values and _listed(text) == values else json.dumps(values, ensure_ascii=False)


def _as_it_is(payload: Any) -> Any:
    return payload


def _paths(payload: Any) -> Any:
    """The paths of uploaded files; `gradio.Error` for anything else that a client names."""
    if payload is None:
        return None
    several = getattr(payload, "root", None)
    return [uploaded_path(one) for one in several] if several is not None else uploaded_path(payload)
