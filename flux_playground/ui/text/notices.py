"""What stands at the Generate button: why it could not, or what was just done. From errors to HTML, knows no gradio."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...errors import FieldError, PlaygroundError
from ...schema import Field
from . import labels, messages
from .html import button, escape, icon, join


def render_field_errors(faults: Sequence[FieldError], fields: Iterable[Field], *, by_api: bool = False) -> str:
    """The list of faults, each leading to its field; "" when there is none. `by_api`: the API found them."""
    if not faults:
        return ""
    names = {field.name: labels.label(field) for field in labels.ordered(tuple(fields))}
    order = list(names)
    faults = sorted(faults, key=lambda fault: order.index(fault.field) if fault.field in names else -1)
    rows = join(f"<li>{_row(fault, names)}</li>" for fault in faults[:20])
    fix = f"Fix {len(faults)} field{'' if len(faults) == 1 else 's'} to generate"
    head = "Rejected by the API" if by_api else fix
    return f'<div class="reasons" role="alert">{icon("warn")}<div><p class="head">{head}</p><ul>{rows}</ul></div></div>'


def render_error(error: PlaygroundError) -> str:
    """Why a request could not even be tried."""
    said = messages.of(error)
    quote = messages.quoted(error)
    offer = button("key", messages.OFFERS["key"], drawing="key") if "key" in said.offers else ""
    return (
        f'<div class="reasons" role="alert">{icon("warn")}<div><p class="head">{escape(said.title)}</p>'
        f"<p>{escape(quote or said.happened)} {escape(messages.returns(error))} {escape(said.cost)}</p>"
        f"{offer}</div></div>"
    )


def notice(text: str, *, undo: bool = False, filled: Iterable[str] = ()) -> str:
    """A sentence on what was just done, with an Undo button; `filled` are the inputs whose errors the page drops."""
    back = f" {button('undo', 'Undo')}" if undo else ""
    keys = f' data-filled="{escape(" ".join(filled))}"' if filled else ""
    return f'<p class="notice" role="status"{keys}>{escape(text)}{back}</p>'


def _row(fault: FieldError, names: dict[str, str]) -> str:
    name = names.get(fault.field)
    if name is None:
        return f"{escape(fault.field)} {escape(fault.msg)}".strip()
    place = escape(fault.field)
    link = f'<a href="#input-{place}" data-act="goto" data-field="{place}">{escape(name)}</a>'
    return f"{link} {escape(fault.msg)}"
