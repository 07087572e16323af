"""Actions of the sweep panel, which need the form: read a plan, start it, save it, open a saved one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from ...errors import InvalidRequest, InvalidSweep, PlaygroundError
from ...generation import derive_id
from ...image_ref import list_image_refs
from ...sweeps import presets
from ...sweeps.axes import AxisKind, AxisText
from ..events.action import action
from ..events.context import Context
from ..events.replace_form import replace_form
from ..events.update import Update
from ..generate.copy_settings import request_values
from ..text import field_hints, notices
from .sweep_plan import (
    NeedsApproval,
    PlanPreview,
    approver,
    ask,
    choose_preset,
    preview_plan,
    read_axes,
    render_answer,
    render_plan,
)

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
    preview = await context.run(preview_plan, context.operation, values, axes, context.session.finetunes)
    if problem:
        preview = PlanPreview((), problem=problem)
    return Update(sweep=await context.run(render_plan, _number(context), context, preview, chosen))


@action("startsweep", reads_form=True, paid=True)
async def start_sweep(context: Context) -> Update:
    """Make the plan of the panel with the form's values; a high price is asked about first.

    A sweep that the press has started before, maybe before the program was restarted, is shown again.
    """
    values, axes = context.form.read(context.raw), read_axes(context.data)
    number, name = _number(context), context.text("name").strip()[:MAX_SWEEP_NAME_CHARS]
    new_id = derive_id(context.visitor.id, context.press)
    with suppress(KeyError):
        await context.run(context.page.sweeps.get, new_id, context.visitor)
        return Update(sweep=render_answer(number, started=new_id), notice="", field_errors=())
    make = partial(context.page.sweeps.make, endpoint=context.operation.path, approve=approver(context), new_id=new_id)
    try:
        sweep = await context.run(partial(make, name=name or _name(values, axes)), values, axes, context.paying_visitor)
    except NeedsApproval as error:
        answer = render_answer(number, question=ask(context, error), images=error.estimate.images)
        return Update(sweep=answer, notice="")
    except (InvalidSweep, InvalidRequest) as error:
        return await _refuse(context, error)
    except PlaygroundError as error:
        return Update(notice=notices.render_error(error))
    return Update(sweep=render_answer(number, started=sweep.id), notice="", field_errors=())


@action("saveplan", reads_form=True)
async def save_plan(context: Context) -> Update:
    """Save the plan of the panel with the form's values under a name; nothing is sent."""
    values, axes, name = context.form.read(context.raw), read_axes(context.data), context.text("name")
    save = partial(context.page.sweeps.saved.save_plan, endpoint=context.operation.path)
    try:
        saved = await context.run(save, name, values, axes, context.visitor)
    except (InvalidSweep, InvalidRequest) as error:
        return await _refuse(context, error)
    except PlaygroundError as error:
        return Update(notice=notices.render_error(error))
    return Update(sweep=render_answer(_number(context), saved=saved.name))


@action("openplan", writes_form=True)
async def open_plan(context: Context) -> Update:
    """Put a plan into the form and the panel; fields that the axes set stay as they are.

    It is a saved one (`name`), that of a `sweep`, or the strength ladder of an image (`id`).
    """
    try:
        endpoint, values, axes, text = await context.run(_find_plan, context)
    except KeyError:
        return Update(notice=notices.notice("This plan does not exist any more."))
    except PlaygroundError as error:
        return Update(notice=notices.render_error(error))
    swept = {axis.field for axis in axes} - set(values)
    kept = [field.name for field in context.form.fields if not field.secret and field.name not in swept]
    inputs = await context.run(context.form.fill, {field: values.get(field) for field in kept})
    if endpoint != context.operation.path:
        text += f" It was made for {endpoint}."
    if lost := len(set(list_image_refs(values))):
        text += " An image is no longer kept." if lost == 1 else f" {lost} images are no longer kept."
    update = replace_form(context, inputs, text)
    plan = await context.run(render_plan, _number(context), context, PlanPreview(()), axes)
    return Update(notice=update.notice, inputs=update.inputs, sweep=plan)


def _find_plan(context: Context) -> tuple[str, dict[str, Any], list[AxisText], str]:
    """Return the endpoint, the values and the axes of what is opened, and a sentence; raises `KeyError`."""
    sweeps, playground, name = context.page.sweeps, context.playground, context.text("name")
    if context.text("id"):
        generation = playground.get(context.text("id"))
        if generation.owner != context.visitor.id:
            raise KeyError
        ladder = presets.strength_ladder(context.operation) or presets.seeds(context.operation)
        return (
            generation.endpoint,
            request_values(playground, generation),
            [ladder] if ladder else [],
            "Settings copied.",
        )
    if context.text("sweep"):
        endpoint, values, axes = sweeps.saved.copy_plan(sweeps.get(context.text("sweep"), context.visitor))
        return endpoint, values, axes, "Plan opened. The seed is new."
    return *sweeps.saved.open_plan(name, context.visitor), f"Plan “{name}” opened."


async def _refuse(context: Context, error: InvalidSweep | InvalidRequest) -> Update:
    """Return what is wrong with the axes, or with the fields of the form."""
    details = error.details if isinstance(error, InvalidRequest) else ()
    problem = f"{field_hints.label_of(details[0].field)}: {details[0].msg}." if details else error.message
    preview = PlanPreview((), problem=problem)
    plan = await context.run(render_plan, _number(context), context, preview)
    return Update(sweep=plan, field_errors=tuple(details) if details else None)


def _name(values: Mapping[str, Any], axes: Sequence[AxisText]) -> str:
    """Return the beginning of the first prompt: the name of a sweep that got none."""
    swept = (axis.text for axis in axes if axis.field == "prompt" and axis.kind is AxisKind.VALUES)
    prompt = next(swept, None) or str(values.get("prompt") or "")
    name = " ".join(next(iter(prompt.strip().splitlines()), "").split())
    return name if len(name) <= MAX_SWEEP_NAME_CHARS else f"{name[: MAX_SWEEP_NAME_CHARS - 1].rstrip()}…"


def _number(context: Context) -> int:
    number = context.data.get("number")
    return number if type(number) is int else 0
