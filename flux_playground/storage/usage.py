"""Sums over stored generations: durations, prices, counts, and what visitors spent of the owner's money."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from ..generation import Generation, State
from ..identity import Identity
from .database_connection import Connection, Reader
from .rows import UNFINISHED_STATES
from .spending import PaidImage, Spender, Spending

MAX_DURATIONS = 64  # of each endpoint, the latest
WINDOW_SECONDS = 90_000.0  # a day, which is the longest limit, and an hour more
CLOCK_SKEW_SECONDS = 300.0  # a row further in the future was written while the clock was wrong


class Usage:
    """Answers from a connection that only reads. Safe to use from many threads."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._lock = reader, reader.lock
        self._durations: dict[tuple[str, str], tuple[float, ...]] = {}
        self._prices: dict[tuple[str, str], float | None] = {}
        self._images: dict[str, PaidImage] = {}  # of the last day, by id
        self._reserved: set[str] = set()  # ids
        self._expected: dict[str, float] = {}  # credits of images of the last day whose cost is unknown, by id
        self._spending: defaultdict[Spender, Spending] = defaultdict(Spending)
        self._last_row: int | None = None

    def durations(self, server: str, endpoint: str) -> tuple[float, ...]:
        """Return the seconds from acceptance to Ready of the latest images of an endpoint, oldest first; at most 64."""
        if (server, endpoint) not in self._durations:
            query = """
                SELECT api_seconds FROM generations
                WHERE server = ? AND endpoint = ? AND state = ? AND api_seconds IS NOT NULL AND imported = ''
                ORDER BY finished_at DESC LIMIT ?
            """
            with self._lock:
                rows = self._select(query, [server, endpoint, State.SUCCEEDED, MAX_DURATIONS])
            self._durations[server, endpoint] = tuple(seconds for (seconds,) in rows)[::-1]
        return self._durations[server, endpoint]

    def median_seconds(self, server: str, endpoint: str) -> float | None:
        """Return the median of `durations`, or None for fewer than three images."""
        durations = sorted(self.durations(server, endpoint))
        return durations[len(durations) // 2] if len(durations) >= 3 else None

    def price(self, server: str, endpoint: str) -> float | None:
        """Return the credits that the latest image of an endpoint cost, or None; failures may cost less."""
        if (server, endpoint) not in self._prices:
            query = """
                SELECT cost FROM generations
                WHERE server = ? AND endpoint = ? AND cost IS NOT NULL AND state != ? AND imported = ''
                ORDER BY finished_at DESC LIMIT 1
            """
            with self._lock:
                rows = self._select(query, [server, endpoint, State.FAILED])
            self._prices[server, endpoint] = next((cost for (cost,) in rows), None)
        return self._prices[server, endpoint]

    def counts(self) -> dict[State, tuple[int, float]]:
        """Return how many generations are in each state, and their cost together in credits."""
        query = "SELECT state, count(*), coalesce(sum(cost), 0) FROM generations WHERE imported = '' GROUP BY state"
        with self._lock:
            rows = self._select(query, [])
        return {State(state): (number, cost) for state, number, cost in rows if state in set(State)}

    def count_unfinished(self, identity: Identity, database: Connection | None = None) -> tuple[int, int, int]:
        """Return how many generations wait or run in all processes: a visitor's, those of the address, and all.

        The first two are those that the owner pays for. With a `database` in a transaction, its new rows count too.
        """
        query = f"""
            SELECT count(*) FILTER (WHERE spender_address = ? AND spender_browser = ?),
                count(*) FILTER (WHERE spender_address = ?), count(*)
            FROM generations WHERE state IN ({UNFINISHED_STATES})
        """  # noqa: S608  # literals
        values = [identity.address, identity.browser, identity.address]
        if database is not None:
            rows = database.execute(query, values).fetchall()
        else:
            with self._lock:
                rows = self._select(query, values)
        own, near, total = rows[0]
        return own, near, total

    def load(self) -> None:
        """Read the images of the last day, so that no check of an allowance has to wait for it."""
        with self._lock:
            self._read_new_rows(time.time())

    def spent(self, spender: Spender, since: float, now: float, price: float | None = None) -> float:
        """Return the number of images of a spender since a moment, or with a `price` their credits; see `Spending`.

        Images that are never charged are left out: those that were not sent, and those that the API rejected.
        """
        with self._lock:
            self._read_new_rows(now)
            return self._spending.get(spender, Spending()).amount(since, now + CLOCK_SKEW_SECONDS, price)

    def last_excess(self, spender: Spender, since: float, now: float, price: float | None, allowed: float) -> float:
        """Return the time of the last image over what is allowed since a moment; see `Spending.last_excess`."""
        with self._lock:
            self._read_new_rows(now)
            spending = self._spending.get(spender, Spending())
            return spending.last_excess(since, now + CLOCK_SKEW_SECONDS, price, allowed)

    def reserve(self, generation: Generation, expected: float | None = None) -> None:
        """Count a generation before it is written; `release` must follow.

        It counts for the `expected` credits as long as its cost is unknown.
        """
        if generation.spender is not None:
            with self._lock:
                if expected is not None:
                    self._expected[generation.id] = expected
                self._add(PaidImage(generation.created_at, generation.id, generation.spender, expected))
                self._reserved.add(generation.id)

    def release(self, generation: Generation) -> None:
        """Count a generation from now on only if it is written."""
        with self._lock:
            if generation.id in self._reserved:
                self._remove(generation.id)

    def update(self, generation: Generation) -> None:
        """Take a written record into the answers that are kept in memory; an imported one may say anything."""
        if generation.imported:
            return
        place = generation.server, generation.endpoint
        if generation.cost is not None and generation.state is not State.FAILED:
            self._prices[place] = generation.cost
        if generation.state is State.SUCCEEDED and generation.api_seconds is not None and place in self._durations:
            self._durations[place] = (*self._durations[place], generation.api_seconds)[-MAX_DURATIONS:]

    def _read_new_rows(self, now: float) -> None:
        """Read the rows that were written since the last time: a row gets a new, highest number at each write."""
        oldest = now - WINDOW_SECONDS
        where = "? IS NULL AND spender_address IS NOT NULL" if self._last_row is None else "rowid >= ?"
        query = f"""
            SELECT rowid, id, created_at, spender_address, spender_browser, cost,
                state != ? AND (state != ? OR task_id != '')
            FROM generations WHERE {where} AND created_at > ? ORDER BY created_at
        """  # noqa: S608  # `where` is a literal
        values = [State.CANCELLED, State.FAILED, self._last_row, oldest]
        identities: dict[tuple[str, str], Identity] = {}  # one object for many images
        for number, generation_id, created_at, address, browser, cost, is_charged in self._select(query, values):
            self._last_row = max(self._last_row or 0, number)
            self._remove(generation_id)
            if cost is not None or not is_charged:
                self._expected.pop(generation_id, None)
            if is_charged and address is not None:
                identity = identities.setdefault((address, browser), Identity(address, browser))
                expected = self._expected.get(generation_id) if cost is None else cost
                self._add(PaidImage(created_at, generation_id, identity, expected))
        expired = self._spending[None].remove_until(oldest)
        for image in expired:
            del self._images[image.id]
            self._expected.pop(image.id, None)
        for spender in {spender for image in expired for spender in image.spenders}:
            self._spending[spender].remove_until(oldest)
            self._delete_if_empty(spender)

    def _add(self, image: PaidImage) -> None:
        self._images[image.id] = image
        for spender in image.spenders:
            self._spending[spender].add(image)

    def _remove(self, generation_id: str) -> None:
        if generation_id not in self._images:
            return
        image = self._images.pop(generation_id)
        self._reserved.discard(generation_id)
        for spender in image.spenders:
            self._spending[spender].remove(image)
            self._delete_if_empty(spender)

    def _delete_if_empty(self, spender: Spender) -> None:
        if not self._spending[spender].images:
            del self._spending[spender]

    def _select(self, query: str, values: Iterable[object]) -> list[tuple[Any, ...]]:
        return self._reader.select(query, values)[1]
