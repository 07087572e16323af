"""Blind votes between two images of a sweep, and the ranking that they give: Bradley–Terry with intervals.

Two cells can be compared if they differ on one axis only. The points of that axis compete; each of them wins with
probability `a / (a + b)` against another, and a tie is half a win for both. Every point also has one tie against an
average opponent, so that a point that has won every vote has a finite strength. The intervals come from the observed
information at the most likely strengths. See Hunter, "MM algorithms for generalized Bradley–Terry models" (2004).
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import InvalidSweep
from ..storage.sweep_store import Vote
from .plan import Cell, Plan
from .sheet import CellState, SheetCell

MIN_VOTES_PER_POINT = 6
MAX_COMPETITORS = 50
MAX_ITERATIONS = 2_000
TOLERANCE = 1e-9
Z = 1.96
"""Standard errors on each side of a strength: 95 %."""


@dataclass(frozen=True)
class Place:
    """A point of the axis in the ranking. `strength` is the logarithm of the odds against the average point.

    `low` and `high` enclose it with 95 % confidence. `wins`, `losses` and `ties` count votes.
    """

    point: int
    label: str
    strength: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True)
class Ranking:
    """The points of an axis, the best first. `enough` is false as long as a point has too few votes.

    `is_clear` tells that the first is better than the second with 95 % confidence.
    """

    places: tuple[Place, ...]
    votes: int
    enough: bool
    is_clear: bool


def next_pair(
    plan: Plan, cells: Sequence[SheetCell], axis: int, votes: Sequence[Vote], key: str
) -> tuple[Cell, Cell] | None:
    """Return the two cells to compare next, left and right; None when every pair has a vote.

    Both have an image and differ on this axis only. Points with few votes against each other come first. The order and
    the sides are shuffled, the same way for the same `key`. Raises `InvalidSweep` for an axis of more than 50 points.
    """
    check_competitors(plan, axis)
    done = {frozenset((vote.first, vote.second)) for vote in votes}
    ready = [one.cell for one in cells if one.state is CellState.SUCCEEDED]
    ready.sort(key=lambda cell: _without(cell, axis))
    pairs = [
        pair
        for _, group in itertools.groupby(ready, key=lambda cell: _without(cell, axis))
        for pair in itertools.combinations(group, 2)
    ]
    points = {cell.id: cell.place[axis] for cell in ready}
    counts = Counter(
        frozenset((points[vote.first], points[vote.second]))
        for vote in votes
        if vote.first in points and vote.second in points
    )

    def rank(pair: tuple[Cell, Cell]) -> tuple[int, bytes]:
        return counts[frozenset(points[cell.id] for cell in pair)], _digest(key, *sorted(cell.id for cell in pair))

    left = [pair for pair in pairs if frozenset(cell.id for cell in pair) not in done]
    if not left:
        return None
    pair = min(left, key=rank)
    first, second = sorted(pair, key=lambda cell: cell.id)
    return (second, first) if _digest(key, first.id, second.id, "side")[0] % 2 else (first, second)


def rank_points(plan: Plan, cells: Iterable[Cell], axis: int, votes: Iterable[Vote]) -> Ranking:
    """Return the ranking of the points of an axis; votes between cells that differ elsewhere do not count.

    Raises `InvalidSweep` for an axis of more than 50 points.
    """
    check_competitors(plan, axis)
    by_id = {cell.id: cell for cell in cells}
    size = len(plan.axes[axis].points)
    wins = [[0.0] * size for _ in range(size)]
    tallies = [Counter[str]() for _ in range(size)]
    count = 0
    for vote in votes:
        first, second = by_id.get(vote.first), by_id.get(vote.second)
        if (
            first is None
            or second is None
            or first.place == second.place
            or _without(first, axis) != _without(second, axis)
        ):
            continue
        a, b = first.place[axis], second.place[axis]
        share = 0.5 if not vote.winner else float(vote.winner == vote.first)
        wins[a][b] += share
        wins[b][a] += 1 - share
        tallies[a][_outcome(share)] += 1
        tallies[b][_outcome(1 - share)] += 1
        count += 1
    strengths = fit_strengths(wins)
    covariance = _invert(_information(wins, strengths))
    places = [_place(plan, axis, point, strengths, covariance, tallies[point]) for point in range(size)]
    places.sort(key=lambda place: (-place.strength, place.point))
    enough = size > 1 and all(sum(tally.values()) >= MIN_VOTES_PER_POINT for tally in tallies)
    is_clear = enough and _is_better(places[0].point, places[1].point, strengths, covariance)
    return Ranking(tuple(places), count, enough, is_clear)


def check_competitors(plan: Plan, axis: int) -> None:
    """Raise `InvalidSweep` for an axis with too many points to compare, or with one."""
    size = len(plan.axes[axis].points)
    if not 2 <= size <= MAX_COMPETITORS:
        raise InvalidSweep(f"An axis of 2 to {MAX_COMPETITORS} values can be compared by votes, not one of {size}.")


def fit_strengths(wins: Sequence[Sequence[float]]) -> list[float]:
    """Return the logarithms of the most likely strengths; `wins[a][b]` counts the wins of `a` against `b`."""
    size = len(wins)
    strengths = [1.0] * size
    for _ in range(MAX_ITERATIONS):
        before = strengths
        strengths = [_improve(wins, before, point) for point in range(size)]
        if max(abs(math.log(new / old)) for new, old in zip(strengths, before, strict=True)) < TOLERANCE:
            break
    return [math.log(strength) for strength in strengths]


def _improve(wins: Sequence[Sequence[float]], strengths: Sequence[float], point: int) -> float:
    """Return the next strength of a point by one MM step; the last term is the tie with an average opponent."""
    won = sum(wins[point]) + 0.5
    own = strengths[point]
    games = (
        (wins[point][other] + wins[other][point], strengths[other]) for other in range(len(wins)) if other != point
    )
    return won / (sum(count / (own + strength) for count, strength in games if count) + 1 / (own + 1))


def _information(wins: Sequence[Sequence[float]], strengths: Sequence[float]) -> list[list[float]]:
    """Return the matrix of second derivatives of the negative log-likelihood."""
    size = len(wins)
    matrix = [[0.0] * size for _ in range(size)]
    for a in range(size):
        matrix[a][a] += _variance(strengths[a])
        for b in range(size):
            if a != b:
                weight = (wins[a][b] + wins[b][a]) * _variance(strengths[a] - strengths[b])
                matrix[a][a] += weight
                matrix[a][b] -= weight
    return matrix


def _variance(difference: float) -> float:
    """Return p (1 - p) for the probability to win at this difference of strengths."""
    return 1 / (2 + math.exp(difference) + math.exp(-difference))


def _invert(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the inverse of a positive definite matrix."""
    size = len(matrix)
    rows = [[*row, *(float(column == index) for column in range(size))] for index, row in enumerate(matrix)]
    for index in range(size):
        pivot = rows[index][index]
        rows[index] = [value / pivot for value in rows[index]]
        for other in range(size):
            if other != index and (factor := rows[other][index]):
                rows[other] = [value - factor * own for value, own in zip(rows[other], rows[index], strict=True)]
    return [row[size:] for row in rows]


