"""Exports a sweep as one HTML file with its images inside, which opens from the disk, needs no script, and prints."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..bounded_json import dump_json
from ..build_request import SEED
from ..errors import InvalidImage, PlaygroundError
from ..generation import Generation
from ..images import image_file
from ..recipe import hide_secrets
from ..storage.annotations import MAX_RATING, Annotation
from ..storage.sweep_store import StoredSweep
from .axes import Axis, AxisKind
from .plan import Plan
from .score_summary import PointScores, summarize_scores
from .sheet import CellState, SheetCell, SheetPage, arrange, count_states, shared_failures, split_columns
from .votes import Place, Ranking

MAX_REPORT_BYTES = 60_000_000  # of the images as base64
IMAGE_SIDE_PIXELS, SMALL_SIDE_PIXELS = 512, 256
MAX_LARGE_IMAGES = 200  # in a report of more, all are small
MAX_VALUE_CHARACTERS = 300
MAX_LABEL_CHARACTERS = 2_000
Bar = tuple[float, float, float]
CHUNK_PARTS = 30  # parts of the template in one chunk


@dataclass(frozen=True)
class Wording:
    """How the page writes fields, states, amounts of money and errors."""

    label: Callable[[str], str]
    states: Mapping[CellState, str]
    credits: Callable[[float], str]
    reason: Callable[[PlaygroundError], str]


@dataclass(frozen=True)
class SweepRecord:
    """A sweep with what is known of it. `generations` are all of the sweep, also those that were made again.

    `read_image` returns the file of a generation, or raises `OSError`. `rankings` are by axis, `scores` and
    `annotations` by the id of the generation. `is_free` says of a generation that nothing was paid for it.
    """

    sweep: StoredSweep
    plan: Plan
    cells: Sequence[SheetCell]
    read_image: Callable[[Generation], bytes]
    generations: Sequence[Generation] = ()
    annotations: Mapping[str, Annotation] = field(default_factory=dict)
    rankings: Mapping[int, Ranking] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    is_free: Callable[[Generation], bool] = lambda _: False

    @property
    def title(self) -> str:
        """The name of the sweep."""
        return self.sweep.name or "Sweep"


def export_report(record: SweepRecord, wording: Wording, order: Sequence[int] | None = None) -> Iterator[bytes]:
    """Yield the HTML file of a sweep; `order` has the axes of columns, rows and pages.

    Images beyond `MAX_REPORT_BYTES` are left out, and a note says so. Raises `ValueError` for an order that does not
    name each axis once.
    """
    pages = _Pages(record, wording, arrange(record.plan, record.cells, order))
    counts = count_states(record.cells)
    names = [axis_name(axis, wording) for axis in record.plan.axes]
    stream = (
        _environment()
        .get_template("report.html")
        .stream(
            record=record,
            pages=pages,
            order=list(order or range(len(names))),
            names=names,
            axes=[(axis_name(axis, wording), _describe_axis(axis)) for axis in record.plan.axes],
            fixed=list(_iter_values(fixed_values(record.plan), wording)),
            states=[(wording.states[state], counts[state]) for state in wording.states if counts[state]],
            costs=list(_iter_costs(record, wording)),
            failures=shared_failures(record.plan, record.cells),
            rankings=[(names[axis], ranking, _ranking_bars(ranking)) for axis, ranking in record.rankings.items()],
            score_tables=[(names[axis], rows) for axis in range(len(names)) if (rows := _score_bars(record, axis))],
            planned_on=_date(record.sweep.created_at),
            made_on=_date(datetime.now(UTC).timestamp()),
        )
    )
    stream.enable_buffering(CHUNK_PARTS)
    return (text.encode(errors="replace") for text in stream)


def axis_name(axis: Axis, wording: Wording) -> str:
    """Return the label of the field that an axis varies, or those of the columns of a table."""
    if axis.source.field:
        return wording.label(axis.source.field)
    return ", ".join(map(wording.label, sorted(axis.fields)))


def fixed_values(plan: Plan) -> dict[str, Any]:
    """Return the values that all cells share, without secrets; a text in which an axis replaces words is one."""
    varied = {name for axis in plan.axes for name in axis.fields}
    return {name: value for name, value in hide_secrets(plan.values).items() if name not in varied}


@dataclass(frozen=True)
class _View:
    """One cell of a table: its image as a data URL ("" for none), what is written below, and all of its settings."""

    image: str
    label: str
    state: str
    reason: str
    facts: Sequence[tuple[str, str]]
    settings: Sequence[tuple[str, str]]
    note: str


class _Pages:
    """The pages of a report, whose cells are made one by one; `is_cut` says afterwards that images are left out."""

    def __init__(self, record: SweepRecord, wording: Wording, pages: Sequence[SheetPage]) -> None:
        self._record, self._wording, self.pages = record, wording, pages
        self._left = MAX_REPORT_BYTES
        self._side = IMAGE_SIDE_PIXELS if len(record.cells) <= MAX_LARGE_IMAGES else SMALL_SIDE_PIXELS
        self.is_cut = False

    def parts(self, page: SheetPage) -> Iterator[SheetPage]:
        """Yield the tables of a page."""
        return split_columns(page)

    def views(self, cells: Sequence[SheetCell]) -> Iterator[_View]:
        """Yield the cells of a row."""
        return map(self._view, cells)

    def _view(self, one: SheetCell) -> _View:
        generation, record = one.generation, self._record
        has_image = generation is not None and one.state is CellState.SUCCEEDED
        annotation = record.annotations.get(generation.id, Annotation()) if generation else Annotation()
        return _View(
            image=self._read_image(generation) if generation is not None and has_image else "",
            label=" · ".join(one.cell.labels)[:MAX_LABEL_CHARACTERS],
            state="No image" if has_image else self._wording.states[one.state],
            reason=self._wording.reason(one.error)[:MAX_VALUE_CHARACTERS] if one.error else "",
            facts=list(self._iter_facts(one, annotation)),
            settings=list(_iter_values(hide_secrets(one.cell.request), self._wording)),
            note=annotation.note,
        )

    def _read_image(self, generation: Generation) -> str:
        if self._left <= 0:
            self.is_cut = True
            return ""
        try:
            data = image_file.thumbnail(self._record.read_image(generation), self._side)
        except (InvalidImage, OSError):  # a video, or the file was deleted or damaged
            return ""
        text = base64.b64encode(data).decode()
        self._left -= len(text)
        return f"data:image/webp;base64,{text}" if text else ""

    def _iter_facts(self, one: SheetCell, annotation: Annotation) -> Iterator[tuple[str, str]]:
        generation, record = one.generation, self._record
        if generation is None:
            return
        if annotation.starred:
            yield "Starred", "★"
        if annotation.rating:
            yield "Rating", f"{annotation.rating} of {MAX_RATING}"
        if annotation.tags:
            yield "Tags", ", ".join(annotation.tags)
        if (score := record.scores.get(generation.id)) is not None:
            yield "Score", f"{score:.4g}"
        if generation.seed not in (None, one.cell.request.get(SEED)):
            yield "Seed", str(generation.seed)[:MAX_VALUE_CHARACTERS]
        if generation.width and generation.height:
            yield "Size", f"{generation.width} × {generation.height}"
        if generation.total_seconds is not None:
            yield "Time", f"{generation.total_seconds:.1f} s"
        if one.is_existing:
            yield "Cost", "made before"
        elif record.is_free(generation):
            yield "Cost", "free"
        elif generation.cost is not None:
            yield "Cost", self._wording.credits(generation.cost)


def _describe_axis(axis: Axis) -> str:
    labels = [point.label[:MAX_VALUE_CHARACTERS] for point in axis.points]
    if axis.source.kind is AxisKind.REPLACE and (replacement := axis.points[0].replacement):
        return f"{replacement[0][:MAX_VALUE_CHARACTERS]} → {', '.join(labels)}"
    separator = "\n" if axis.source.kind is AxisKind.TABLE or max(map(len, labels)) > 30 else ", "
    return separator.join(labels)


def _iter_values(values: Mapping[str, Any], wording: Wording) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        text = value if isinstance(value, str) else dump_json(value)
        yield wording.label(name), text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[: MAX_VALUE_CHARACTERS - 1]}…"


def _iter_costs(record: SweepRecord, wording: Wording) -> Iterator[tuple[str, str]]:
    """Yield what the sweep has cost, as far as the API has reported it."""
    paid = [one for one in record.generations if not record.is_free(one)]
    costs = [one.cost for one in paid if one.cost is not None]
    ready = sum(one.state is CellState.SUCCEEDED and not one.is_existing for one in record.cells)
    existing = sum(one.is_existing for one in record.cells)
    unknown = sum(bool(one.task_id) and one.cost is None for one in paid)
    if record.generations and not paid:
        yield "Spent", "nothing, the images are of the demo"
    elif costs:
        yield "Spent", wording.credits(sum(costs))
        if ready:
            yield "For each image", wording.credits(round(sum(costs) / ready, 2))
    else:
        yield "Spent", "nothing" if not unknown else "unknown"
    if unknown and costs:
        yield "Unknown", f"the costs of {unknown:,} more"
    if existing:
        yield "Made before", f"{existing:,} {'image' if existing == 1 else 'images'}, not paid again"


def _ranking_bars(ranking: Ranking) -> list[tuple[Place, Bar]]:
    bars = _scale([(one.low, one.strength, one.high) for one in ranking.places])
    return list(zip(ranking.places, bars, strict=True))


def _score_bars(record: SweepRecord, axis: int) -> list[tuple[PointScores, Bar]]:
    """Return the scores along an axis; nothing where only one value has scores."""
    points = summarize_scores(record.plan, record.cells, axis, record.scores)
    bars = _scale([(one.low, one.mean, one.high) for one in points])
    return list(zip(points, bars, strict=True)) if len(points) > 1 else []


def _scale(intervals: Sequence[tuple[float, float, float]]) -> list[Bar]:
    """Return where each interval begins, how wide it is, and where its middle value is, in percent of all of them."""
    lowest = min((low for low, _, _ in intervals), default=0.0)
    span = max((high for _, _, high in intervals), default=1.0) - lowest or 1.0
    return [
        (100 * (low - lowest) / span, 100 * (high - low) / span, 100 * (middle - lowest) / span)
        for low, middle, high in intervals
    ]


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
