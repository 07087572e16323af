"""How much one address may ask of a hosted page: at once, in a second, and in bytes sent up.

Kept in memory, for as many addresses as were heard of lately. Knows no HTTP and not the program.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST = 10_000
"""Addresses that are remembered; beyond them the one that has been silent for longest is forgotten."""


@dataclass
class Bucket:
    """Holds `full`, gets `flow` more every second, and is empty for who takes more than that."""

    full: float
    flow: float
    held: float
    at: float

    def take(self, amount: float, now: float) -> bool:
        """Whether so much could be taken; if not, nothing was."""
        self.held = min(self.full, self.held + (now - self.at) * self.flow)
        self.at = now
        if amount > self.held:
            return False
        self.held -= amount
        return True


@dataclass(frozen=True)
class Limits:
    """`open_…`: requests open at once. The pairs: how much in one go, and how much a second after that."""

    open_each: int = 150
    open_all: int = 3000
    requests: tuple[float, float] = (1500.0, 50.0)
    bytes_each: tuple[float, float] = (300e6, 0.2e6)
    bytes_all: tuple[float, float] = (3000e6, 2e6)


@dataclass
class _Caller:
    requests: Bucket
    sent: Bucket
    open: int = 0


@dataclass
class Throttle:
    """The callers of one page. For one event loop only."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._callers: OrderedDict[str, _Caller] = OrderedDict()
        self._sent = self._bucket(self.limits.bytes_all)
        self._open = 0

    def enter(self, address: str) -> bool:
        """Whether one more request of this address is taken; whoever got a yes calls `leave` when it is over."""
        caller = self._caller(address)
        if caller.open >= self.limits.open_each or self._open >= self.limits.open_all:
            return False
        if not caller.requests.take(1, self.clock()):
            return False
        caller.open += 1
        self._open += 1
        return True

    def leave(self, address: str) -> None:
        """A request of this address is over."""
        self._open -= 1
        if address in self._callers:
            self._callers[address].open -= 1

    def send(self, address: str, size: int) -> bool:
        """Whether this address may send up so many bytes more."""
        now = self.clock()
        return self._caller(address).sent.take(size, now) and self._sent.take(size, now)

    def _caller(self, address: str) -> _Caller:
        known = self._callers.setdefault(
            address, _Caller(self._bucket(self.limits.requests), self._bucket(self.limits.bytes_each))
        )
        self._callers.move_to_end(address)
        while len(self._callers) > MOST:
            self._callers.popitem(last=False)
        return known

    def _bucket(self, pair: tuple[float, float]) -> Bucket:
        full, flow = pair
        return Bucket(full, flow, full, self.clock())
