"""Blind votes on the images of visitors' sweeps."""

from __future__ import annotations

from collections.abc import Callable

from .access.visitor import OWNER, Visitor
from .errors import InvalidSweep
from .storage.sweep_store import StoredSweep, SweepStore, Vote
from .sweeps.plan import Cell, expand
from .sweeps.plan_json import load_plan
from .sweeps.sheet import SheetCell
from .sweeps.votes import Ranking, next_pair, rank_points

MAX_VOTES = 10_000


class SweepVotes:
    """The votes on sweeps, stored with them. Safe to use from many threads.

    `get` and `cells` return a visitor's sweep and its cells, or raise `KeyError`; so do the methods.
    """

    def __init__(
        self,
        store: SweepStore,
        get: Callable[[str, Visitor], StoredSweep],
        cells: Callable[[str, Visitor], tuple[SheetCell, ...]],
    ) -> None:
        self._store, self._get, self._cells = store, get, cells

    def add(self, sweep_id: str, vote: Vote, visitor: Visitor = OWNER) -> None:
        """Store a vote; raises `KeyError`, `InvalidSweep` for cells of another sweep, and `StorageError`."""
        ids = {cell.id for cell in expand(load_plan(self._get(sweep_id, visitor).plan))}
        is_pair = vote.first != vote.second and {vote.first, vote.second} <= ids
        if not is_pair or vote.winner not in (vote.first, vote.second, ""):
            raise InvalidSweep("These are not two images of this sweep.")
        if len(self._store.votes(sweep_id)) >= MAX_VOTES:
            raise InvalidSweep(f"This sweep has {MAX_VOTES:,} votes, which is the most.")
        self._store.add_vote(sweep_id, vote)

    def undo(self, sweep_id: str, visitor: Visitor = OWNER) -> None:
        """Delete the latest vote on a sweep; raises `KeyError`, `StorageError`."""
        self._get(sweep_id, visitor)
        self._store.remove_last_vote(sweep_id)

    def next_pair(self, sweep_id: str, axis: int, visitor: Visitor = OWNER) -> tuple[Cell, Cell] | None:
        """Return the two cells to compare next; see `votes.next_pair`. Raises `KeyError`, `InvalidSweep`."""
        plan = load_plan(self._get(sweep_id, visitor).plan)
        return next_pair(plan, self._cells(sweep_id, visitor), axis, self._store.votes(sweep_id), sweep_id)

    def ranking(self, sweep_id: str, axis: int, visitor: Visitor = OWNER) -> Ranking:
        """Return the ranking of the points of an axis; raises `KeyError`, `InvalidSweep`."""
        plan = load_plan(self._get(sweep_id, visitor).plan)
        return rank_points(plan, expand(plan), axis, self._store.votes(sweep_id))
