"""A field of the schema → its inputs on the page, the quiet line under them, and back from the inputs to a value.

Whatever a schema says, there is an input for it: `inputs.py` has those that stand for one value, `parts.py` puts
several together, and what is too odd for either is written as JSON. Names no field (that is `labels.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import FieldError
from ...schema import Field
from ..text import labels
from ..text.html import escape, join
from . import compound, field_help, widgets
from .limits_text import limits
from .widgets import UNSET, start

__all__ = [
    "UNSET",
    "component",
    "components",
    "faults",
    "fill",
    "hint",
    "limits",
    "read",
    "shown",
    "start",
    "untouched",
]


def component(field: Field) -> Any:
    """The one input for a field; one that has no value of its own (`None`, or a sentinel choice) can be left blank."""
    return widgets.component(field)


def components(field: Field) -> dict[str, Any]:
    """All inputs of a field, by their keys: one under the field's own name, or several under keys that begin with it.

    They stand on the page where this is called.
    """
    return compound.draw(compound.plan(field))


def read(fields: Iterable[Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form as the program takes them; nothing is refused here, blank stays blank.

    `raw` is by the inputs' keys. A field that has several inputs may be given under its own name all the same.
    """
    values = {}
    for field in fields:
        if field.name in raw:
            values[field.name] = widgets.read(field, raw[field.name])
        elif not isinstance(part := compound.plan(field), compound.Leaf) and any(key in raw for key in part.fill(None)):
            values[field.name] = part.read(raw)
    return values


def fill(field: Field, value: Any) -> dict[str, Any]:
    """What the inputs of a field must hold, by their keys, for `value`; None is blank. The reverse of `read`."""
    return compound.plan(field).fill(value)


def untouched(field: Field) -> dict[str, Any]:
    """What the inputs of a field hold before anybody has touched them, by their keys."""
    part = compound.plan(field)
    return {part.key: start(field)} if isinstance(part, compound.Leaf) else part.fill(field.default)


def shown(field: Field, value: Any) -> Any:
    """What the one input of a field must hold to stand for `value`; `None` is blank."""
    return widgets.held(field, value)


def under(field: Field) -> str:
    """What stands under a field's input, its tools and its line, unseen: `assets/page.js` puts it there."""
    beside = field_help.beside(field)
    placed = f'<div class="tools">{beside}</div>' if beside else ""
    return f'<template data-under="{escape(field.name)}">{placed}<div class="hints">{hint(field)}</div></template>'


def hint(field: Field) -> str:
    """The line under a field: what it takes, from the schema. `assets/page.js` writes into it what is wrong."""
    about = labels.about(field)
    more = f"<details><summary>What it does</summary><p>{escape(about)}</p></details>" if about else ""
    takes = f'<p class="limits">{escape(limits(field))}</p>'
    return f'<div class="hint" id="hint-{escape(field.name)}">{takes}{more}</div>'


def faults(found: Iterable[FieldError]) -> str:
    """What is wrong with the form, by field, unseen: `assets/page.js` writes each under its own field."""
    rows = join(f'<li data-field="{escape(one.field)}">{escape(_placed(one))}</li>' for one in found)
    return f'<ul id="faults" hidden>{rows}</ul>'


def _placed(fault: FieldError) -> str:
    """What is wrong, led by where within the field it is."""
    names = [part for part in fault.loc if part != "body"][1:]
    where = " → ".join(f"item {part + 1}" if isinstance(part, int) else part for part in names)
    return f"{where} {fault.msg}" if where else fault.msg
