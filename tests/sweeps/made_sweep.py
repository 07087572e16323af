"""Sweeps that were made at the local server, with all that is known of them."""

from __future__ import annotations

from flux_playground import Playground
from flux_playground.sweep_control import Sweeps
from flux_playground.sweeps.axes import AxisText
from flux_playground.sweeps.plan_json import load_plan
from flux_playground.sweeps.report import SweepRecord


def make_record(playground: Playground, *axes: AxisText, name: str = "Cats", **values: object) -> SweepRecord:
    """A sweep that has run to its end."""
    with Sweeps(playground) as sweeps:
        values = {"finetune_id": "my-finetune", "prompt": "a red cat", **values}
        sweep = sweeps.create(values, axes, name=name)
        sweeps.start(sweep.id)
        cells = list(sweeps.watch(sweep.id))[-1]
        sweep = sweeps.get(sweep.id)
        generations = playground.store.of_sweep(sweep.owner, sweep.id)
        return SweepRecord(sweep, load_plan(sweep.plan), cells, playground.store.read_image, generations)
