"""The scores of a sweep along an axis."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .plan import Plan
from .sheet import SheetCell


@dataclass(frozen=True)
class PointScores:
    """The scores of the images at one point of an axis (an index): their mean, the lowest, the highest, how many."""

    point: int
    label: str
    mean: float
    low: float
    high: float
    count: int


def summarize_scores(
    plan: Plan, cells: Iterable[SheetCell], axis: int, scores: Mapping[str, float]
) -> tuple[PointScores, ...]:
    """Return the points of an axis that have scores, in their order; `scores` are by the id of the generation."""
    found: defaultdict[int, list[float]] = defaultdict(list)
    for one in cells:
        if one.generation is not None and (score := scores.get(one.generation.id)) is not None:
            found[one.cell.place[axis]].append(score)
    return tuple(
        PointScores(point, known.label, statistics.fmean(found[point]), min(found[point]), max(found[point]), count)
        for point, known in enumerate(plan.axes[axis].points)
        if (count := len(found[point]))
    )
