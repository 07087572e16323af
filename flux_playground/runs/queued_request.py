"""The request of a run: its images stay on disk until the request is sent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import StorageError
from ..image_ref import is_image_ref

MAX_LOADED_PER_ADDRESS = 2
"""Requests with images that are in memory at once for one address; each may take 100 MB while it is sent."""


@dataclass(frozen=True)
class QueuedRequest:
    """A checked request. The values of `image_fields` are references to inputs, or web addresses."""

    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    image_fields: frozenset[str] = frozenset()

    @property
    def has_images(self) -> bool:
        """Return whether an image must be loaded."""
        return any(is_image_ref(item) for name in self.image_fields for item in _items(self.values.get(name)))

    def load(self, load_input: Callable[[str], str | None]) -> dict[str, Any]:
        """Return the whole request; raises `StorageError` if an image is no longer the one that was checked."""

        def load_item(item: Any) -> Any:
            if not is_image_ref(item):
                return item
            text = load_input(item)
            if text is None:
                raise StorageError("An image of this request is no longer on disk. Nothing was sent.")
            return text

        request = dict(self.values)
        for name in self.image_fields & request.keys():
            value = request[name]
            request[name] = [load_item(item) for item in value] if isinstance(value, list) else load_item(value)
        return request


class LoadedRequests:
    """Limits the requests with images that are in memory at once for one address. Safe to use from many threads.

    The limit is per address: an address whose submits are slow delays only its own.
    """

    def __init__(self, limit: int = MAX_LOADED_PER_ADDRESS) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def acquire(self, address: str) -> bool:
        """Take a place and return True; return False when the address has none left. `release` must follow."""
        with self._lock:
            if self._counts[address] >= self._limit:
                return False
            self._counts[address] += 1
            return True

    def release(self, address: str) -> None:
        """Give a place back."""
        with self._lock:
            self._counts[address] -= 1
            if not self._counts[address]:
                del self._counts[address]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
