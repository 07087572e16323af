"""Routes of a sheet: its table, what a visitor does with it, votes. Each request finds its visitor's sweeps only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ...errors import InvalidDocument, PlaygroundError
from ...storage.sweep_store import StoredSweep, SweepState, Vote
from ...sweeps.plan import Plan
from ...sweeps.plan_json import load_plan
from ...sweeps.sheet import CellState, SheetCell
from ...sweeps.table_file import decode_file
from ..account.payer_check import check_payer
from ..events.context import Context, Payer
from ..events.visit_requests import InvalidParameter, endpoint, fragment, json_endpoint
from ..text import image_urls
from ..text.templates import render
from .sheet_view import RETRIABLE, axis_name, render_ranking, render_sheet
from .sweep_plan import NeedsApproval, approver, ask, preview_plan, read_axes, render_plan

MAX_LISTED_SWEEPS = 60
STATE_WORDS = {SweepState.DRAFT: "not started", SweepState.RUNNING: "running", SweepState.PAUSED: "paused"}


def show_sheet(context: Context, request: Request) -> Response:
    """Return the table of a sweep; `order` has the numbers of its axes: columns, rows, pages."""
    sweep, plan = find_sweep(context, request.path_params["id"])
    cells = context.page.sweeps.cells(sweep.id, context.visitor)
    order = read_order(request.query_params.get("order", ""), plan)
    ids = [one.generation.id for one in cells if one.generation]
    annotations = context.playground.store.annotations.get(context.visitor.id, ids)
    starred = {one for one, annotation in annotations.items() if annotation.starred}
    try:
        estimate = context.page.sweeps.estimate(plan, context.visitor, sweep.id)
    except InvalidDocument:
        estimate = None
    run, is_demo = context.page.sweeps.run(sweep.id), context.payer is Payer.DEMO
    waiting = run.waiting if run else ()
    html = render_sheet(sweep, plan, cells, order, estimate, starred=starred, is_demo=is_demo, waiting=waiting)
    return fragment(html)


def show_list(context: Context, _: Request) -> Response:
    """Return the visitor's latest sweeps."""
    sweeps = [
        {
            "id": sweep.id,
            "name": sweep.name,
            "made_at": time.strftime("%Y-%m-%d %H:%M", time.localtime(sweep.created_at)),
            "state": STATE_WORDS.get(sweep.state, "complete"),
        }
        for sweep in context.page.sweeps.recent(context.visitor, MAX_LISTED_SWEEPS)
    ]
    return fragment(render("sweep_list.html", sweeps=sweeps))


def show_axes(context: Context, request: Request) -> Response:
    """Return the axes of a sweep as JSON, for the panel that changes them."""
    _, plan = find_sweep(context, request.path_params["id"])
    axes = [
        {"field": axis.source.field, "text": axis.source.text, "kind": axis.source.kind.value} for axis in plan.axes
    ]
    return JSONResponse({"axes": axes, "endpoint": plan.endpoint})


def show_pair(context: Context, request: Request) -> Response:
    """Return the two images to vote on next, without their settings, the ranking and the number of votes so far."""
    sweep, plan = find_sweep(context, request.path_params["id"])
    axis = _axis(request.query_params.get("axis", "0"), plan)
    sweeps, visitor = context.page.sweeps, context.visitor
    pair = sweeps.votes.next_pair(sweep.id, axis, visitor)
    by_id = {one.cell.id: one for one in sweeps.cells(sweep.id, visitor)}
    images = [_image(by_id[cell.id]) for cell in pair or ()]
    ranking = render_ranking(sweeps.votes.ranking(sweep.id, axis, visitor), axis_name(plan, axis))
    names = [axis_name(plan, number) for number in range(len(plan.axes))]
    votes, ids = len(context.playground.store.sweeps.votes(sweep.id)), [cell.id for cell in pair or ()]
    return JSONResponse({"cells": ids, "images": images, "ranking": ranking, "axes": names, "votes": votes})


def vote(context: Context, values: dict[str, Any]) -> Response:
    """Store a vote (`first`, `second`, `winner`: ids of cells, or "" for a tie); or take the last one back (`undo`)."""
    sweep, _ = find_sweep(context, _text(values, "id"))
    if values.get("undo") is True:
        context.page.sweeps.votes.undo(sweep.id, context.visitor)
    else:
        chosen = Vote(_text(values, "first"), _text(values, "second"), _text(values, "winner"))
        context.page.sweeps.votes.add(sweep.id, chosen, context.visitor)
    return JSONResponse({})


def act(context: Context, values: dict[str, Any]) -> Response:
    """Do one of `ACTS` with a sweep; the answer has a `question` instead where the price must be approved first."""
    name = _text(values, "act")
    run = ACTS.get(name)
    if run is None:
        raise InvalidParameter("This action is not known.")
    sweep, _ = find_sweep(context, _text(values, "id"))
    if name in PAID_ACTS:
        check_payer(context.with_data(**values))
        if not context.page.sessions.claim_press(context.visitor, context.with_data(**values).press):
            return JSONResponse({})
    try:
        run(context.with_data(**values), sweep, values)
    except NeedsApproval as error:
        return JSONResponse({"question": ask(context, error), "images": error.estimate.images})
    return JSONResponse({})


