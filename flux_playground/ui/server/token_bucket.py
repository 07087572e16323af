"""Token buckets per address: open requests, requests per second and uploaded bytes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_ADDRESSES = 10_000
"""Beyond it the address that has been silent for longest is forgotten."""


@dataclass
class TokenBucket:
    """Holds up to `capacity` tokens and gains `rate` tokens a second."""

    capacity: float
    rate: float
    tokens: float
    updated_at: float

    def take(self, amount: float, now: float) -> bool:
        """Whether `amount` tokens were there and have been taken; else none are taken."""
        self.tokens = min(self.capacity, self.tokens + (now - self.updated_at) * self.rate)
        self.updated_at = now
        if amount > self.tokens:
            return False
        self.tokens -= amount
        return True


@dataclass(frozen=True)
class RateLimits:
    """Limits per address and for all addresses. A pair is the capacity and the rate per second of a token bucket."""

    open_per_address: int = 150
    open_total: int = 3000
    requests_per_address: tuple[float, float] = (1500.0, 50.0)
    bytes_per_address: tuple[float, float] = (300e6, 0.2e6)
    bytes_total: tuple[float, float] = (3000e6, 2e6)


@dataclass
class _AddressState:
    requests: TokenBucket
    received: TokenBucket
    open: int = 0


@dataclass
class RateLimiter:
    """Counts the requests of each address. For one event loop only."""

    limits: RateLimits = field(default_factory=RateLimits)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._addresses: OrderedDict[str, _AddressState] = OrderedDict()
        self._received = self._bucket(self.limits.bytes_total)
        self._open = 0

    def start_request(self, address: str, tokens: float = 1.0) -> bool:
        """Whether one more request, which costs `tokens`, is allowed; `end_request` must follow each that is."""
        state = self._state(address)
        if state.open >= self.limits.open_per_address or self._open >= self.limits.open_total:
            return False
        if not state.requests.take(tokens, self.clock()):
            return False
        state.open += 1
        self._open += 1
        return True

    def end_request(self, address: str) -> None:
        """A request of this address has ended."""
        self._open -= 1
        if address in self._addresses:
            self._addresses[address].open -= 1

    def take_bytes(self, address: str, size: int) -> bool:
        """Whether this address may send `size` more bytes."""
        now = self.clock()
        return self._state(address).received.take(size, now) and self._received.take(size, now)

    def _state(self, address: str) -> _AddressState:
        state = self._addresses.setdefault(
            address,
            _AddressState(self._bucket(self.limits.requests_per_address), self._bucket(self.limits.bytes_per_address)),
        )
        self._addresses.move_to_end(address)
        while len(self._addresses) > MAX_ADDRESSES:
            self._addresses.popitem(last=False)
        return state

    def _bucket(self, pair: tuple[float, float]) -> TokenBucket:
        capacity, rate = pair
        return TokenBucket(capacity, rate, capacity, self.clock())
