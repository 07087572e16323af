"""Plans of sweeps, and values of their axes such as sets of prompts, that visitors save by name."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .access.visitor import OWNER, Visitor
from .build_request import SEED, draws_seed
from .errors import InvalidSweep
from .playground import Playground
from .request_images import resolve_image_refs
from .storage.saved_plan_store import SavedKind, SavedPlan
from .storage.sweep_store import StoredSweep
from .sweep_plans import SweepPlans
from .sweeps.axes import AxisText, parse_axis
from .sweeps.plan_json import dump_axis, dump_plan, parse_axis_json, parse_sources

MAX_SAVED = 100  # of a visitor and a kind
MAX_NAME_CHARS = 80


class SavedPlans:
    """The saved plans of a playground, unique by kind and name for each visitor. Safe to use from many threads.

    Methods with a name raise `KeyError` for one that the visitor has not saved, and `StorageError`.
    """

    def __init__(self, playground: Playground, plans: SweepPlans) -> None:
        self._playground, self._plans = playground, plans
        self._store = playground.store.sweeps.saved

    def save_plan(
        self,
        name: str,
        values: Mapping[str, Any],
        axes: Sequence[AxisText],
        visitor: Visitor = OWNER,
        *,
        endpoint: str = "",
    ) -> SavedPlan:
        """Save the plan of a form's values and axes, in place of the one with its name; a blank seed stays blank.

        Nothing is sent. Raises what `Sweeps.plan` raises, and `InvalidSweep` for a blank name or too many plans.
        """
        plan = self._plans.make(values, axes, visitor, endpoint)
        fields = tuple(axis.source.field for axis in plan.axes)
        if draws_seed(values):
            plan = replace(plan, values={name: value for name, value in plan.values.items() if name != SEED})
        return self._save(SavedKind.PLAN, name, visitor, plan.endpoint, fields, plan.size, dump_plan(plan))

    def save_values(self, name: str, axis: AxisText, visitor: Visitor = OWNER, *, endpoint: str = "") -> SavedPlan:
        """Save the values of one axis, such as a set of prompts, in place of those with their name.

        Raises `InvalidDocument`, and `InvalidSweep` for values that the endpoint does not take.
        """
        playground = self._playground
        operation = playground.document.operation(endpoint) if endpoint else playground.operation
        size = len(parse_axis(operation, axis, 1).points)
        return self._save(SavedKind.VALUES, name, visitor, operation.path, (axis.field,), size, dump_axis(axis))

    def of_kind(self, kind: SavedKind, visitor: Visitor = OWNER) -> list[SavedPlan]:
        """Return what a visitor has saved, by name, without the texts."""
        return self._store.of_kind(visitor.id, kind)

    def open_plan(self, name: str, visitor: Visitor = OWNER) -> tuple[str, dict[str, Any], list[AxisText]]:
        """Return the endpoint, the values and the axes of a plan; images that are gone remain references.

        Raises `InvalidDocument` where the endpoint is gone.
        """
        return self._open(self._get(SavedKind.PLAN, name, visitor).text)

    def copy_plan(self, sweep: StoredSweep) -> tuple[str, dict[str, Any], list[AxisText]]:
        """Return the plan of a sweep, without its seed, like `open_plan`."""
        endpoint, values, axes = self._open(sweep.plan)
        return endpoint, {name: value for name, value in values.items() if name != SEED}, axes

    def _open(self, text: str) -> tuple[str, dict[str, Any], list[AxisText]]:
        endpoint, values, axes = parse_sources(text)
        operation = self._playground.document.operation(endpoint)
        return endpoint, resolve_image_refs(operation, values, self._playground.store.inputs.load), axes

    def open_values(self, name: str, visitor: Visitor = OWNER) -> AxisText:
        """Return saved values as an axis."""
        return parse_axis_json(self._get(SavedKind.VALUES, name, visitor).text)

    def rename(self, kind: SavedKind, name: str, new_name: str, visitor: Visitor = OWNER) -> None:
        """Give another name to what is saved; raises `InvalidSweep` for a blank name and for one that is taken."""
        saved, new_name = self._get(kind, name, visitor), _clean(new_name)
        if new_name != name and self._store.get(visitor.id, kind, new_name) is not None:
            raise InvalidSweep(f"“{new_name}” exists already.")
        self._store.rename(saved, new_name)

    def delete(self, kind: SavedKind, name: str, visitor: Visitor = OWNER) -> None:
        """Delete what is saved."""
        self._get(kind, name, visitor)
        self._store.delete(visitor.id, kind, name)

    def _get(self, kind: SavedKind, name: str, visitor: Visitor) -> SavedPlan:
        saved = self._store.get(visitor.id, kind, name)
        if saved is None:
            raise KeyError(name)
        return saved

    def _save(
        self, kind: SavedKind, name: str, visitor: Visitor, endpoint: str, fields: tuple[str, ...], size: int, text: str
    ) -> SavedPlan:
        name = _clean(name)
        names = [one.name for one in self._store.of_kind(visitor.id, kind)]
        if name not in names and len(names) >= MAX_SAVED:
            raise InvalidSweep(f"You have saved {MAX_SAVED}, which is the most. Delete one first.")
        self._plans.count(text, visitor)
        # Visitors of a hosted page must not fill the disk with images that retention leaves.
        keeps_images = not self._playground.settings.hosted
        saved = SavedPlan(visitor.id, kind, name, time.time(), endpoint, fields, size, text, keeps_images)
        self._store.save(saved)
        return saved


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidSweep("Enter a name.")
    if len(name) > MAX_NAME_CHARS:
        raise InvalidSweep(f"A name has at most {MAX_NAME_CHARS} characters.")
    return name
