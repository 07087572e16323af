"""The notice beside Generate: why a request was not sent, or what was just done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...errors import FieldError, PlaygroundError
from ...schema import Field
from . import field_hints, messages
from .templates import render

MAX_LISTED_ERRORS = 20


def render_field_errors(errors: Sequence[FieldError], fields: Iterable[Field], *, by_api: bool = False) -> str:
    """Render the errors of fields, each with a link to its field; `by_api` says that the API rejected the request."""
    if not errors:
        return ""
    names = {field.name: field_hints.label(field) for field in field_hints.ordered(tuple(fields))}
    order = list(names)
    ordered = sorted(errors, key=lambda error: order.index(error.field) if error.field in names else -1)
    rows = [
        {"field": error.field, "label": names.get(error.field, ""), "text": error.msg}
        for error in ordered[:MAX_LISTED_ERRORS]
    ]
    head = f"Fix {len(errors)} field{'' if len(errors) == 1 else 's'} to generate"
    return render("notice.html", kind="errors", head="Rejected by the API" if by_api else head, rows=rows)


def render_error(error: PlaygroundError) -> str:
    """Render an error that stopped a request before it was sent."""
    words = messages.for_error(error)
    return render(
        "notice.html",
        kind="error",
        words=words,
        text=_end_sentence(messages.quoted(error) or words.happened),
        retry_hint=messages.retry_hint(error),
        key_label=messages.ACTION_LABELS["key"],
    )


def _end_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def notice(text: str, *, undo: bool = False, filled: Iterable[str] = ()) -> str:
    """Render a sentence on what was just done, with Undo; `filled` are the keys of inputs with new contents."""
    names = dict.fromkeys(key.partition("/")[0] for key in filled)
    return render("notice.html", kind="notice", text=text, undo=undo, filled=" ".join(names))
