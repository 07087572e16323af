"""Routes for chosen images: stars, ratings, tags and notes, and which of them are the visitor's."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..events.context import Context
from ..events.visit_requests import InvalidParameter, json_endpoint, read_ids
from .gallery_view import describe_annotation


def annotate(context: Context, values: dict[str, Any]) -> Response:
    """Change the annotations of images; return the new ones by id. Raises `InvalidParameter`, `InvalidRequest`."""
    ids, annotations = read_ids(values.get("ids")), context.playground.store.annotations
    changed = annotations.update(
        context.visitor.id,
        ids,
        starred=_read(values, "starred", bool),
        rating=_read(values, "rating", int),
        add_tags=_read_texts(values, "addTags"),
        remove_tags=_read_texts(values, "removeTags"),
        note=_read(values, "note", str),
    )
    return JSONResponse({one: describe_annotation(annotation) for one, annotation in changed.items()})


def find_owned(context: Context, values: dict[str, Any]) -> Response:
    """Return those of some ids whose images are this visitor's and are not deleted."""
    entries = context.playground.store.search.entries(context.visitor.id, read_ids(values.get("ids")))
    return JSONResponse({"ids": [entry.generation.id for entry in entries]})


def _read(values: dict[str, Any], name: str, kind: type) -> Any:
    value = values.get(name)
    if value is not None and type(value) is not kind:
        raise InvalidParameter(f"{name} is not valid.")
    return value


def _read_texts(values: dict[str, Any], name: str) -> tuple[str, ...]:
    texts = values.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidParameter(f"{name} is not valid.")
    return tuple(texts)


ROUTES = tuple(
    Route(f"/gallery/{name}", json_endpoint(answer), methods=["POST"])
    for name, answer in (("annotate", annotate), ("owned", find_owned))
)
