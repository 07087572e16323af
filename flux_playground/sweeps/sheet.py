"""The cells of a sweep with their generations, laid out in pages, rows and columns."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..errors import (
    APIUnreachable,
    Intercepted,
    NoSuchAddress,
    OutOfCredits,
    PlaygroundError,
    QuotaExceeded,
    RateLimited,
    StorageError,
    Unauthorized,
)
from ..generation import Generation, State
from ..recipe import fingerprint
from .plan import Cell, Plan

OBSTACLES = (
    APIUnreachable,
    Intercepted,
    NoSuchAddress,
    OutOfCredits,
    QuotaExceeded,
    RateLimited,
    StorageError,
    Unauthorized,
)
"""Errors before a task was accepted that have nothing to do with the cell: they stop a sweep, and cost nothing."""


class CellState(StrEnum):
    """The state of a cell."""

    MISSING = "missing"  # never sent, nothing was charged
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "ready"
    FAILED = "failed"  # refused, moderated or lost
    SUBMIT_UNKNOWN = "unknown"  # may have been charged; repeated only when a person asks for it
    DETACHED = "uncollected"


MAX_COLUMNS, MAX_COLUMNS_OF_ROW = 12, 5
"""Columns side by side in an exported sheet, and those of a sheet with one row."""

RANKS = {CellState.MISSING: 0, CellState.QUEUED: 2, CellState.RUNNING: 2, CellState.SUCCEEDED: 3}
"""Which of the generations of a cell counts; those without an entry have rank 1, and of equals the latest counts."""


@dataclass(frozen=True)
class SheetCell:
    """A cell with the generation that counts for it. `is_existing` tells that the generation is not of this sweep.

    `error` is why the cell has no image.
    """

    cell: Cell
    state: CellState = CellState.MISSING
    generation: Generation | None = None
    is_existing: bool = False
    error: PlaygroundError | None = None

    def can_be_stopped(self, sweep_id: str) -> bool:
        """Return whether its image is being made for this sweep; another one is waited for by another press too."""
        is_under_way = self.state in (CellState.QUEUED, CellState.RUNNING)
        return is_under_way and self.generation is not None and self.generation.sweep == sweep_id


@dataclass(frozen=True)
class SheetRow:
    """The cells of one row, from left to right."""

    label: str
    cells: tuple[SheetCell, ...]


@dataclass(frozen=True)
class SheetPage:
    """The rows of one page, and the labels of its columns; a label of an axis that does not exist is ""."""

    label: str
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True)
class SharedFailure:
    """A point of an axis (an index) at which all of its finished cells failed, or which all failed cells share."""

    axis: int
    point: int
    label: str
    failed: int
    finished: int


def cell_state(generation: Generation) -> CellState:
    """Return the state of a cell with this generation; what ended without being sent is missing."""
    error = generation.error
    if generation.state is State.CANCELLED:
        return CellState.MISSING
    if generation.state is State.FAILED:
        is_free = not generation.task_id and isinstance(error, OBSTACLES)
        return CellState.MISSING if is_free else CellState.FAILED
    if generation.state in (State.SUBMITTING, State.DOWNLOADING):
        return CellState.RUNNING
    return CellState(generation.state.value)


def match_cells(
    plan: Plan,
    cells: Iterable[Cell],
    generations: Iterable[Generation],
    existing: Mapping[str, Generation],
    errors: Mapping[str, PlaygroundError],
) -> tuple[SheetCell, ...]:
    """Return the cells with their generations, in the order of the cells.

    `generations` are those of the sweep; one that belongs to no cell is left out. `existing` has others, which count
    for cells that are missing, and `errors` why a cell could not be started, both by the id of the cell.
    """
    found: defaultdict[str, list[Generation]] = defaultdict(list)
    for generation in generations:
        found[fingerprint("", plan.endpoint, generation.request)].append(generation)
    return tuple(_match(cell, found[cell.id], existing.get(cell.id), errors.get(cell.id)) for cell in cells)


def _match(
    cell: Cell, generations: Sequence[Generation], existing: Generation | None, error: PlaygroundError | None
) -> SheetCell:
    best = max(generations, key=lambda one: (RANKS.get(cell_state(one), 1), one.created_at), default=None)
    state = CellState.MISSING if best is None else cell_state(best)
    if state is CellState.MISSING and existing is not None:
        return SheetCell(cell, CellState.SUCCEEDED, existing, is_existing=True)
    if best is None or (state is CellState.MISSING and error is not None):
        return SheetCell(cell, CellState.MISSING, best, error=error)
    return SheetCell(cell, state, best, error=best.error)


def arrange(plan: Plan, cells: Iterable[SheetCell], order: Sequence[int] | None = None) -> tuple[SheetPage, ...]:
    """Return the pages of a sheet. `order` has the axes of columns, rows and pages; without it, the order of the plan.

    Raises `ValueError` for an order that does not name each axis once.
    """
    axes = list(range(len(plan.axes))) if order is None else list(order)
    if sorted(axes) != list(range(len(plan.axes))):
        raise ValueError(f"{order} does not name each of {len(plan.axes)} axes once")
    labels = [[point.label for point in plan.axes[axis].points] for axis in axes]
    labels += [[""]] * (3 - len(axes))
    by_place = {tuple(one.cell.place[axis] for axis in axes) + (0,) * (3 - len(axes)): one for one in cells}
    columns, rows, pages = labels
    return tuple(
        SheetPage(
            page,
            tuple(columns),
            tuple(
                SheetRow(row, tuple(by_place[column, y, z] for column in range(len(columns))))
                for y, row in enumerate(rows)
            ),
        )
        for z, page in enumerate(pages)
    )


def split_columns(page: SheetPage) -> Iterator[SheetPage]:
    """Yield a page in parts of a few columns, as paper and images have a width; one row becomes several short ones."""
    most = MAX_COLUMNS_OF_ROW if len(page.rows) == 1 else MAX_COLUMNS
    count = math.ceil(len(page.columns) / most)
    for number in range(count):
        part = slice(*(math.ceil(len(page.columns) * end / count) for end in (number, number + 1)))
        rows = tuple(SheetRow(row.label, row.cells[part]) for row in page.rows)
        yield SheetPage(page.label, page.columns[part], rows)


def is_complete(cells: Iterable[SheetCell]) -> bool:
    """Return whether each cell has ended, with or without an image."""
    return not any(one.state in (CellState.MISSING, CellState.QUEUED, CellState.RUNNING) for one in cells)


def count_states(cells: Iterable[SheetCell]) -> Counter[CellState]:
    """Return the number of cells in each state."""
    return Counter(one.state for one in cells)


def shared_failures(plan: Plan, cells: Iterable[SheetCell]) -> tuple[SharedFailure, ...]:
    """Return the points of axes that explain the failures, from two failures on; nothing where all cells failed."""
    ended = [one for one in cells if one.state in (CellState.FAILED, CellState.SUCCEEDED)]
    failed = [one for one in ended if one.state is CellState.FAILED]
    if len(failed) == len(ended):
        return ()
    shared = []
    for number, axis in enumerate(plan.axes):
        finished_at = Counter(one.cell.place[number] for one in ended)
        failed_at = Counter(one.cell.place[number] for one in failed)
        for point, count in sorted(failed_at.items()):
            explains = count in (finished_at[point], len(failed)) and count > 1
            if explains and len(axis.points) > 1:
                shared.append(SharedFailure(number, point, axis.points[point].label, count, finished_at[point]))
    return tuple(shared)
