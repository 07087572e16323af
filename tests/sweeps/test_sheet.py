"""Sheets: which generation counts for a cell, where it is, and what the failures share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flux_playground.errors import ContentModerated, OutOfCredits, PlaygroundError, SubmitUnknown, Unauthorized
from flux_playground.generation import Generation, State
from flux_playground.sweeps.axes import AxisText
from flux_playground.sweeps.plan import Cell, expand, make_plan
from flux_playground.sweeps.sheet import CellState, SheetCell, arrange, cell_state, match_cells, shared_failures
from tests.sweeps.sweep_endpoint import ENDPOINT

AXES = [AxisText("finetune_strength", "0, 1, 2"), AxisText("seed", "1, 2"), AxisText("prompt", "a\nb")]
PLAN = make_plan(ENDPOINT, {"finetune_id": "mine"}, AXES)
CELLS = expand(PLAN)


def generation(
    cell: Cell, state: State, at: float = 0, error: PlaygroundError | None = None, task: str = ""
) -> Generation:
    """A generation of a cell."""
    one = Generation(f"{at}", "owner", at, PLAN.endpoint, "http://127.0.0.1:1", cell.request, state)
    return replace(one, error=error, task_id=task)


@pytest.mark.parametrize(
    ("state", "error", "task", "expected"),
    [
        (State.CANCELLED, None, "", CellState.MISSING),
        (State.FAILED, OutOfCredits("Empty."), "", CellState.MISSING),
        (State.FAILED, OutOfCredits("Empty."), "t", CellState.FAILED),
        (State.FAILED, ContentModerated("No."), "t", CellState.FAILED),
        (State.SUBMIT_UNKNOWN, SubmitUnknown("?"), "", CellState.SUBMIT_UNKNOWN),
        (State.DETACHED, Unauthorized("No."), "t", CellState.DETACHED),
        (State.SUBMITTING, None, "", CellState.RUNNING),
        (State.DOWNLOADING, None, "t", CellState.RUNNING),
        (State.SUCCEEDED, None, "t", CellState.SUCCEEDED),
    ],
)
def test_states(state: State, error: PlaygroundError | None, task: str, expected: CellState) -> None:
    """Only what was certainly not charged is missing."""
    assert cell_state(generation(CELLS[0], state, error=error, task=task)) is expected


def test_every_state_is_known() -> None:
    """Each state of a generation is one of a cell."""
    assert {cell_state(generation(CELLS[0], state)) for state in State} == set(CellState)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.FAILED, State.SUCCEEDED, State.FAILED], State.SUCCEEDED),
        ([State.FAILED, State.RUNNING], State.RUNNING),
        ([State.SUBMIT_UNKNOWN, State.CANCELLED], State.SUBMIT_UNKNOWN),
        ([State.SUBMIT_UNKNOWN, State.FAILED], State.FAILED),
        ([State.SUCCEEDED, State.SUCCEEDED], State.SUCCEEDED),
    ],
)
def test_best_generation_counts(states: list[State], expected: State) -> None:
    """Of several generations of a cell, an image counts first, then a running one, then what may have been paid."""
    error = ContentModerated("No.")
    made = [generation(CELLS[0], state, at, error) for at, state in enumerate(states)]
    matched = match_cells(PLAN, CELLS, made, {}, {})[0]
    assert matched.generation is not None
    assert matched.generation.state is expected
    assert matched.generation.created_at == max(one.created_at for one in made if one.state is expected)


def test_existing_image_counts_for_a_missing_cell() -> None:
    """An image from elsewhere counts only where the sweep has nothing that may have been paid."""
    elsewhere = generation(CELLS[0], State.SUCCEEDED, 9)
    for state, is_existing in ((State.CANCELLED, True), (State.SUBMIT_UNKNOWN, False)):
        one = match_cells(PLAN, CELLS, [generation(CELLS[0], state)], {CELLS[0].id: elsewhere}, {})[0]
        assert one.is_existing is is_existing


def test_arrangement() -> None:
    """Cells are at their places, in the order of the plan or in another one."""
    cells = match_cells(PLAN, CELLS, [], {}, {})
    pages = arrange(PLAN, cells)
    assert [page.label for page in pages] == ["a", "b"]
    assert pages[0].columns == ("no finetune (control)", "1", "2")
    assert [one.cell.place for row in pages[1].rows for one in row.cells] == [
        (0, 0, 1),
        (1, 0, 1),
        (2, 0, 1),
        (0, 1, 1),
        (1, 1, 1),
        (2, 1, 1),
    ]
    turned = arrange(PLAN, cells, (2, 0, 1))
    assert [page.label for page in turned] == ["1", "2"]
    assert turned[0].columns == ("a", "b")
    assert [one.cell.place for one in turned[1].rows[2].cells] == [(2, 1, 0), (2, 1, 1)]
    with pytest.raises(ValueError, match="each of 3 axes"):
        arrange(PLAN, cells, (0, 1))


def test_sheet_of_one_axis() -> None:
    """A sweep of one axis is one row."""
    plan = make_plan(ENDPOINT, {"finetune_id": "mine", "prompt": "a"}, AXES[:1])
    (page,) = arrange(plan, match_cells(plan, expand(plan), [], {}, {}))
    assert [len(row.cells) for row in page.rows] == [3]
    assert (page.label, page.rows[0].label) == ("", "")


def failed_at(*places: tuple[int, ...]) -> list[tuple[int, int]]:
    """The points that explain failures at these places."""
    states = dict.fromkeys(places, CellState.FAILED)
    cells = [SheetCell(cell, states.get(cell.place, CellState.SUCCEEDED)) for cell in CELLS]
    return [(one.axis, one.point) for one in shared_failures(PLAN, cells)]


def test_shared_failures() -> None:
    """A value at which everything failed, or that all failures have, is named; a single failure shares nothing."""
    assert failed_at() == []
    assert failed_at((0, 0, 0)) == []
    assert failed_at((2, 0, 0), (2, 1, 0), (2, 0, 1), (2, 1, 1)) == [(0, 2)]
    assert failed_at((0, 0, 1), (1, 1, 1)) == [(2, 1)]
    assert failed_at((0, 0, 0), (1, 1, 1)) == []
    assert failed_at(*(cell.place for cell in CELLS)) == []
