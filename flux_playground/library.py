"""The playground as a library: single images, and sweeps in one call."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .access.visitor import OWNER, Visitor
from .account_finetunes import NO_LIST
from .client import Limits
from .errors import InvalidSweep
from .playground import Playground as SingleImages
from .schema import Document, Operation
from .settings import Settings
from .sweep_control import Sweeps
from .sweeps.axes import AxisText, axis_of_values, find_field
from .sweeps.plan import Plan
from .sweeps.plan_json import read_plan_file
from .sweeps.sheet import SheetCell

log = logging.getLogger(__name__)

Axes = Mapping[str, str | Sequence[Any]] | Sequence[AxisText]
"""Texts or values by the names of fields; or axes of every kind."""


class Playground(SingleImages):
    """The playground with its `sweeps`, which end with it.

    `generate` makes one image and `sweep` an image for each combination of values.
    """

    def __init__(self, settings: Settings, document: Document | None = None, *, limits: Limits | None = None) -> None:
        super().__init__(settings, document, limits=limits)
        self.sweeps = Sweeps(self)

    def __enter__(self) -> Playground:
        return self

    def close(self) -> None:
        """Start no further cells of sweeps, then close the playground."""
        self.sweeps.close()
        super().close()

    def sweep(
        self,
        plan: Mapping[str, Any] | str | Path,
        axes: Axes = (),
        visitor: Visitor = OWNER,
        *,
        endpoint: str = "",
        name: str = "",
        allow_unlisted: bool = False,
    ) -> Iterator[tuple[SheetCell, ...]]:
        """Make a sweep and yield its cells after each change, at last when it has ended.

        `plan` has the values that all images share, or is the file of a plan with its own axes and endpoint. An axis is
        a list of values, or a text as in the panel: `sweep({"prompt": "a mill"}, {"seed": "4 random"})`. The sweep goes
        on when the caller stops iterating. It does not ask about the price: `sweeps.estimate` reports it. Raises what
        `Sweeps.make` raises, `InvalidSweep` for a finetune that the account does not list, which `allow_unlisted`
        allows, and `OSError` for a file that cannot be read.
        """
        if isinstance(plan, str | Path):
            file = Path(plan)
            planned, plan, axes = read_plan_file(file)
            endpoint, name = endpoint or planned, name or file.stem
        operation = self.document.operation(endpoint) if endpoint else self.operation
        read = _read_axes(operation, axes)
        if not allow_unlisted:
            self._check_finetunes(self.sweeps.plan(plan, read, visitor, endpoint=endpoint), visitor)
        sweep = self.sweeps.make(plan, read, visitor, endpoint=endpoint, name=name)
        yield from self.sweeps.watch(sweep.id, visitor)

    def _check_finetunes(self, plan: Plan, visitor: Visitor) -> None:
        unlisted = self.sweeps.find_unlisted(self.sweeps.estimate(plan, visitor), visitor)
        if unlisted is None:
            log.warning(NO_LIST)
        elif unlisted:
            raise InvalidSweep(
                f"Not in the account's list of finetunes: {', '.join(unlisted)}. If the list is incomplete, pass"
                " `allow_unlisted=True`."
            )


def _read_axes(operation: Operation, axes: Axes) -> list[AxisText]:
    if not isinstance(axes, Mapping):
        return list(axes)
    for name in axes:
        find_field(operation, name)
    return [
        AxisText(name, values) if isinstance(values, str) else axis_of_values(operation, name, values)
        for name, values in axes.items()
    ]
