"""A sweep as an MCP tool: one request with axes of values, its price first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ...account_finetunes import NO_LIST
from ...errors import InvalidSweep
from ...playground import Visitor
from ...storage.sweep_store import SweepState
from ...sweep_control import Sweeps
from ...sweeps.axes import AxisKind, AxisText
from ...sweeps.estimate import Estimate
from ...sweeps.plan import MAX_AXES
from ...sweeps.sheet import CellState, SheetCell, count_states
from ..session.worker_threads import WorkerThreads
from ..text import image_urls

NAME = "sweep"
DESCRIPTION = (
    "Generates one image for each combination of values of up to three fields, all with the same seed. Without"
    " `max_images` it only returns the number of images and their price in credits. It costs money: `max_images` is"
    " the number of images that may be generated; a larger sweep is refused. Without `approved`, so is an expensive one"
    " and one with a finetune that the account does not list. `images` in the result are relative to the page's URL."
)
AXIS_TEXT = (
    "Numbers: `0.8, 1.2`, `0-2 [6]` for six values, `1-10 (+2)` with a step. Seeds: `4 random`. Other values are"
    " separated by commas, prompts by line breaks. `replace`: `old -> new, newer`. `table`: CSV with field names."
)
CHECK_SECONDS = 0.5

Report = Callable[[float, str], Awaitable[None]]


def describe(endpoints: Sequence[str]) -> dict[str, Any]:
    """Return the tool as MCP describes it."""
    axis = {
        "type": "object",
        "properties": {
            "field": {"type": "string", "description": "The name of a field; empty for a table."},
            "text": {"type": "string", "description": AXIS_TEXT},
            "kind": {"enum": [kind.value for kind in AxisKind], "default": AxisKind.VALUES.value},
        },
        "required": ["text"],
        "additionalProperties": False,
    }
    properties = {
        "endpoint": {"enum": list(endpoints), "default": endpoints[0]},
        "values": {"type": "object", "description": "The request without the fields of the axes."},
        "axes": {"type": "array", "items": axis, "minItems": 1, "maxItems": MAX_AXES},
        "max_images": {"type": "integer", "minimum": 0, "default": 0},
        "approved": {
            "type": "boolean",
            "default": False,
            "description": "The user was asked, and agrees to the price and the unlisted finetunes.",
        },
    }
    schema = {"type": "object", "properties": properties, "required": ["axes"], "additionalProperties": False}
    hints = {"readOnlyHint": False, "destructiveHint": False, "openWorldHint": True}
    return {
        "name": NAME,
        "title": "Sweep over values",
        "description": DESCRIPTION,
        "inputSchema": schema,
        "annotations": hints,
    }


async def run(
    sweeps: Sweeps,
    visitor: Visitor,
    arguments: Mapping[str, Any],
    threads: WorkerThreads,
    report: Report | None = None,
) -> dict[str, Any]:
    """Estimate or make a sweep and return its cells. Cancelling the call does not stop the sweep.

    Raises what `Sweeps.make` raises, and `InvalidSweep` for too many images, and for a price or a finetune that must be
    approved.
    """
    values, axes, endpoint, most = _read(arguments)
    on_thread = partial(threads, visitor.identity.address)
    is_approved, note = arguments.get("approved") is True, {}
    if not most or not is_approved:
        plan = await on_thread(partial(sweeps.plan, endpoint=endpoint), values, axes, visitor)
        estimate = await on_thread(sweeps.estimate, plan, visitor)
        unlisted = await on_thread(sweeps.find_unlisted, estimate, visitor)
        note = {"note": NO_LIST} if unlisted is None else {}
        if not most:
            return _result({"estimate": _describe_estimate(estimate, unlisted)})
        if unlisted:
            raise InvalidSweep(
                f"Not in the account's list of finetunes: {', '.join(unlisted)}. Ask the user, then call again with"
                " `approved`."
            )

    def approve(estimate: Estimate) -> None:
        if estimate.images > most:
            raise InvalidSweep(f"This sweep makes {estimate.images:,} images, more than the {most:,} that are allowed.")
        if not is_approved and sweeps.needs_approval(estimate, visitor):
            amount = estimate.price.credits
            price = "an unknown amount" if amount is None else f"about {amount:,.6g} credits"
            raise InvalidSweep(
                f"{estimate.images:,} images cost {price}. Ask the user, then call again with `approved`."
            )

    sweep = await on_thread(partial(sweeps.make, endpoint=endpoint, approve=approve), values, axes, visitor)
    loop = asyncio.get_running_loop()
    begun, reported = loop.time(), ""
    while (await on_thread(sweeps.get, sweep.id, visitor)).state is SweepState.RUNNING:
        await asyncio.sleep(CHECK_SECONDS)
        if report is not None:
            counts = count_states(await on_thread(sweeps.cells, sweep.id, visitor))
            text = f"{counts[CellState.SUCCEEDED]} of {counts.total()} images ready"
            if text != reported:
                reported = text
                await report(round(loop.time() - begun, 2), text)
    cells = await on_thread(sweeps.cells, sweep.id, visitor)
    final = await on_thread(sweeps.get, sweep.id, visitor)
    problem = final.problem.message if final.problem else ""
    return _result({"sweep": sweep.id, "problem": problem, **note, "images": [_describe(one) for one in cells]})


def _read(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[AxisText], str, int]:
    values, sent, endpoint = arguments.get("values", {}), arguments.get("axes"), arguments.get("endpoint", "")
    most = arguments.get("max_images", 0)
    if not isinstance(values, dict) or not isinstance(endpoint, str) or type(most) is not int:
        raise InvalidSweep("`values` is an object, `endpoint` a text and `max_images` a whole number.")
    axes = []
    for one in sent if isinstance(sent, list) else []:
        text, field, kind = (
            (one.get(name, "") for name in ("text", "field", "kind")) if isinstance(one, dict) else ("",) * 3
        )
        if not isinstance(text, str) or not isinstance(field, str) or kind not in ("", *AxisKind):
            raise InvalidSweep("An axis has a `field`, a `text` and a `kind`.")
        axes.append(AxisText(field, text, AxisKind(kind or AxisKind.VALUES)))
    return values, axes, endpoint, most


def _describe_estimate(estimate: Estimate, unlisted: Sequence[str] | None) -> dict[str, Any]:
    note = {"note": NO_LIST} if unlisted is None else {}
    return note | {
        "images": estimate.images,
        "existing": estimate.existing,
        "credits": estimate.price.credits,
        "unlisted_finetunes": list(unlisted or ()),
    }


def _describe(one: SheetCell) -> dict[str, Any]:
    """Return a cell: its labels, its state, and its image or why there is none."""
    generation = one.generation
    described: dict[str, Any] = {"labels": list(one.cell.labels), "state": one.state.value}
    if generation is not None and one.state is CellState.SUCCEEDED:
        described |= {"id": generation.id, "seed": generation.seed, "image": image_urls.image(generation)}
    if one.error is not None:
        described["error"] = one.error.message
    return described


def _result(record: dict[str, Any]) -> dict[str, Any]:
    content = [{"type": "text", "text": json.dumps(record, ensure_ascii=False)}]
    return {"content": content, "structuredContent": record, "isError": False}
