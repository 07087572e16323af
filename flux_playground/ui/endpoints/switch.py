"""Several endpoints on one page: which is chosen, and what of a form goes along when another one is.

Knows the playground, its operations and a tab's desk, not gradio. The choice itself is the browser's and stands in
the link (`assets/endpoints.js`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidRequest
from ...playground import Playground
from ...schema import Field, Operation
from ...schema.coerce import is_blank, meant
from ...schema.validate import check
from ..form import field_values, reuse, widgets
from ..text import labels
from ..text.html import escape, icon, join


@dataclass(frozen=True)
class Arrival:
    """What the form of an endpoint holds after it was chosen, by its inputs' keys, and what did not fit there."""

    held: Mapping[str, Any]
    unfit: tuple[tuple[str, str], ...]


def offered(playground: Playground) -> tuple[Field, ...]:
    """The fields that the page has inputs for: all of the operation's, less what strangers must not set."""
    hosted = playground.settings.hosted
    return tuple(one for one in playground.operation.fields if not (hosted and one.name in labels.OWNERS))


def views(playground: Playground) -> list[Playground]:
    """The playground as each endpoint's own, the one of the settings first."""
    first = playground.operation
    others = [one for one in playground.document.operations if one.path != first.path]
    return [playground.at(one.path) for one in (first, *others)]


def picker(operations: Sequence[Operation]) -> str:
    """What stands in the head for the endpoint: its path or, where there are several, a choice of them."""
    if len(operations) == 1:
        return f'<p class="endpoint">{escape(operations[0].path)}</p>'
    listed = join(_option(one) for one in operations)
    return (
        f'<label class="endpoint"><span class="unseen">Endpoint</span><select id="endpoint">{listed}</select></label>'
    )


def _option(one: Operation) -> str:
    summary = "" if one.summary == one.path else f" · {one.summary[:80]}"
    return f'<option value="{escape(one.path)}">{escape(one.path + summary)}</option>'


def touched(offered: Sequence[Field], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form that somebody has given: what an untouched form holds is not among them."""
    out = {}
    for field in offered:
        value = field_values.read([field], raw).get(field.name)
        untouched = field_values.read([field], field_values.untouched(field)).get(field.name)
        if not is_blank(value) and value != untouched and str(value) != str(untouched):
            out[field.name] = value
    return out


def arrive(offered: Sequence[Field], carried: Mapping[str, Any]) -> Arrival:
    """The values that came along, put into the form of these fields; what does not fit is named with the reason."""
    held: dict[str, Any] = {}
    unfit = [(name, "has no field here") for name in carried if name not in {one.name for one in offered}]
    for field in offered:
        value = carried.get(field.name)
        wrong = "" if is_blank(value) else _misfit(field, value)
        if wrong:
            unfit.append((field.name, wrong))
        held |= field_values.untouched(field) if wrong or is_blank(value) else reuse.fill(field, value)
    return Arrival(held, tuple(unfit))


def unfit(arrival: Arrival) -> str:
    """The notice of what did not come along; "" when everything did."""
    if not arrival.unfit:
        return ""
    rows = join(f"<li><b>{escape(name)}</b> {escape(why)}</li>" for name, why in arrival.unfit)
    said = "Not carried over to this endpoint. It is back when you return."
    inside = f'<div><p class="head">{said}</p><ul>{rows}</ul></div>'
    return f'<div class="reasons unfit" role="status">{icon("warn")}{inside}</div>'


def _misfit(field: Field, value: Any) -> str:
    """Why a field does not take a value, or ""; files are looked at when they are sent."""
    if widgets.is_image(field) or widgets.is_images(field):
        fits = isinstance(value, list) == widgets.is_images(field)
        return "" if fits else "takes a list of images here" if widgets.is_images(field) else "takes one image here"
    schema = {"type": "object", "properties": {field.name: dict(field.schema)}}
    try:
        errors = check(schema, {field.name: meant(value, field.schema)})
    except InvalidRequest as error:
        errors = error.details
    return errors[0].msg if errors else ""
