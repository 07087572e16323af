"""Bounds what the program remembers of visitors, so that one address displaces only what is its own."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class AddressShares(Generic[K]):
    """The names that addresses have used: at most `max_total`, and `max_per_address` of one address.

    A name for which `is_kept` is true is not removed.
    """

    def __init__(self, max_total: int, max_per_address: int, is_kept: Callable[[K], bool] = lambda _: False) -> None:
        self._max_total, self._max_per_address, self._is_kept = max_total, max_per_address, is_kept
        self._addresses: OrderedDict[K, str] = OrderedDict()  # the name that was used last comes last
        self._counts: Counter[str] = Counter()

    def __contains__(self, name: K) -> bool:
        return name in self._addresses

    def add(self, name: K, address: str) -> K | None:
        """Count a name for the address that has used it last; remove and return the oldest name beyond the limits.

        It is one of this address or, where all addresses together have too many, of the address with the most.
        """
        self._remove(name)
        self._addresses[name] = address
        self._counts[address] += 1
        if self._counts[address] > self._max_per_address:
            return self._take_oldest(address)
        if len(self._addresses) > self._max_total:
            return self._take_oldest(max(self._counts, key=self._counts.__getitem__))
        return None

    def _take_oldest(self, address: str) -> K | None:
        own = (name for name, of in self._addresses.items() if of == address and not self._is_kept(name))
        oldest = next(own, None)
        if oldest is not None:
            self._remove(oldest)
        return oldest

    def _remove(self, name: K) -> None:
        address = self._addresses.pop(name, None)
        if address is not None:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]
