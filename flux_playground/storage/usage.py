"""Sums over stored generations: durations, prices, counts, and what visitors spent of the owner's money."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..generation import Generation, State
from ..identity import Identity
from .database import Reader

Spender = Identity | str | None
"""A visitor, all visitors of an address, or all visitors."""

MAX_DURATIONS = 64  # of each endpoint, the latest
WINDOW_SECONDS = 90_000.0  # a day, which is the longest limit, and an hour more
CLOCK_SKEW_SECONDS = 300.0  # a row further in the future was written while the clock was wrong


MAX_SINGLE_ROWS = 2_000
"""Beyond it, spending is given by the minute: a press waits for it."""


class Spent(NamedTuple):
    """Spending until a moment: images, their known cost in credits, and the images of unknown cost."""

    at: float
    images: int
    credits: float
    unpriced: int


@dataclass
class _Spender:
    """The rows of one spender, one address or everybody: when and which, in the order of time, and sums by minute."""

    rows: list[tuple[float, str]] = field(default_factory=list)
    minutes: dict[int, tuple[int, float, int]] = field(default_factory=dict)

    def add(self, at: float, cost: float | None, sign: int = 1) -> None:
        """Add a row to the sum of its minute, or remove it with `sign` -1."""
        images, total, unpriced = self.minutes.get(int(at // 60), (0, 0.0, 0))
        images += sign
        if images:
            self.minutes[int(at // 60)] = images, total + sign * (cost or 0.0), unpriced + sign * (cost is None)
        else:
            self.minutes.pop(int(at // 60), None)


class Usage:
    """Answers from a connection that only reads. Safe to use from many threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._lock = reader, reader.lock
        self._durations: dict[tuple[str, str], tuple[float, ...]] = {}
        self._prices: dict[tuple[str, str], float | None] = {}
        self._rows: dict[str, tuple[float, Identity | None, float | None]] = {}  # id → when, spender, cost
        self._spenders: dict[Spender, _Spender] = {}
        self._last_row: int | None = None

    def durations(self, server: str, endpoint: str) -> tuple[float, ...]:
        """Return the seconds from acceptance to Ready of the latest images of an endpoint, oldest first; at most 64."""
        if (server, endpoint) not in self._durations:
            query = """
                SELECT api_seconds FROM generations
                WHERE server = ? AND endpoint = ? AND state = ? AND api_seconds IS NOT NULL
                ORDER BY finished_at DESC LIMIT ?
            """
            with self._lock:
                rows = self._select(query, [server, endpoint, State.SUCCEEDED, MAX_DURATIONS])
            self._durations[server, endpoint] = tuple(seconds for (seconds,) in rows)[::-1]
        return self._durations[server, endpoint]

    def price(self, server: str, endpoint: str) -> float | None:
        """Return the credits that the latest image of an endpoint cost, or None."""
        if (server, endpoint) not in self._prices:
            query = """
                SELECT cost FROM generations WHERE server = ? AND endpoint = ? AND cost IS NOT NULL
                ORDER BY finished_at DESC LIMIT 1
            """
            with self._lock:
                rows = self._select(query, [server, endpoint])
            self._prices[server, endpoint] = next((cost for (cost,) in rows), None)
        return self._prices[server, endpoint]

    def counts(self) -> dict[State, tuple[int, float]]:
        """Return how many generations are in each state, and their cost together in credits."""
        query = "SELECT state, count(*), coalesce(sum(cost), 0) FROM generations GROUP BY state"
        with self._lock:
            rows = self._select(query, [])
        return {State(state): (number, cost) for state, number, cost in rows if state in set(State)}

    def spending_since(
        self,
        spender: Spender,
        since: float,
        now: float,
        reserved: Mapping[str, tuple[float, float | None]] | None = None,
    ) -> list[Spent]:
        """Return what was spent since a moment, oldest first, with the `reserved` images that are not written yet.

        What was never charged is left out: what was not sent, and what the API rejected. `reserved` has moments and
        costs by id.
        """
        with self._lock:
            self._update(now)
            known = self._spenders.get(spender, _Spender())
            rows, latest = known.rows, _latest(now)
            first, end = _after(rows, since), _after(rows, latest)
            pending = [_spent(*row) for one, row in (reserved or {}).items() if one not in self._rows]
            if end - first <= MAX_SINGLE_ROWS:
                return sorted([*self._single(rows[first:end]), *pending])
            oldest, newest = int(since // 60) + 1, int(latest // 60)
            minutes = [
                Spent(minute * 60.0 + 60.0, *known.minutes[minute])
                for minute in known.minutes
                if oldest <= minute < newest
            ]
            head = rows[first : bisect_left(rows, (oldest * 60.0, ""))]
            tail = rows[bisect_left(rows, (newest * 60.0, "")) : end]
            return sorted([*self._single(head), *minutes, *self._single(tail), *pending])

    def count(self, spender: Spender, since: float, now: float, reserved: Iterable[str] = ()) -> int:
        """Return how many images were spent since a moment, with the `reserved` ones that are not written yet."""
        with self._lock:
            self._update(now)
            rows = self._spenders.get(spender, _Spender()).rows
            written = max(_after(rows, _latest(now)) - _after(rows, since), 0)
            return written + sum(one not in self._rows for one in reserved)

    def update(self, generation: Generation) -> None:
        """Take a written record into the answers that are kept in memory."""
        place = generation.server, generation.endpoint
        if generation.cost is not None:
            self._prices[place] = generation.cost
        if generation.state is State.SUCCEEDED and generation.api_seconds is not None and place in self._durations:
            self._durations[place] = (*self._durations[place], generation.api_seconds)[-MAX_DURATIONS:]

    def _update(self, now: float) -> None:
        """Read the rows that were written since the last time: a row gets a new, highest number at each write."""
        query = """
            SELECT rowid, id, created_at, spender_address, spender_browser, cost,
                state = ? OR (state = ? AND task_id = '') FROM generations
            WHERE rowid >= ? AND created_at > ?
        """
        if self._last_row is None:
            query = query.replace("rowid >= ? AND", "? IS NULL AND spender_address IS NOT NULL AND")
        for number, one, at, address, browser, cost, free in self._select(
            query, [State.CANCELLED, State.FAILED, self._last_row, now - WINDOW_SECONDS]
        ):
            self._last_row = max(self._last_row or 0, number)
            self._forget(one)
            if address is not None and not free:
                spender = Identity(address, browser)
                self._rows[one] = (at, spender, cost)
                for key in _keys(spender):
                    known = self._spenders.setdefault(key, _Spender())
                    insort(known.rows, (at, one))
                    known.add(at, cost)
        everybody = self._spenders.get(None, _Spender()).rows
        for _, one in everybody[: _after(everybody, now - WINDOW_SECONDS)]:
            self._forget(one)

    def _forget(self, generation_id: str) -> None:
        at, spender, cost = self._rows.pop(generation_id, (0.0, None, None))
        for key in _keys(spender) if spender else ():
            self._spenders[key].add(at, cost, -1)
            rows = self._spenders[key].rows
            rows.remove((at, generation_id)) if len(rows) < 2 else rows.pop(bisect_right(rows, (at, generation_id)) - 1)
            if not rows:
                del self._spenders[key]

    def _single(self, rows: list[tuple[float, str]]) -> list[Spent]:
        return [_spent(at, self._rows[one][2]) for at, one in rows]

    def _select(self, query: str, values: Iterable[object]) -> list[tuple[Any, ...]]:
        return self._reader.select(query, values)[1]


def _spent(at: float, cost: float | None) -> Spent:
    return Spent(at, 1, cost or 0.0, int(cost is None))


def _keys(spender: Identity) -> tuple[Spender, Spender, Spender]:
    return spender, spender.address, None


def _after(rows: list[tuple[float, str]], moment: float) -> int:
    """Return the place of the first row after a moment."""
    return bisect_right(rows, (moment, "\U0010ffff"))


def _latest(now: float) -> float:
    return now + CLOCK_SKEW_SECONDS
