"""Renders the sheet of a sweep: its images in rows and columns, what it costs, what can be done, and its votes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ...storage.sweep_store import StoredSweep, SweepState
from ...sweeps.estimate import Estimate
from ...sweeps.plan import Plan
from ...sweeps.sheet import CellState, SharedFailure, SheetCell, arrange, count_states, shared_failures
from ...sweeps.votes import Ranking
from ..generate.card import Card, describe_card
from ..generate.result_view import frame_shape, requested_shape
from ..text import field_hints, messages, notices
from ..text.amounts import format_credits
from ..text.templates import render
from .sweep_plan import describe_duration

STATES = {
    CellState.MISSING: "not made",
    CellState.QUEUED: "queued",
    CellState.RUNNING: "running",
    CellState.SUCCEEDED: "ready",
    CellState.FAILED: "failed",
    CellState.SUBMIT_UNKNOWN: "not confirmed",
    CellState.DETACHED: "not downloaded",
}
"""The words for a number of cells in each state."""

LEFT = "Paid. Download it any time."
RETRIABLE = (CellState.FAILED, CellState.SUBMIT_UNKNOWN)


@dataclass(frozen=True)
class SheetTile:
    """One cell of the table: the card of its image, or its state. `control` is the id of the image to compare with.

    `can_leave` says that its image is being made, which need not be waited for, and `can_collect` that it is paid and
    not downloaded. `advice` says what then happens.
    """

    cell: SheetCell
    card: Card | None
    label: str
    starred: bool
    reason: str
    advice: str
    control: str
    can_cancel: bool
    can_leave: bool
    can_collect: bool
    can_retry: bool


def render_sheet(
    sweep: StoredSweep,
    plan: Plan,
    cells: Sequence[SheetCell],
    order: Sequence[int],
    estimate: Estimate | None,
    *,
    starred: Collection[str],
    is_demo: bool,
    waiting: Collection[str] = (),
) -> str:
    """Render a sheet whose columns, rows and pages are the axes of `order`.

    `estimate` is what the missing cells cost, None where that is not known. `waiting` has the ids of cells that will be
    started.
    """
    counts = count_states(cells)
    controls = _controls(plan, cells)
    pages = [
        {
            "label": page.label,
            "columns": page.columns,
            "rows": [
                (row.label, [_tile(one, sweep.id, starred, controls, waiting) for one in row.cells])
                for row in page.rows
            ],
        }
        for page in arrange(plan, cells, order)
    ]
    return render(
        "sheet.html",
        sweep=sweep,
        pages=pages,
        names=[axis_name(plan, axis) for axis in range(len(plan.axes))],
        order=list(order),
        shape=sheet_shape(cells),
        is_running=sweep.state is SweepState.RUNNING,
        counts=[(STATES[state], counts[state]) for state in STATES if counts[state]],
        total=len(cells),
        ready=counts[CellState.SUCCEEDED],
        missing=counts[CellState.MISSING],
        uncollected=counts[CellState.DETACHED],
        failed=sum(counts[state] for state in RETRIABLE),
        price=_price(estimate, is_demo=is_demo),
        duration=describe_duration(estimate.seconds) if estimate and estimate.images else "",
        failures=[_describe_failure(plan, one) for one in shared_failures(plan, cells)],
        problem=notices.render_error(sweep.problem) if sweep.problem else "",
        spent=_spent(cells, sweep.id, is_demo=is_demo),
    )


def render_ranking(ranking: Ranking, axis_name: str) -> str:
    """Render the ranking that the votes give, with its uncertainty."""
    lows, highs = [place.low for place in ranking.places], [place.high for place in ranking.places]
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    span = (high - low) or 1.0
    bars = [
        {"place": place, "left": 100 * (place.low - low) / span, "width": 100 * (place.high - place.low) / span}
        for place in ranking.places
    ]
    return render("ranking.html", ranking=ranking, bars=bars, axis=axis_name)


def _tile(
    one: SheetCell,
    sweep_id: str,
    starred: Collection[str],
    controls: dict[tuple[int, ...], str],
    waiting: Collection[str],
) -> SheetTile:
    generation, is_waiting = one.generation, one.cell.id in waiting
    can_stop, is_queued = one.can_be_stopped(sweep_id), one.state is CellState.QUEUED
    can_collect = one.state is CellState.DETACHED
    return SheetTile(
        cell=one,
        card=describe_card(generation) if generation is not None else None,
        label="waits" if is_waiting else STATES[one.state],
        starred=generation is not None and generation.id in starred,
        reason=messages.reason(one.error) if one.error else "",
        control=controls.get(one.cell.place, ""),
        advice=LEFT if can_collect and not one.error else "",
        can_cancel=is_waiting or (can_stop and is_queued),
        can_leave=can_stop and not is_queued,
        can_collect=can_collect,
        can_retry=one.state in RETRIABLE,
    )


def sheet_shape(cells: Sequence[SheetCell]) -> tuple[int, int]:
    """Return the shape of the cells: that of all images if they have the same, else a square."""
    shapes = {
        requested_shape(one.cell.request) or (frame_shape(one.generation) if one.generation else None) for one in cells
    }
    shape = shapes.pop() if len(shapes) == 1 else None
    return shape or (1, 1)


def _controls(plan: Plan, cells: Sequence[SheetCell]) -> dict[tuple[int, ...], str]:
    """Return for each place the image at the first point of the first axis, with which its image is compared."""
    ready = {one.cell.place: one.generation.id for one in cells if one.generation and one.state is CellState.SUCCEEDED}
    places = (one.cell.place for one in cells)
    return {place: ready[first] for place in places if place[0] and (first := (0, *place[1:])) in ready}


def axis_name(plan: Plan, axis: int) -> str:
    """Return the label of the field that an axis changes."""
    source = plan.axes[axis].source
    return field_hints.label_of(source.field) if source.field else "Table"


def _describe_failure(plan: Plan, failure: SharedFailure) -> str:
    name = axis_name(plan, failure.axis)
    return f"{failure.failed} of {failure.finished} images with {name} {failure.label} failed."


def _price(estimate: Estimate | None, *, is_demo: bool) -> str:
    if estimate is None or not estimate.images:
        return ""
    if is_demo:
        return "free"
    return "price unknown" if estimate.price.credits is None else f"≈ {format_credits(estimate.price.credits)}"


def _spent(cells: Sequence[SheetCell], sweep_id: str, *, is_demo: bool) -> str:
    """Return what the images of the sweep have cost, as far as the API has reported it."""
    costs = [one.generation.cost for one in cells if one.generation and one.generation.sweep == sweep_id]
    known = [cost for cost in costs if cost is not None]
    return f"{format_credits(sum(known))} spent" if known and not is_demo else ""
