"""Streams the changes of generations to asyncio code, without polling those that run in this process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Set
from contextlib import suppress
from functools import partial
from time import monotonic
from weakref import WeakKeyDictionary

from ..generation import Generation
from .active_runs import ActiveRun

CHECK_INTERVAL_SECONDS = 0.5
"""Seconds between two reads of a generation that another process runs."""


class ChangeSignal:
    """Wakes one coroutine when one of the watched runs publishes a record; `close` it at the end.

    With `ends_only`, a run wakes the coroutine only with its last record.
    """

    def __init__(self, *, ends_only: bool = False) -> None:
        self._ends_only = ends_only
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._listeners: dict[ActiveRun, Callable[[], object]] = {}

    def watch(self, runs: Iterable[ActiveRun]) -> None:
        """Watch these runs too."""
        for run in runs:
            if run not in self._listeners:
                self._listeners[run] = listener = partial(self._notify, run)
                run.add_listener(listener)
                if run.generation.finished:
                    self._notify(run)

    async def wait(self, seconds: float) -> bool:
        """Wait for a run since the last `wait`, at most `seconds`; return whether one has woken the coroutine."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        woken = self._changed.is_set()
        self._changed.clear()
        return woken

    def wake(self) -> None:
        """Wake the coroutine from any thread."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._changed.set)

    def close(self) -> None:
        """Stop watching."""
        for run, listener in self._listeners.items():
            run.remove_listener(listener)

    def _notify(self, run: ActiveRun) -> None:
        if run.generation.finished or not self._ends_only:
            self.wake()


class OtherChanges:
    """Wakes coroutines when another process has written a generation that they watch. Safe to use from many threads."""

    def __init__(self) -> None:
        self._watched: WeakKeyDictionary[ChangeSignal, Set[str]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def watch(self, signal: ChangeSignal, ids: Set[str]) -> None:
        """Wake a coroutine at changes of these generations, and no longer at those of earlier ones."""
        with self._lock:
            self._watched[signal] = ids

    def notify(self, ids: Set[str]) -> None:
        """Tell that these generations were written."""
        with self._lock:
            signals = [signal for signal, watched in self._watched.items() if watched & ids]
        for signal in signals:
            signal.wake()


async def stream_changes(
    find_run: Callable[[str], ActiveRun | None],
    load: Callable[[str], Generation],
    generation_id: str,
    keepalive_seconds: float | None = None,
    others: OtherChanges | None = None,
) -> AsyncIterator[Generation]:
    """Yield each new record of a generation, the last one finished; raises what `load` raises.

    With `keepalive_seconds`, the record is yielded again when nothing has changed for that long. `load` may block; it
    is called on another thread, and only for generations that do not run in this process, of which `others` tells.
    """
    signal, last, yielded_at = ChangeSignal(), None, 0.0
    if others is not None:
        others.watch(signal, {generation_id})
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
