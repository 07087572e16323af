"""Runs blocking calls of the page on a bounded number of threads, of which no address has more than its share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")
MAX_THREADS = 16
THREADS_PER_ADDRESS = 4
"""Few enough that the plans and exports of one address delay neither the images nor the pages of others."""


class WorkerThreads:
    """Threads for calls that block, so that the calls delay neither the page nor the program's other threads.

    Further calls of an address wait until its earlier ones have ended, also those that nobody waits for any more. For
    one event loop only.
    """

    def __init__(self, max_threads: int = MAX_THREADS, per_address: int = THREADS_PER_ADDRESS) -> None:
        self._pool = ThreadPoolExecutor(max_threads, thread_name_prefix="page")
        self._per_address = per_address
        self._places: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def __call__(self, address: str, call: Callable[..., T], *args: Any) -> T:
        """Return the result of a call for a visitor of this address; raises what the call raises."""
        loop = asyncio.get_running_loop()
        places = self._places.setdefault(address, asyncio.Semaphore(self._per_address))
        await places.acquire()

        def release(_: object) -> None:
            with suppress(RuntimeError):  # the event loop has ended
                loop.call_soon_threadsafe(places.release)

        try:
            called = self._pool.submit(call, *args)
        except BaseException:
            places.release()
            raise
        called.add_done_callback(release)
        return await asyncio.wrap_future(called)
