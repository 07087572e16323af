"""The request of a run: its images stay on disk until the request is sent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import StorageUnavailable

MAX_LOADED_PER_ADDRESS = 2
"""Requests with images that are in memory at once for one address; each may take 100 MB while it is sent."""


@dataclass(frozen=True)
class QueuedRequest:
    """A checked request; `images` are the places of its images, which are references to inputs."""

    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    images: frozenset[tuple[str | int, ...]] = frozenset()

    @property
    def has_images(self) -> bool:
        """Return whether an image must be loaded."""
        return bool(self.images)

    def load(self, load_input: Callable[[str], str | None]) -> dict[str, Any]:
        """Return the whole request; raises `StorageError` if an image is no longer the one that was checked."""
        return {name: self._load(value, (name,), load_input) for name, value in self.values.items()}

    def _load(self, value: Any, loc: tuple[str | int, ...], load_input: Callable[[str], str | None]) -> Any:
        if loc in self.images:
            text = load_input(value)
            if text is None:
                raise StorageUnavailable("An image of this request is no longer on disk. Nothing was sent.")
            return text
        if isinstance(value, Mapping):
            return {name: self._load(item, (*loc, name), load_input) for name, item in value.items()}
        if isinstance(value, list):
            return [self._load(item, (*loc, index), load_input) for index, item in enumerate(value)]
        return value


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
