"""Runs blocking calls of the page on a bounded number of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
MAX_THREADS = 16


class WorkerThreads:
    """Threads for calls that block, so that the calls delay neither the page nor the program's other threads."""

    def __init__(self, max_threads: int = MAX_THREADS) -> None:
        self._pool = ThreadPoolExecutor(max_threads, thread_name_prefix="page")

    async def __call__(self, call: Callable[..., T], *args: Any) -> T:
        """Return the result of a call; raises what the call raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *args)
