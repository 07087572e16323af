"""Starts the generation of one cell of a sweep."""

from __future__ import annotations

from .access.visitor import Visitor
from .errors import InvalidSweep
from .generation import Generation, derive_id
from .playground import Playground
from .recipe import fingerprint
from .request_images import resolve_image_refs
from .storage.sweep_store import StoredSweep
from .sweeps.plan import Cell


def start_cell(playground: Playground, sweep: StoredSweep, cell: Cell, visitor: Visitor, press: str) -> Generation:
    """Start the generation of a cell, once for a press; raises what `Playground.start` raises, and `InvalidSweep`."""
    operation = playground.document.operation(sweep.endpoint)
    values = resolve_image_refs(operation, cell.request, playground.store.inputs.load)
    request = playground.prepare(values, visitor, endpoint=sweep.endpoint)
    if fingerprint("", sweep.endpoint, request.redacted) != cell.id:
        # Its generation would not be found again, and the cell would be paid for with each resume.
        raise InvalidSweep("The schema of the endpoint has changed since this sweep was planned. Plan it again.")
    new_id = derive_id(visitor.id, press, f"{sweep.id} {cell.id}")
    return playground.start(request, visitor, sweep=sweep.id, reuse_running=True, new_id=new_id)
