"""Routes of what a visitor has saved by name: plans, and values of axes such as sets of prompts."""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...storage.saved_plan_store import SavedKind
from ..events.context import Context
from ..events.visit_requests import InvalidParameter, endpoint, fragment, json_endpoint
from ..text import field_hints
from ..text.templates import render
from .sweep_plan import read_axes


def show_saved(context: Context, request: Request) -> Response:
    """Return the visitor's saved plans or values."""
    kind = _kind(request.path_params["kind"])
    saved = [
        {
            "name": one.name,
            "endpoint": one.endpoint,
            "fields": " × ".join(field_hints.label_of(name) if name else "Table" for name in one.fields),
            "size": one.size,
            "saved_on": time.strftime("%Y-%m-%d", time.localtime(one.saved_at)),
        }
        for one in context.page.sweeps.saved.of_kind(kind, context.visitor)
    ]
    return fragment(render("saved_list.html", kind=kind.value, saved=saved))


def change_saved(context: Context, values: dict[str, Any]) -> Response:
    """Save the values of an axis (`axes`), or rename, delete or open what has the `name`."""
    saved, visitor = context.page.sweeps.saved, context.visitor
    kind, name, act = _kind(values.get("kind")), _text(values, "name"), values.get("act")
    try:
        if act == "save":
            axes = read_axes(values)
            if not axes:
                raise InvalidParameter("The axis has no values.")
            saved.save_values(name, axes[0], visitor, endpoint=_text(values, "endpoint"))
        elif act == "rename":
            saved.rename(kind, name, _text(values, "to"), visitor)
        elif act == "delete":
            saved.delete(kind, name, visitor)
        elif act == "open":
            axis = saved.open_values(name, visitor)
            return JSONResponse({"field": axis.field, "text": axis.text, "kind": axis.kind.value})
        else:
            raise InvalidParameter("This action is not known.")
    except KeyError:
        raise InvalidParameter("This is not saved any more.") from None
    return JSONResponse({})


def _kind(value: Any) -> SavedKind:
    if value not in set(SavedKind):
        raise InvalidParameter("Only plans and values are saved.")
    return SavedKind(value)


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else ""


ROUTES = (
    Route("/sweeps/saved/{kind}", endpoint(show_saved)),
    Route("/sweeps/saved", json_endpoint(change_saved), methods=["POST"]),
)
