"""Makes the plans of visitors' sweeps, and limits how much of them an address may store on a hosted page."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .access.visitor import OWNER, Visitor
from .build_request import SEED
from .errors import InvalidDocument, InvalidSweep
from .generation import Generation
from .playground import Playground
from .recipe import fingerprint
from .storage.sweep_store import StoredSweep
from .sweep_run import MAX_WINDOW
from .sweeps.axes import AxisText
from .sweeps.estimate import Estimate, estimate_sweep
from .sweeps.plan import Cell, Plan, make_plan
from .sweeps.plan_images import check_images, store_images
from .sweeps.plan_json import dump_plan, load_plan

MAX_CHARACTERS_PER_HOUR = 30_000_000
"""Of the plans that one address stores on a hosted page: a short text with alternatives becomes a long plan."""

SECONDS_PER_HOUR = 3600


class SweepPlans:
    """The plans of a playground's sweeps. Safe to use from many threads."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self._hour, self._stored = 0, Counter[str]()  # characters by address
        self._lock = threading.Lock()

    def make(
        self, values: Mapping[str, Any], axes: Sequence[AxisText], visitor: Visitor = OWNER, endpoint: str = ""
    ) -> Plan:
        """Return the plan of a form's values and axes; its images are stored.

        Raises `InvalidSweep`, `InvalidRequest`, `InvalidDocument`, `StorageError`.
        """
        playground = self._playground
        operation = playground.document.operation(endpoint) if endpoint else playground.operation
        load = partial(playground.load_input, visitor=visitor)
        stored = store_images(operation, values, load, playground.store.inputs.save)
        return check_images(operation, make_plan(operation, stored, axes), stored, load)

    def change(self, sweep: StoredSweep, axes: Sequence[AxisText], visitor: Visitor) -> str:
        """Return the plan of a sweep with other axes, as it is stored. Raises `InvalidSweep`, `InvalidDocument`."""
        operation = self._playground.document.operation(sweep.endpoint)
        values = load_plan(sweep.plan).values
        load = partial(self._playground.load_input, visitor=visitor)
        return self.dump(check_images(operation, make_plan(operation, values, axes), values, load), visitor)

    def dump(self, plan: Plan, visitor: Visitor) -> str:
        """Return a plan as it is stored, and count it; raises `InvalidSweep` if it is too large."""
        text = dump_plan(plan, with_points=True)
        self.count(text, visitor)
        return text

    def find_existing(self, plan: Plan, cells: Sequence[Cell], visitor: Visitor) -> dict[str, Generation]:
        """Return the generations of the same requests by the id of the cell; without a seed, each is another image."""
        try:
            server = self._playground.server(visitor, endpoint=plan.endpoint)
        except InvalidDocument:  # the endpoint is gone, and the sheet can be seen nevertheless
            return {}
        ids = {fingerprint(server, plan.endpoint, cell.request): cell.id for cell in cells if SEED in cell.request}
        found = self._playground.store.find_by_fingerprints(visitor.id, list(ids))
        return {ids[digest]: generation for digest, generation in found.items()}

    def estimate(self, endpoint: str, visitor: Visitor, missing: Sequence[Cell], existing: int) -> Estimate:
        """Return what the missing cells will cost; raises `InvalidDocument` for an endpoint that is gone."""
        playground = self._playground
        operation, server = playground.document.operation(endpoint), playground.server(visitor, endpoint=endpoint)
        concurrency = min(playground.settings.max_in_flight, MAX_WINDOW)
        return estimate_sweep(playground.store.usage, server, operation, missing, existing, concurrency)

    def count(self, text: str, visitor: Visitor) -> None:
        """Count a text that will be stored; raises `InvalidSweep` where an address of a hosted page stores too much."""
        if not self._playground.settings.hosted:
            return
        address, characters = visitor.identity.address, len(text)
        with self._lock:
            if self._hour != (hour := int(time.time()) // SECONDS_PER_HOUR):
                self._hour, self._stored = hour, Counter()
            if self._stored[address] + characters > MAX_CHARACTERS_PER_HOUR:
                raise InvalidSweep("Many large sweeps were planned from your address. Wait an hour, then try again.")
            self._stored[address] += characters
