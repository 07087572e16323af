"""The request of a run: its images stay on disk until the request is sent."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..errors import StorageError
from ..image_ref import is_image_ref

MAX_LOADED_PER_ADDRESS = 4
"""Requests with images that are in memory at once for one address; each may take 100 MB while it is sent."""

STOP_CHECK_SECONDS = 0.2


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
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, address: str, stop: threading.Event) -> Iterator[None]:
        """Wait for a place and hold it for the block; when `stop` is set, the block runs without a place."""
        with self._changed:
            while self._counts[address] >= self._limit and not stop.is_set():
                self._changed.wait(STOP_CHECK_SECONDS)
            self._counts[address] += 1
        try:
            yield
        finally:
            with self._changed:
                self._counts[address] -= 1
                if not self._counts[address]:
                    del self._counts[address]
                self._changed.notify_all()


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
