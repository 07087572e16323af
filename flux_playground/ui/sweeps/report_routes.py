"""The route that exports a sweep: its report, its image, its plan. A form, so that browsers save the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ...errors import PlaygroundError, QueueFull
from ...recipe import drop_private_fields
from ...snippets.sweep_script import ScriptCell, render_sweep_script
from ...storage.sweep_store import StoredSweep
from ...sweeps.plan import Plan, expand
from ...sweeps.plan_json import dump_plan
from ...sweeps.report import SweepRecord, Wording, export_report
from ...sweeps.sheet_image import export_image
from ...sweeps.votes import MAX_COMPETITORS
from ..events.context import Context
from ..events.visit_requests import InvalidParameter, attachment, context_of
from ..recipes.code_panel import choose_server
from ..text import field_hints, messages
from ..text.amounts import format_credits
from .sheet_view import STATES
from .sweep_routes import find_sweep, read_order

MAX_NAME_CHARS = 60
WORDING = Wording(field_hints.label_of, STATES, format_credits, messages.reason)

Export = Callable[[Context, StoredSweep, Plan, Sequence[int]], Iterator[bytes]]
EXPORTS: dict[str, tuple[str, str, Export]] = {
    "html": ("html", "text/html; charset=utf-8", lambda *what: export_report(_record(*what[:3]), WORDING, what[3])),
    "png": ("png", "image/png", lambda *what: _draw("PNG", *what)),
    "jpeg": ("jpg", "image/jpeg", lambda *what: _draw("JPEG", *what)),
    "webp": ("webp", "image/webp", lambda *what: _draw("WEBP", *what)),
    "json": ("json", "application/json", lambda context, sweep, plan, order: iter([dump_plan(plan).encode()])),
    "py": ("py", "text/x-python; charset=utf-8", lambda context, sweep, plan, order: _write_script(context, plan)),
}
"""Suffix, media type and function of each format."""


async def export(request: Request) -> Response:
    """Stream the visitor's sweep `id` in the `format`; `order` has the axes of columns, rows and pages."""
    form = await request.form()
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    context = context_of(request, fields.get("token", ""))
    try:
        return await context.run_export(_export, context, fields)
    except InvalidParameter as error:
        return PlainTextResponse(str(error), 400)
    except QueueFull as error:
        return PlainTextResponse(error.message, 503)
    except PlaygroundError as error:
        return PlainTextResponse(error.message, 400)


def _export(context: Context, fields: dict[str, str]) -> Response:
    suffix, media_type, run = EXPORTS.get(fields.get("format", ""), ("", "", None))
    if run is None:
        raise InvalidParameter("This format is not known.")
    sweep, plan = find_sweep(context, fields.get("id", ""))
    chunks = run(context, sweep, plan, read_order(fields.get("order", ""), plan))
    return attachment(context, chunks, media_type, f"{_file_stem(sweep)}.{suffix}")


def _file_stem(sweep: StoredSweep) -> str:
    words = re.findall(r"\w+", sweep.name)
    return "-".join(["sweep", *words])[:MAX_NAME_CHARS]


def _draw(format_name: str, context: Context, sweep: StoredSweep, plan: Plan, order: Sequence[int]) -> Iterator[bytes]:
    return export_image(_record(context, sweep, plan), WORDING, format_name, order)


def _write_script(context: Context, plan: Plan) -> Iterator[bytes]:
    server, _ = choose_server(context, plan.endpoint)
    cells = [ScriptCell(cell.id, cell.labels, drop_private_fields(cell.request)) for cell in expand(plan)]
    return iter([render_sweep_script(server, plan.endpoint, cells).encode()])


def _record(context: Context, sweep: StoredSweep, plan: Plan) -> SweepRecord:
    sweeps, store, visitor = context.page.sweeps, context.playground.store, context.visitor
    cells = sweeps.cells(sweep.id, visitor)
    axes = [number for number, axis in enumerate(plan.axes) if 2 <= len(axis.points) <= MAX_COMPETITORS]
    rankings = {axis: sweeps.votes.ranking(sweep.id, axis, visitor) for axis in axes}
    return SweepRecord(
        sweep=sweep,
        plan=plan,
        cells=cells,
        read_image=store.read_image,
        generations=store.of_sweep(visitor.id, sweep.id),
        annotations=store.annotations.get(visitor.id, [one.generation.id for one in cells if one.generation]),
        rankings={axis: ranking for axis, ranking in rankings.items() if ranking.votes},
        scores=context.page.scores.by_generation(sweep.id),
        is_free=context.is_local,
    )


ROUTES = (Route("/sweeps/report", export, methods=["POST"]),)
