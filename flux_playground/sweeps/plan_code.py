"""The plan of a sweep as Python code that makes it with this library."""

from __future__ import annotations

import json
import pprint

from .axes import AxisKind, AxisText
from .plan import Plan

TEMPLATE = '''\
"""Makes a sweep of {size} images with the key in BFL_API_KEY, and saves them in this folder."""

from pathlib import Path

from flux_playground import {kind}AxisText, Playground, Settings, Sweeps

VALUES = {values}
AXES = [
{axes}]

with Playground(Settings.from_env()) as playground, Sweeps(playground) as sweeps:
    for cells in sweeps.generate(VALUES, AXES, endpoint={endpoint}):
        pass
    for one in cells:
        print(*one.cell.labels, one.state, sep="  ")
        if one.state == "ready":
            Path(one.generation.image.name).write_bytes(playground.store.read_image(one.generation))
'''


def render_code(plan: Plan) -> str:
    """Return code that makes the images of a plan, on a machine that has the images that it refers to."""
    values = pprint.pformat(dict(plan.values), sort_dicts=False, width=110)
    axes = "".join(f"    {_render_axis(axis.source)},\n" for axis in plan.axes)
    kind = "AxisKind, " if any(axis.source.kind is not AxisKind.VALUES for axis in plan.axes) else ""
    return TEMPLATE.format(kind=kind, size=plan.size, values=values, axes=axes, endpoint=json.dumps(plan.endpoint))


def _render_axis(source: AxisText) -> str:
    kind = "" if source.kind is AxisKind.VALUES else f", AxisKind.{source.kind.name}"
    return f"AxisText({source.field!r}, {source.text!r}{kind})"
