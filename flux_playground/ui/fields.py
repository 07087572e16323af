"""A field of the schema → its input on the page, the quiet line under it, and back from the input to a value.

Knows gradio and `Field`; names no field (that is `labels.py`). What gradio checks by itself is switched off: the
schema checks everything, so that each fault is told in one way, at its field, whichever door the value came through.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from ..errors import FieldError
from ..schema import Field
from . import labels
from .markup import escape, join

UNSET = "API default"
"""The choice that leaves a field out of the request."""

FEW = 4
"""Choices up to which all are shown at once."""


def component(field: Field) -> Any:
    """The input for a field. One that has no value of its own (`None`, or a sentinel choice) can be left blank."""
    made = _kind(field)(field)
    made.preprocess = _path if _is_image(field) else _as_it_is
    return made


def read(fields: Iterable[Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form as the program takes them; nothing is refused here, blank stays blank."""
    return {field.name: _read(field, raw[field.name]) for field in fields if field.name in raw}


def shown(field: Field, value: Any) -> Any:
    """What the input of a field must hold to stand for `value`, the reverse of `read`; `None` for a blank one."""
    if value is None and _is_choice(field):
        return ""
    if value is None:
        return start(field)
    if field.type in ("array", "object", "any") and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if _is_choice(field) or _is_switch(field) or _is_range(field):
        return value
    return str(value)


def start(field: Field) -> Any:
    """What the untouched input of a field holds."""
    if _is_choice(field):
        return "" if field.default is None else field.default
    if _is_switch(field):
        return bool(field.default)
    if _is_range(field) or field.default is None:
        return field.default
    return field.default if isinstance(field.default, str) else json.dumps(field.default)


def hint(field: Field, faults: Iterable[FieldError] = ()) -> str:
    """The line under a field: what is wrong with it, if anything, and what it takes, from the schema."""
    about = labels.about(field)
    more = f"<details><summary>What it does</summary><p>{escape(about)}</p></details>" if about else ""
    wrong = join(f'<p class="fault">{escape(fault.msg)}</p>' for fault in faults)
    takes = f'<p class="limits">{escape(limits(field))}</p>'
    return f'<div class="hint" id="hint-{escape(field.name)}">{wrong}{takes}{more}</div>'


def limits(field: Field) -> str:
    """What a field takes in a few words, such as "0 to 2 · default 1.2"."""
    parts = ["required"] if field.required else []
    low, high = _low(field), _high(field)
    if low is not None and high is not None:
        parts.append(f"{low:g} to {high:g}")
    elif low is not None or high is not None:
        parts.append(f"at least {low:g}" if low is not None else f"at most {high:g}")
    elif field.type == "integer":
        parts.append("any whole number")
    if field.multiple_of:
        parts.append(f"in steps of {field.multiple_of:g}")
    if field.max_length is not None and field.max_length < 100_000:
        parts.append(f"up to {field.max_length} characters")
    if field.default not in (None, ""):
        parts.append(f"default {json.dumps(field.default, ensure_ascii=False).strip(chr(34))}")
    elif not field.required:
        parts.append("optional")
    return " · ".join(parts)


def _read(field: Field, value: Any) -> Any:
    if _is_image(field):
        return Path(value) if value and not value.startswith("data:") else value
    if field.type in ("array", "object", "any") and isinstance(value, str) and value.strip():
        try:
            return json.loads(value)
        except ValueError:
            return value
    return None if value == "" else value


def _kind(field: Field) -> Callable[[Field], Any]:
    if _is_image(field):
        return _image
    if _is_choice(field):
        return _choice
    if _is_switch(field):
        return _switch
    return _range if _is_range(field) else _text


def _is_image(field: Field) -> bool:
    return field.media == "image" and field.type == "string"


def _is_choice(field: Field) -> bool:
    return bool(field.enum) or (field.type == "boolean" and not _is_switch(field))


def _is_switch(field: Field) -> bool:
    return field.type == "boolean" and not field.enum and isinstance(field.default, bool)


def _is_range(field: Field) -> bool:
    low, high = _low(field), _high(field)
    if field.type not in ("integer", "number") or field.enum or field.nullable or low is None or high is None:
        return False
    number = isinstance(field.default, int | float) and not isinstance(field.default, bool)
    return number and low <= field.default <= high and high - low <= 10_000


def _image(field: Field) -> Any:
    return gr.Image(
        label=labels.label(field),
        type="filepath",
        image_mode=None,  # the upload's bytes stay as they are
        sources=["upload", "clipboard"],
        height=190,
        elem_id=f"input-{field.name}",
        buttons=[],
    )


def _choice(field: Field) -> Any:
    values = list(field.enum) or [True, False]
    names = {True: "On", False: "Off"} if not field.enum else {}
    choices = [(str(names.get(value, value)), value) for value in values if value is not None]
    if not field.required:
        choices.append((UNSET, ""))
    kind = gr.Radio if len(choices) <= FEW else gr.Dropdown
    return kind(choices=choices, value=start(field), label=labels.label(field), elem_id=f"input-{field.name}")


def _switch(field: Field) -> Any:
    said = labels.SWITCHES.get(field.name, labels.label(field))
    return gr.Checkbox(value=start(field), label=said, elem_id=f"input-{field.name}", container=False)


def _range(field: Field) -> Any:
    low, high = _low(field) or 0, _high(field) or 0
    whole = 1 if field.type == "integer" else 0.01 if high - low <= 5 else (high - low) / 100
    return gr.Slider(
        minimum=low,
        maximum=high,
        value=start(field),
        step=field.multiple_of or whole,
        label=labels.label(field),
        elem_id=f"input-{field.name}",
    )


def _text(field: Field) -> Any:
    long = field.name in labels.LONG or field.type in ("array", "object", "any")
    return gr.Textbox(
        value=start(field),
        label=labels.label(field),
        placeholder=labels.placeholder(field),
        lines=4 if long else 1,
        max_lines=14 if long else 1,
        type="password" if field.secret else "text",
        elem_id=f"input-{field.name}",
    )


def _low(field: Field) -> float | None:
    return field.exclusive_minimum if field.minimum is None else field.minimum


def _high(field: Field) -> float | None:
    return field.exclusive_maximum if field.maximum is None else field.maximum


def _as_it_is(payload: Any) -> Any:
    return payload


def _path(payload: Any) -> str | None:
    """The uploaded file, unopened. That it is a file of ours, gradio has checked before."""
    return None if payload is None else payload.path or payload.url
