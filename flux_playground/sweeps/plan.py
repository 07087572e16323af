"""The plan of a sweep: a request and axes, expanded to the cells that are generated."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..build_request import MAX_TEXT_LENGTH, SEED, build_value, draw_seed, draws_seed
from ..errors import FieldError, InvalidRequest, InvalidSweep
from ..image_ref import is_image_ref
from ..recipe import drop_private_fields, fingerprint
from ..request_images import find_images, to_stored_request
from ..schema import Operation
from ..schema.image_places import is_web_address
from .axes import Axis, AxisKind, AxisText, Point, parse_axis

MAX_AXES = 3
MAX_CELLS = 1_000
MAX_REPLACED_CHARACTERS = 10_000_000
"""Characters of all texts together in which words were replaced."""


@dataclass(frozen=True)
class Cell:
    """One generation of a sweep. `place` has the index of its point on each axis, `labels` the labels of these points.

    `request` is complete, with references instead of images. `id` is the fingerprint of the request without a server,
    so that a cell keeps its id when axes get further points.
    """

    id: str
    place: tuple[int, ...]
    labels: tuple[str, ...]
    request: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a sweep generates. `values` are the request to which each cell adds the values of its points.

    They include the seed, which is drawn once for all cells, and references instead of images. The first axis varies
    fastest.
    """

    endpoint: str
    values: Mapping[str, Any]
    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        """The number of cells."""
        return math.prod(len(axis.points) for axis in self.axes)


def make_plan(operation: Operation, values: Mapping[str, Any], sources: Sequence[AxisText]) -> Plan:
    """Return the plan of these values and axes, after a check of every cell; a blank seed is drawn.

    Secrets and webhooks are left out. Images must be references or addresses. The plan of the same values with other
    axes keeps the ids of the cells that both have. Raises `InvalidSweep` for the axes, and `InvalidRequest` for values
    that no axis sets.
    """
    if not 1 <= len(sources) <= MAX_AXES:
        raise InvalidSweep(f"A sweep has 1 to {MAX_AXES} axes, not {len(sources)}.")
    template = hold_seed(operation, values)
    axes = tuple(parse_axis(operation, source, template.get(SEED)) for source in sources)
    names = [name for axis in axes for name in axis.fields]
    always = {name for axis in axes for name in axis.fields if all(name in point.values for point in axis.points)}
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidSweep(f"“{twice}” is on two axes.")
    shared = {name: value for name, value in template.items() if name not in always or name == SEED}
    plan = Plan(operation.path, _build_values(operation, shared), axes)
    if plan.size > MAX_CELLS:
        raise InvalidSweep(f"This sweep has {plan.size:,} images; at most {MAX_CELLS:,} are possible.")
    return _check(operation, plan)


def hold_seed(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values with one random seed in place of a blank one, where the endpoint has seeds.

    Raises `InvalidRequest` for a seed that the schema refuses.
    """
    seed = draw_seed(operation) if draws_seed(values) else build_value(operation, SEED, values[SEED])
    return {**values, SEED: seed} if seed is not None else dict(values)


def expand(plan: Plan) -> tuple[Cell, ...]:
    """Return the cells of a plan, row by row.

    Raises `InvalidSweep` where a word is missing that is replaced, and where the texts become too long.
    """
    ranges = [range(len(axis.points)) for axis in reversed(plan.axes)]
    replaced = {axis.source.field for axis in plan.axes if axis.source.kind is AxisKind.REPLACE}
    cells: list[Cell] = []
    length = 0
    for place in itertools.product(*ranges):
        cells.append(_cell(plan, place[::-1]))
        length += sum(len(cells[-1].request.get(name, "")) for name in replaced)
        if length > MAX_REPLACED_CHARACTERS:
            raise InvalidSweep(f"The texts have more than {MAX_REPLACED_CHARACTERS:,} characters together.")
    return tuple(cells)


def _cell(plan: Plan, place: tuple[int, ...]) -> Cell:
    points = [(axis, axis.points[index]) for axis, index in zip(plan.axes, place, strict=True)]
    request = dict(plan.values)
    for _, point in points:
        request |= point.values
    for axis, point in points:
        if axis.source.kind is AxisKind.REPLACE:
            request[axis.source.field] = _replace(axis.source.field, request.get(axis.source.field), point)
    request = {name: value for name, value in request.items() if value not in (None, "")}
    labels = tuple(point.label for _, point in points)
    return Cell(fingerprint("", plan.endpoint, request), place, labels, request)


def _replace(name: str, text: Any, point: Point) -> str:
    old, new = point.replacement or ("", "")
    if not isinstance(text, str) or old not in text:
        shown = f"“{text[:60]}”" if isinstance(text, str) and text else "an empty text"
        raise InvalidSweep(f"“{old[:60]}” is not in the {name}: {shown}.")
    length = len(text) + text.count(old) * (len(new) - len(old))
    if length > MAX_TEXT_LENGTH:
        raise InvalidSweep(f"The {name} with “{new[:60]}” is too long: {length:,} of {MAX_TEXT_LENGTH:,} characters.")
    return text.replace(old, new)


def _build_values(operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values as they are sent, without blanks and secrets; raises `InvalidRequest` with every error."""
    built: dict[str, Any] = {}
    wrong: list[FieldError] = []
    media = {field.name for field in operation.fields if field.media}
    for name, value in drop_private_fields(to_stored_request(operation, values, lambda image: image)).items():
        if value in (None, ""):
            continue
        try:
            built[name] = value if name in media else build_value(operation, name, value)
        except InvalidRequest as error:
            wrong += error.details
    if wrong:
        raise InvalidRequest(wrong)
    return built


def _check(operation: Operation, plan: Plan) -> Plan:
    """Return the plan, with values that the schema leaves no choice for; raises for a cell that the schema refuses."""
    seen: dict[str, Cell] = {}
    swept = frozenset(name for axis in plan.axes for name in axis.fields | {axis.source.field})
    cells = expand(plan)
    for cell in cells:
        if (other := seen.setdefault(cell.id, cell)) is not cell:
            raise InvalidSweep(f"{_describe(other)} and {_describe(cell)} are the same request.")
        _check_cell(operation, cell, swept)
    first, built = cells[0].request, _build_request(operation, cells[0])
    implied = {name: value for name, value in built.items() if name not in first}
    return Plan(plan.endpoint, {**plan.values, **implied}, plan.axes)


def _check_cell(operation: Operation, cell: Cell, swept: frozenset[str]) -> None:
    for loc, image in find_images(operation, cell.request).items():
        if not (isinstance(image, str) and (is_image_ref(image) or is_web_address(image))):
            raise InvalidRequest([FieldError(("body", *loc), "is not an image that is kept here", "image_parsing")])
    try:
        _build_request(operation, cell)
    except InvalidRequest as error:
        first = next((detail for detail in error.details if detail.field in swept), None)
        if first is None:
            raise
        raise InvalidSweep(f"{_describe(cell)}: {first.field} {first.msg}.") from None


def _build_request(operation: Operation, cell: Cell) -> dict[str, Any]:
    """Return the request of a cell by the schema; images are checked when they are sent."""
    try:
        return operation.build_request(cell.request)
    except InvalidRequest as error:
        media = {field.name for field in operation.fields if field.media and field.name in cell.request}
        if details := [detail for detail in error.details if detail.field not in media]:
            raise InvalidRequest(details) from None
        return dict(cell.request)


def _describe(cell: Cell) -> str:
    return f"“{' × '.join(label[:40] for label in cell.labels)}”"
