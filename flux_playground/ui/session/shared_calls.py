"""Shares the results of slow calls between tabs, on threads of their own."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
MAX_THREADS = 4
MAX_RESULTS = 200


class SharedCalls:
    """Calls with a shared result: a slow API delays no page, and tabs with the same key ask it once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="account")
        self._results: OrderedDict[Hashable, tuple[float, Future[Any]]] = OrderedDict()
        self._clock = clock

    async def __call__(self, key: Hashable, max_age_seconds: float, call: Callable[[], T]) -> T:
        """Return the result of `call`, from memory when it is younger than `max_age_seconds`; raises what it raises."""
        called_at, result = self._results.get(key, (-math.inf, None))
        if result is None or self._clock() - called_at > max_age_seconds:
            result = self._threads.submit(call)
            self._results[key] = (self._clock(), result)
            self._results.move_to_end(key)
            while len(self._results) > MAX_RESULTS:
                self._results.popitem(last=False)
        return await asyncio.shield(asyncio.wrap_future(result))
