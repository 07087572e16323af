"""Blind votes: which pair comes next, and a ranking with honest intervals."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flux_playground.errors import InvalidSweep
from flux_playground.storage.sweep_store import Vote
from flux_playground.sweeps.axes import AxisText
from flux_playground.sweeps.plan import Cell, Plan, expand, make_plan
from flux_playground.sweeps.sheet import CellState, SheetCell
from flux_playground.sweeps.votes import MIN_VOTES_PER_POINT, fit_strengths, next_pair, rank_points
from tests.sweeps.sweep_endpoint import ENDPOINT

VALUES = {"prompt": "a cat", "finetune_id": "mine", "seed": 7}


def planned(strengths: int, seeds: int) -> tuple[Plan, tuple[Cell, ...]]:
    """A plan of strengths and seeds, and its cells."""
    numbers = ", ".join(str(number / 10) for number in range(strengths))
    axes = [AxisText("finetune_strength", numbers), AxisText("seed", f"{seeds} random")]
    plan = make_plan(ENDPOINT, VALUES, axes)
    return plan, expand(plan)


def ready(cells: tuple[Cell, ...]) -> list[SheetCell]:
    """These cells with images."""
    return [SheetCell(cell, CellState.SUCCEEDED) for cell in cells]


def test_each_pair_comes_once() -> None:
    """Pairs differ on the axis only, come once each, evenly over the points, and in the same order again."""
    plan, cells = planned(4, 5)
    for _ in range(2):
        votes: list[Vote] = []
        seen: list[frozenset[int]] = []
        while pair := next_pair(plan, ready(cells), 0, votes, "a key"):
            assert pair[0].place[1] == pair[1].place[1]
            assert pair[0].place[0] != pair[1].place[0]
            points = frozenset(cell.place[0] for cell in pair)
            assert sum(points == other for other in seen) == len(seen) // 6
            seen.append(points)
            votes.append(Vote(pair[0].id, pair[1].id, pair[0].id))
        assert len(votes) == 6 * 5
    first = next_pair(plan, ready(cells), 0, [], "a key")
    assert first == next_pair(plan, ready(cells), 0, [], "a key")
    others = [next_pair(plan, ready(cells), 0, [], str(key)) for key in range(20)]
    assert len({tuple(cell.id for cell in pair) for pair in others if pair}) > 5


def test_sides_are_shuffled() -> None:
    """A point is on the left about as often as on the right."""
    plan, cells = planned(2, 60)
    votes: list[Vote] = []
    left = 0
    while pair := next_pair(plan, ready(cells), 0, votes, "a key"):
        left += pair[0].place[0] == 0
        votes.append(Vote(pair[0].id, pair[1].id, ""))
    assert 18 < left < 42


def test_only_cells_with_images_are_compared() -> None:
    """A cell without an image is not shown."""
    plan, cells = planned(2, 2)
    sheet = [SheetCell(cells[0], CellState.FAILED), *ready(cells[1:])]
    votes: list[Vote] = []
    pair = next_pair(plan, sheet, 0, votes, "")
    assert pair is not None
    assert {cell.id for cell in pair} == {cells[2].id, cells[3].id}
    votes.append(Vote(pair[0].id, pair[1].id, ""))
    assert next_pair(plan, sheet, 0, votes, "") is None


@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=4, max_size=4))
def test_strengths_are_most_likely(wins: list[list[int]]) -> None:
    """At the fitted strengths, each point wins as often as they predict."""
    table = [[float(count) if a != b else 0.0 for b, count in enumerate(row)] for a, row in enumerate(wins)]
    strengths = fit_strengths(table)

    def chance(difference: float) -> float:
        return 1 / (1 + math.exp(-difference))

    for a in range(4):
        expected = chance(strengths[a])
        for b in range(4):
            expected += (table[a][b] + table[b][a]) * chance(strengths[a] - strengths[b])
        assert expected == pytest.approx(sum(table[a]) + 0.5, abs=1e-4)


def test_ranking_finds_the_best() -> None:
    """Voters with known tastes are ranked in their order, and the intervals hold the true strengths about as often."""
    true = [0.0, 0.6, 1.2, -0.6]
    plan, cells = planned(4, 40)
    held = 0
    for trial in range(20):
        draw = random.Random(trial)
        votes: list[Vote] = []
        for first, second in itertools.combinations(cells, 2):
            if first.place[1] == second.place[1]:
                difference = true[first.place[0]] - true[second.place[0]]
                winner = first if draw.random() < 1 / (1 + math.exp(-difference)) else second
                votes.append(Vote(first.id, second.id, winner.id))
        ranking = rank_points(plan, cells, 0, votes)
        assert ranking.votes == 240
        assert ranking.enough
        mean = sum(true) / 4
        held += sum(place.low <= true[place.point] - mean <= place.high for place in ranking.places)
        assert ranking.places[0].point in (1, 2)
        assert ranking.places[0].wins > ranking.places[-1].wins
    assert 70 <= held <= 80, held


def test_too_few_votes() -> None:
    """Few votes say so; one-sided votes give a finite strength and, once enough, a clear winner."""
    plan, cells = planned(2, 40)
    assert not rank_points(plan, cells, 0, []).enough
    votes = [Vote(cells[2 * n].id, cells[2 * n + 1].id, cells[2 * n].id) for n in range(40)]
    few = rank_points(plan, cells, 0, votes[: MIN_VOTES_PER_POINT - 1])
    assert not few.enough
    assert not few.is_clear
    many = rank_points(plan, cells, 0, votes)
    assert many.enough
    assert many.is_clear
    assert (many.places[0].wins, many.places[0].losses, many.places[0].ties) == (40, 0, 0)
    assert many.places[0].high < 20
    ties = rank_points(plan, cells, 0, [Vote(vote.first, vote.second, "") for vote in votes])
    assert not ties.is_clear
    assert ties.places[0].strength == pytest.approx(0, abs=1e-6)
    assert ties.places[0].ties == 40


def test_other_votes_do_not_count() -> None:
    """Votes on cells of another plan, or on cells that differ elsewhere too, are left out."""
    plan, cells = planned(3, 2)
    votes = [Vote("x", "y", "x"), Vote(cells[0].id, cells[4].id, ""), Vote(cells[0].id, cells[3].id, "")]
    assert rank_points(plan, cells, 0, votes).votes == 0
    assert rank_points(plan, cells, 1, votes).votes == 1


def test_axis_of_many_values() -> None:
    """An axis of one value or of very many has no ranking."""
    plan = make_plan(ENDPOINT, VALUES, [AxisText("seed", "51 random"), AxisText("weight", "1")])
    for axis in (0, 1):
        with pytest.raises(InvalidSweep, match="2 to 50"):
            rank_points(plan, expand(plan), axis, [])
        with pytest.raises(InvalidSweep, match="2 to 50"):
            next_pair(plan, [], axis, [], "")