def _place(
    plan: Plan,
    axis: int,
    point: int,
    strengths: Sequence[float],
    covariance: Sequence[Sequence[float]],
    tally: Counter[str],
) -> Place:
    size = len(strengths)
    contrast = [float(other == point) - 1 / size for other in range(size)]
    strength = sum(weight * value for weight, value in zip(contrast, strengths, strict=True))
    margin = Z * _deviation(contrast, covariance)
    label = plan.axes[axis].points[point].label
    return Place(
        point, label, strength, strength - margin, strength + margin, tally["win"], tally["loss"], tally["tie"]
    )


def _is_better(a: int, b: int, strengths: Sequence[float], covariance: Sequence[Sequence[float]]) -> bool:
    contrast = [float(point == a) - float(point == b) for point in range(len(strengths))]
    return strengths[a] - strengths[b] > Z * _deviation(contrast, covariance)


def _deviation(contrast: Sequence[float], covariance: Sequence[Sequence[float]]) -> float:
    """Return the standard error of a sum of strengths with these weights."""
    size = range(len(contrast))
    return math.sqrt(max(0.0, sum(contrast[a] * covariance[a][b] * contrast[b] for a in size for b in size)))


def _outcome(share: float) -> str:
    return {0.0: "loss", 0.5: "tie"}.get(share, "win")


def _without(cell: Cell, axis: int) -> tuple[int, ...]:
    return tuple(index for number, index in enumerate(cell.place) if number != axis)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
