"""Limits the generations that run or wait: those of a visitor, of an address, and of all visitors."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import QueueFull
from ..identity import Identity
from ..storage.database_connection import Connection
from ..storage.usage import Usage
from .active_runs import ActiveRuns

MAX_RUNS_PER_VISITOR = 50
MAX_RUNS_PER_ADDRESS = 200
MAX_RUNS = 1000


@dataclass(frozen=True)
class QueueLimits:
    """Counts the runs of this process, and the stored generations of all processes that share the database.

    A record has the visitor only if the owner pays. Who brings a key has all runs in the process that has the key.
    """

    runs: ActiveRuns
    usage: Usage

    def check_runs(self, identity: Identity) -> None:
        """Raise `QueueFull` when this visitor, their address or all visitors have too many runs in this process."""
        runs = self.runs.list()
        own = sum(run.identity == identity for run in runs)
        near = sum(run.identity.address == identity.address for run in runs)
        _check(own, near, len(runs))

    def check_stored(self, identity: Identity, database: Connection | None = None) -> None:
        """Raise `QueueFull` when the stored generations are too many, in the transaction of `database` if given."""
        _check(*self.usage.count_unfinished(identity, database))


def _check(own: int, near: int, total: int) -> None:
    if own >= MAX_RUNS_PER_VISITOR:
        raise QueueFull(f"{own} of your images are running or queued already.")
    if near >= MAX_RUNS_PER_ADDRESS:
        raise QueueFull(f"{MAX_RUNS_PER_ADDRESS} images of your address are running or queued already.")
    if total >= MAX_RUNS:
        raise QueueFull(f"{total} images are running or queued already.")
