"""Watching what is under way for one tab: what its page must show now, again whenever that changes.

The generations travel by themselves; this only looks, twice a second and at once when one has ended, and stops when
the tab has a later watcher or nothing moves any more. Knows the playground and the desk, not gradio.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ...errors import FieldError, InvalidRequest
from ...generation import Generation, State
from ...playground import ActiveRun, Playground
from ...settings import LOOPBACK
from ..account import price
from ..recipes.reproduction_view import prospect
from ..session.tab_session import Desk
from . import history_view, result_view
from .result_view import Stage, View

T = TypeVar("T")

PAUSE = 0.5
"""Seconds between two looks at what is under way."""

ALIVE = 3.0
"""Seconds between two signs of life: gradio notices at the next one that a tab was closed."""

KEPT = 60


@dataclass(frozen=True)
class Update:
    """What has changed on the page; None for what has not. `faults` are the fields to be marked, () for none."""

    stage: Stage | None = None
    strip: str | None = None
    faults: tuple[FieldError, ...] | None = None
    faults_by_api: bool = False
    notice: str | None = None
    connection: str | None = None
    choices: str | None = None
    price: str | None = None


NOTHING = Update()


class Threads:
    """Calls that block, on threads of their own, so that they neither hold up the page nor starve one another."""

    def __init__(self, most: int = 16) -> None:
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="page")

    async def __call__(self, call: Callable[..., T], *args: Any) -> T:
        """The result of a call that may block; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *args)


class Bell:
    """Rings in the page's loop as soon as one of the runs that it hangs at has finished."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def hang(self, runs: Iterable[ActiveRun]) -> None:
        """Ring at the end of each of these too."""
        for run in runs:
            run.add_done_callback(self._ring)

    async def wait(self, seconds: float) -> None:
        """Until it rings, so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()

    def _ring(self) -> None:
        with suppress(RuntimeError):  # the page is closed, and nobody waits
            self._loop.call_soon_threadsafe(self._rung.set)


async def follow(playground: Playground, desk: Desk, threads: Threads, also: Update = NOTHING) -> AsyncIterator[Update]:
    """Everything that the page must show, now and whenever it changes, until nothing of it is under way.

    The first update says `also` whatever else there is to say.
    """
    turn, bell = desk.take_turn(), Bell()
    recent, runs, usual = await threads(_begin, playground, desk)
    bell.hang(runs.values())
    under_way = {one.id for one in recent if not one.finished}
    seen: Any = None
    told = 0.0
    while desk.turn == turn:
        recent = [runs[one.id].generation if one.id in runs else one for one in recent]
        if not all(one.finished or one.id in runs for one in recent):  # it has just ended, or is another program's
            recent, runs, usual = await threads(_begin, playground, desk)
            bell.hang(runs.values())
        shown = next((one for one in recent if one.id == desk.shown), None)
        if shown is None and desk.shown:
            shown = await threads(playground.get, desk.shown)
        if desk.turn != turn:
            return  # what was seen meanwhile is for the later watcher to tell
        place = playground.queue_position(shown.id) if shown and shown.state is State.QUEUED else 0
        now = (shown, place, [(one.id, one.state, one.status) for one in recent])
        if now != seen:
            seen, told = now, time.monotonic()
            drawn = await threads(_drawn, playground, desk, recent, shown, place, usual)
            faults = _faults(shown, under_way)
            by_api = faults is not None
            yield replace(drawn, faults=faults if by_api else also.faults, faults_by_api=by_api, notice=also.notice)
            also = NOTHING
        if all(one.finished for one in recent):
            return
        if time.monotonic() - told > ALIVE:
            told = time.monotonic()
            yield Update()
        await bell.wait(PAUSE)


def _begin(playground: Playground, desk: Desk) -> tuple[list[Generation], dict[str, ActiveRun], float | None]:
    """What there is, what of it is under way (it is looked at again and again, in memory), and the usual time."""
    recent = playground.recent(desk.visitor, KEPT)
    desk.shown = desk.shown or _first(recent)
    runs = {one.id: run for one in recent if not one.finished and (run := playground.run(one.id))}
    return recent, runs, playground.median_seconds(desk.visitor)


def _first(recent: Sequence[Generation]) -> str:
    """What a page that was just opened looks at: what is under way, else the latest picture."""
    order = sorted(recent, key=lambda one: (one.finished, one.image is None))
    return order[0].id if order else ""


def _drawn(
    playground: Playground,
    desk: Desk,
    recent: Sequence[Generation],
    shown: Generation | None,
    place: int,
    usual: float | None,
) -> Update:
    stage = None
    if shown is not None:
        reached = desk.progress(shown.id, shown.progress)
        # A server on this machine draws for nothing, but not if it was named as the API: it may pass on to it.
        here = urlsplit(shown.server).hostname in LOOPBACK and shown.server != playground.settings.base_url
        ahead = prospect(playground, desk.visitor, shown)
        stage = result_view.stage(View(shown, place, usual, reached, here, ahead))
    cost = price.line(playground, desk.visitor, desk.balance)
    return Update(stage, history_view.strip(recent, desk.shown), price=cost)


def _faults(shown: Generation | None, under_way: set[str]) -> tuple[FieldError, ...] | None:
    """What the API found wrong with a request that was under way when the watch began: it belongs at the fields too."""
    if shown is not None and shown.id in under_way and isinstance(shown.error, InvalidRequest):
        under_way.discard(shown.id)
        return shown.error.details
    return None
