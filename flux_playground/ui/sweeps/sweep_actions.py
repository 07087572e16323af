"""Actions of the sweep panel, which need the form: read a plan, start it."""

from __future__ import annotations

from typing import Any

from ...errors import InvalidRequest, InvalidSweep, PlaygroundError
from ..events.action import action
from ..events.context import Context
from ..events.update import Update
from ..text import notices
from .sweep_plan import PlanPreview, choose_preset, preview_plan, read_axes, render_plan, render_started

MAX_SWEEP_NAME_CHARS = 80


@action("plansweep", reads_form=True)
async def plan_sweep(context: Context) -> Update:
    """Show what the axes of the panel mean, and what their images cost; a preset fills in the axes first."""
    values = context.form.read(context.raw)
    preset, axes = context.text("preset"), read_axes(context.data)
    chosen, problem = None, ""
    if preset:
        chosen, problem = choose_preset(context, preset, values)
        axes = chosen
    preview = await context.run(preview_plan, context.operation, values, axes)
    if problem:
        preview = PlanPreview((), problem=problem)
    return Update(sweep=await context.run(render_plan, _number(context), context, preview, chosen))


@action("startsweep", reads_form=True, paid=True)
async def start_sweep(context: Context) -> Update:
    """Store the plan of the panel with the form's values, and start it unless it is a draft."""
    values, axes = context.form.read(context.raw), read_axes(context.data)
    name = context.text("name").strip()[:MAX_SWEEP_NAME_CHARS]
    try:
        sweep_id = await context.run(_create, context, values, axes, name)
    except InvalidSweep as error:
        preview = PlanPreview((), problem=error.message)
        return Update(sweep=await context.run(render_plan, _number(context), context, preview))
    except InvalidRequest as error:
        return Update(field_errors=error.details)
    except PlaygroundError as error:
        return Update(notice=notices.render_error(error))
    return Update(sweep=render_started(_number(context), sweep_id), notice="", field_errors=())


def _create(context: Context, values: dict[str, Any], axes: list[Any], name: str) -> str:
    sweeps, visitor = context.page.sweeps, context.paying_visitor
    endpoint, name = context.operation.path, name or _name(values)
    sweep = sweeps.create(values, axes, visitor, endpoint=endpoint, name=name)
    sweeps.start(sweep.id, visitor)
    return sweep.id


def _name(values: dict[str, Any]) -> str:
    """Return the beginning of the prompt: the name of a sweep that got none."""
    return " ".join(str(values.get("prompt") or "").split())[:MAX_SWEEP_NAME_CHARS]


def _number(context: Context) -> int:
    number = context.data.get("number")
    return number if type(number) is int else 0
