"""What the journal's rows say together: durations, prices, counts, and what was spent of the owner's money."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..generation import Generation, State
from .database import Reader

MAX_DURATIONS = 64  # of each endpoint, the latest
WINDOW_SECONDS = 90_000.0  # a day, which is the longest limit, and an hour more
CLOCK_SKEW_SECONDS = 300.0  # a row further in the future was written while the clock was wrong


@dataclass
class _Spender:
    """The rows of one spender, one address or everybody: when and which, in the order of time."""

    rows: list[tuple[float, str]] = field(default_factory=list)


class Usage:
    """Answers from a connection that only reads. Safe to use from many threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._lock = reader, reader.lock
        self._durations: dict[tuple[str, str], tuple[float, ...]] = {}
        self._prices: dict[tuple[str, str], float | None] = {}
        self._rows: dict[str, tuple[float, str, float | None]] = {}  # id → when, spender, cost
        self._spenders: dict[str, _Spender] = {}
        self._last_row: int | None = None

    def durations(self, server: str, endpoint: str) -> tuple[float, ...]:
        """Return the seconds from acceptance to Ready of the latest images of an endpoint, oldest first; at most 64."""
        if (server, endpoint) not in self._durations:
            query = """
                SELECT waited FROM generations WHERE server = ? AND endpoint = ? AND state = ? AND waited IS NOT NULL
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

    def spending_since(self, spender: str, since: float, now: float) -> list[tuple[float, str, float | None]]:
        """Return when, for which generation and how many credits (None: unknown) were spent, in the order of time.

        `spender` is a whole mark, the part of a mark up to its dot for an address, or "" for everybody. What was never
        charged is left out: what was not sent, and what the API rejected.
        """
        with self._lock:
            self._update(now)
            rows = self._spenders.get(spender, _Spender()).rows
            return [(at, one, self._rows[one][2]) for at, one in rows[_after(rows, since) : _after(rows, _latest(now))]]

    def count(self, spender: str, since: float, now: float, reserved: Iterable[str] = ()) -> int:
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
        if generation.state is State.SUCCEEDED and generation.waited is not None and place in self._durations:
            self._durations[place] = (*self._durations[place], generation.waited)[-MAX_DURATIONS:]

    def _update(self, now: float) -> None:
        """Read the rows that were written since the last time: a row gets a new, highest number at each write."""
        query = """
            SELECT rowid, id, created_at, spender, cost, state = ? OR (state = ? AND task_id = '') FROM generations
            WHERE rowid >= ? AND created_at > ?
        """
        if self._last_row is None:
            query = query.replace("rowid >= ? AND", "? IS NULL AND spender != '' AND")
        for number, one, at, spender, cost, free in self._select(
            query, [State.CANCELLED, State.FAILED, self._last_row, now - WINDOW_SECONDS]
        ):
            self._last_row = max(self._last_row or 0, number)
            self._forget(one)
            if spender and not free:
                self._rows[one] = (at, spender, cost)
                for key in _keys(spender):
                    insort(self._spenders.setdefault(key, _Spender()).rows, (at, one))
        everybody = self._spenders.get("", _Spender()).rows
        for _, one in everybody[: _after(everybody, now - WINDOW_SECONDS)]:
            self._forget(one)

    def _forget(self, generation_id: str) -> None:
        at, spender, _ = self._rows.pop(generation_id, (0.0, "", None))
        for key in _keys(spender) if spender else ():
            rows = self._spenders[key].rows
            rows.remove((at, generation_id)) if len(rows) < 2 else rows.pop(bisect_right(rows, (at, generation_id)) - 1)
            if not rows:
                del self._spenders[key]

    def _select(self, query: str, values: Iterable[object]) -> list[tuple[Any, ...]]:
        return self._reader.select(query, values)[1]


def _keys(spender: str) -> Iterator[str]:
    yield from dict.fromkeys((spender, spender.partition(".")[0] + ".", ""))


def _after(rows: list[tuple[float, str]], moment: float) -> int:
    """Return the place of the first row after a moment."""
    return bisect_right(rows, (moment, "\U0010ffff"))


def _latest(now: float) -> float:
    return now + CLOCK_SKEW_SECONDS
