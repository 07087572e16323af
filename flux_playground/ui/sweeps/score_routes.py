"""Routes of the scores that the owner's command gives to the images of a sweep."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..events.context import Context
from ..events.visit_requests import InvalidParameter, endpoint, json_endpoint
from .sweep_routes import find_sweep


def show_scores(context: Context, request: Request) -> Response:
    """Return the scores of a sweep so far; `isOn` is false where the settings name no command."""
    return _answer(context, request.path_params["id"])


def start_scores(context: Context, values: dict[str, Any]) -> Response:
    """Score the images of the sweep `id` that have no score yet; the answer is that of `show_scores`."""
    sweep_id = values.get("id")
    if not isinstance(sweep_id, str):
        raise InvalidParameter("This sweep is not in your history.")
    find_sweep(context, sweep_id)
    context.page.scores.start(sweep_id, context.visitor)
    return _answer(context, sweep_id)


def _answer(context: Context, sweep_id: str) -> Response:
    find_sweep(context, sweep_id)
    scores = context.page.scores.get(sweep_id, context.visitor)
    return JSONResponse(
        {
            "isOn": context.page.scores.is_on,
            "scores": dict(scores.scores),
            "errors": dict(scores.errors),
            "waiting": scores.waiting,
        },
        headers={"cache-control": "private, no-store"},
    )


ROUTES = (
    Route("/sweeps/scores/{id}", endpoint(show_scores)),
    Route("/sweeps/scores", json_endpoint(start_scores), methods=["POST"]),
)
