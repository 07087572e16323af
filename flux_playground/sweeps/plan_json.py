"""The plan of a sweep as JSON: to be stored, shared and written by hand.

{"flux_playground_sweep": 1, "endpoint": "/v1/flux-pro-1.1-ultra-finetuned",
 "values": {"prompt": "a lighthouse", "finetune_id": "my-finetune", "seed": 42},
 "axes": [{"field": "finetune_strength", "text": "0-2 [6]"},
          {"field": "prompt", "text": "red -> blue", "kind": "replace"}]}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..bounded_json import InvalidJson, JsonLimits, dump_json, parse_json
from ..errors import InvalidSweep
from .axes import Axis, AxisKind, AxisText, Point
from .plan import MAX_AXES, Plan

VERSION_KEY = "flux_playground_sweep"
VERSION = 1
MAX_PLAN_CHARACTERS = 4_000_000
LIMITS = JsonLimits(characters=MAX_PLAN_CHARACTERS, values=200_000)


def dump_plan(plan: Plan, *, with_points: bool = False) -> str:
    """Return a plan as JSON: for people, or `with_points` for `load_plan`. Raises `InvalidSweep` if it is too large."""
    axes = [_axis_to_json(axis, with_points=with_points) for axis in plan.axes]
    data = {VERSION_KEY: VERSION, "endpoint": plan.endpoint, "values": dict(plan.values), "axes": axes}
    text = dump_json(data, None if with_points else 2, sort_keys=False)
    if len(text) > MAX_PLAN_CHARACTERS:
        raise InvalidSweep(f"The plan has {len(text):,} characters; at most {MAX_PLAN_CHARACTERS:,} are possible.")
    return text


def load_plan(text: str) -> Plan:
    """Return the plan that `dump_plan` wrote with points, whatever the schema of today; raises `InvalidSweep`."""
    data = _parse(text)
    axes = tuple(Axis(_source(one), _points(one)) for one in data["axes"])
    return Plan(data["endpoint"], data["values"], axes)


def dump_axis(axis: AxisText) -> str:
    """Return an axis as JSON."""
    return dump_json(_source_to_json(axis), None, sort_keys=False)


def parse_axis_json(text: str) -> AxisText:
    """Return the axis that `dump_axis` wrote; raises `InvalidSweep`."""
    return _source(_parse_json(text, "axis"))


def parse_sources(text: str | bytes) -> tuple[str, dict[str, Any], list[AxisText]]:
    """Return the endpoint, the values and the axes of a plan, which are not checked; raises `InvalidSweep`."""
    data = _parse(text)
    return data["endpoint"], data["values"], [_source(one) for one in data["axes"]]


def read_plan_file(path: Path) -> tuple[str, dict[str, Any], list[AxisText]]:
    """Return the endpoint, the values and the axes in a file; raises `InvalidSweep`, `OSError`."""
    with path.open("rb") as file:
        return parse_sources(file.read(4 * MAX_PLAN_CHARACTERS + 1))  # bytes of UTF-8


def _axis_to_json(axis: Axis, *, with_points: bool) -> dict[str, Any]:
    data = _source_to_json(axis.source)
    if with_points:
        data["points"] = [[point.label, dict(point.values), point.replacement] for point in axis.points]
    return data


def _source_to_json(source: AxisText) -> dict[str, Any]:
    kind = {} if source.kind is AxisKind.VALUES else {"kind": str(source.kind)}
    return {"field": source.field, "text": source.text, **kind}


def _parse_json(text: str | bytes, what: str) -> Any:
    try:
        return parse_json(text, LIMITS)
    except InvalidJson as error:
        raise InvalidSweep(f"This {what} is {error}.") from None


def _parse(text: str | bytes) -> dict[str, Any]:
    data = _parse_json(text, "plan")
    if not isinstance(data, dict) or VERSION_KEY not in data:
        raise InvalidSweep("This is not the plan of a sweep.")
    if data[VERSION_KEY] != VERSION or isinstance(data[VERSION_KEY], bool):
        raise InvalidSweep("This plan was made by another version of the playground.")
    for name, kind in (("endpoint", str), ("values", dict), ("axes", list)):
        if not isinstance(data.get(name), kind):
            raise InvalidSweep(f"“{name}” of this plan is missing or has the wrong type.")
    if not 1 <= len(data["axes"]) <= MAX_AXES:
        raise InvalidSweep(f"A sweep has 1 to {MAX_AXES} axes, not {len(data['axes'])}.")
    return data


def _source(data: Any) -> AxisText:
    kind, field = (data.get("kind", "values"), data.get("field", "")) if isinstance(data, dict) else ("", "")
    if kind not in set(AxisKind) or not isinstance(field, str) or not isinstance(data.get("text"), str):
        raise InvalidSweep("An axis of this plan needs “field”, “text” and maybe “kind”: values, replace or table.")
    return AxisText(field, data["text"], AxisKind(kind))


def _points(data: Any) -> tuple[Point, ...]:
    try:
        return tuple(
            Point(str(label), dict(values), None if replacement is None else (str(replacement[0]), str(replacement[1])))
            for label, values, replacement in data["points"]
        )
    except (KeyError, TypeError, ValueError, IndexError):
        raise InvalidSweep("An axis of this plan has no points.") from None
