"""Routes that delete and restore images."""

from __future__ import annotations

import time
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..events.context import Context
from ..events.visit_requests import json_endpoint, read_ids


def delete(context: Context, values: dict[str, Any]) -> Response:
    """Hide images, to be deleted from the disk later; return the ids of those that were hidden."""
    ids = read_ids(values.get("ids"))
    hidden = context.playground.store.deletions.delete(context.visitor.id, ids, time.time())
    return JSONResponse({"ids": list(hidden)})


def restore(context: Context, values: dict[str, Any]) -> Response:
    """Undo a deletion."""
    context.playground.store.deletions.restore(context.visitor.id, read_ids(values.get("ids")))
    return JSONResponse({})


ROUTES = tuple(
    Route(f"/gallery/{name}", json_endpoint(answer), methods=["POST"])
    for name, answer in (("delete", delete), ("restore", restore))
)