def extend(context: Context, values: dict[str, Any]) -> Response:
    """Give a sweep other axes; the images that it keeps are kept. Nothing is sent."""
    sweep, _ = find_sweep(context, _text(values, "id"))
    context.page.sweeps.extend(sweep.id, read_axes(values), context.visitor)
    return JSONResponse({})


def preview_axes(context: Context, values: dict[str, Any]) -> Response:
    """Return what the axes mean that would replace those of a sweep."""
    sweep, plan = find_sweep(context, _text(values, "id"))
    operation = context.playground.document.operation(sweep.endpoint)
    preview = preview_plan(operation, plan.values, read_axes(values), context.session.finetunes)
    number = values.get("number")
    number = number if type(number) is int else 0
    return fragment(render_plan(number, context, preview, operation=operation, sweep_id=sweep.id))


async def read_file(request: Request) -> Response:
    """Return the text of an uploaded CSV or text file, in any usual encoding."""
    data = b"".join([part async for part in request.stream()])
    try:
        return PlainTextResponse(decode_file(data))
    except PlaygroundError as error:
        return PlainTextResponse(error.message, 400)


def _resume(context: Context, sweep: StoredSweep, _: Mapping[str, Any]) -> None:
    context.page.sweeps.start(sweep.id, context.paying_visitor, approver(context))


def _retry(context: Context, sweep: StoredSweep, values: Mapping[str, Any]) -> None:
    cells = context.page.sweeps.cells(sweep.id, context.visitor)
    wanted = values.get("cells")
    ids = [one.cell.id for one in cells if one.state in RETRIABLE]
    if isinstance(wanted, list):
        retriable = (*RETRIABLE, CellState.MISSING)
        ids = [one.cell.id for one in cells if one.cell.id in wanted and one.state in retriable]
    context.page.sweeps.retry(sweep.id, ids, context.paying_visitor, approver(context), context.press)


def _cancel(context: Context, sweep: StoredSweep, values: Mapping[str, Any]) -> None:
    wanted = values.get("cells")
    ids = [one for one in wanted if isinstance(one, str)] if isinstance(wanted, list) else []
    context.page.sweeps.cancel(sweep.id, ids, context.visitor)


def _collect(context: Context, sweep: StoredSweep, values: Mapping[str, Any]) -> None:
    wanted = values.get("cells")
    context.page.sweeps.collect(sweep.id, context.visitor, wanted if isinstance(wanted, list) else None)


def _rename(context: Context, sweep: StoredSweep, values: Mapping[str, Any]) -> None:
    context.page.sweeps.rename(sweep.id, _text(values, "name").strip()[:80], context.visitor)


ACTS: Mapping[str, Callable[[Context, StoredSweep, Mapping[str, Any]], object]] = {
    "resume": _resume,
    "retry": _retry,
    "cancel": _cancel,
    "collect": _collect,
    "pause": lambda context, sweep, _: context.page.sweeps.pause(sweep.id, context.visitor),
    "stop": lambda context, sweep, _: context.page.sweeps.stop(sweep.id, context.visitor),
    "delete": lambda context, sweep, _: context.page.sweeps.delete(sweep.id, context.visitor),
    "rename": _rename,
}
"""What the controls of a sheet do."""

PAID_ACTS = ("resume", "retry")


def find_sweep(context: Context, sweep_id: str) -> tuple[StoredSweep, Plan]:
    """Return a sweep of the visitor and its plan; raises `InvalidParameter` for any other id."""
    try:
        sweep = context.page.sweeps.get(sweep_id, context.visitor)
    except KeyError:
        raise InvalidParameter("This sweep is not in your history.") from None
    return sweep, load_plan(sweep.plan)


def read_order(text: str, plan: Plan) -> list[int]:
    """Return the axes of columns, rows and pages; the order of the plan where the text names no other."""
    axes = [str(axis) for axis in range(len(plan.axes))]
    order = text.split(",")
    return [int(axis) for axis in (order if sorted(order) == axes else axes)]


def _axis(text: str, plan: Plan) -> int:
    return int(text) if text in [str(axis) for axis in range(len(plan.axes))] else 0


def _image(one: SheetCell) -> str:
    return image_urls.image(one.generation) if one.generation else ""


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else ""


ROUTES = (
    Route("/sweeps/sheet/{id}", endpoint(show_sheet)),
    Route("/sweeps/axes/{id}", endpoint(show_axes)),
    Route("/sweeps/pair/{id}", endpoint(show_pair)),
    Route("/sweeps/list", endpoint(show_list)),
    Route("/sweeps/file", read_file, methods=["POST"]),
    *(
        Route(f"/sweeps/{name}", json_endpoint(answer), methods=["POST"])
        for name, answer in (("act", act), ("vote", vote), ("extend", extend), ("preview", preview_axes))
    ),
)
