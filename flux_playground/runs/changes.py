"""Streams the changes of generations to asyncio code, without polling those that run in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from time import monotonic

from ..generation import Generation
from .active_runs import ActiveRun

CHECK_INTERVAL_SECONDS = 0.5
"""Seconds between two reads of a generation that another process runs."""


class ChangeSignal:
    """Wakes one coroutine when one of the watched runs publishes a record; `close` it at the end."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._runs: list[ActiveRun] = []

    def watch(self, runs: Iterable[ActiveRun]) -> None:
        """Watch these runs too."""
        for run in runs:
            if run not in self._runs:
                self._runs.append(run)
                run.add_listener(self._notify)
                if run.generation.finished:
                    self._notify()

    async def wait(self, seconds: float) -> None:
        """Wait for a record since the last `wait`, at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()

    def close(self) -> None:
        """Stop watching."""
        for run in self._runs:
            run.remove_listener(self._notify)

    def _notify(self) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._changed.set)


async def stream_changes(
    find_run: Callable[[str], ActiveRun | None],
    load: Callable[[str], Generation],
    generation_id: str,
    keepalive_seconds: float | None = None,
) -> AsyncIterator[Generation]:
    """Yield each new record of a generation, the last one finished; raises what `load` raises.

    With `keepalive_seconds`, the record is yielded again when nothing has changed for that long. `load` may block; it
    is called on another thread, and only for generations that do not run in this process.
    """
    signal, last, yielded_at = ChangeSignal(), None, 0.0
    try:
        while True:
            run = find_run(generation_id)
            signal.watch([run] if run else [])
            generation = run.generation if run else await asyncio.to_thread(load, generation_id)
            is_due = keepalive_seconds is not None and monotonic() - yielded_at >= keepalive_seconds
            if generation != last or is_due:
                last, yielded_at = generation, monotonic()
                yield generation
            if generation.finished:
                return
            interval = CHECK_INTERVAL_SECONDS if run is None else keepalive_seconds or 60.0
            await signal.wait(interval if keepalive_seconds is None else min(interval, keepalive_seconds))
    finally:
        signal.close()
