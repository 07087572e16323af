"""Takes requests on as tasks: accounts, limits, time, chance, drawing. The local API without its HTTP.

Knows operations, tasks and bad days; nothing of headers, addresses or sockets.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from math import log
from pathlib import Path
from typing import Any

from ..schema import Operation
from . import faults
from .faults import Answer, Cue
from .renderer import RenderPool
from .tasks import Shelf, Task

MEDIAN, SIGMA = 6.0, 0.3  # seconds; what a picture takes at speed 1, lognormal
SLOWER = {"slow": 10.0, "stuck": 1e7}
# Credits for one picture, and tasks at a time, by a part of the endpoint's path: the first that fits.
COSTS = (("ultra-finetuned", 7.0), ("ultra", 6.0), ("max", 8.0), ("finetuned", 6.0), ("pro", 4.0), ("", 2.5))
IN_FLIGHT = (("kontext-max", 6), ("", 24))
FORMATS = ("jpeg", "png", "webp")
MOST_ACCOUNTS = 10_000


@dataclass(frozen=True)
class Options:
    """How the server is to behave. Times are seconds; `speed` divides every time it takes, never an address's life.

    An empty `key` means that any will do.
    """

    speed: float = 1.0
    key: str = field(default="", repr=False)
    seed: int | None = None
    bad_days: tuple[str, ...] = ()
    credits: float = 100_000.0
    sample_lifetime: float = 600.0
    polls_per_second: int = 1200
    webhook_form: str = "signature"
    webhooks_anywhere: bool = False
    painters: int = 2
    scale: float = 1.0


class Refused(Exception):
    """A request is not taken on; `answer` is what the API says to it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body)
        self.answer = answer


class Desk:
    """The state of one server. Used from one thread only; the painters have their own."""

    def __init__(self, options: Options, folder: Path, regions: int) -> None:
        self.options = options
        self.shelf = Shelf(folder)
        self.occasions = faults.Occasions()
        self._always = faults.cues(options.bad_days)
        self._chance = random.Random(options.seed)  # noqa: S311
        self._regions = regions
        self._renderer = RenderPool(options.painters, options.scale)
        self._drawing: dict[str, Future[str]] = {}
        self._spent: dict[str, float] = {}
        self._busy: dict[str, list[str]] = {}

    def cues(self, *texts: str) -> tuple[Cue, ...]:
        """The bad days that the start's options and these texts ask for."""
        return (*self._always, *faults.heard(*texts))

    def credits(self, account: str) -> float:
        """What an account has left."""
        return max(0.0, self.options.credits - self._spent.get(account, 0.0))

    def take(self, operation: Operation, body: Mapping[str, Any], account: str, cues: tuple[Cue, ...]) -> Task:
        """Takes a checked request on; raises `Refused` where the account has too many tasks or too few credits."""
        busy = [one for one in self._busy.pop(account, ()) if self._runs(one)]
        self._busy[account] = busy
        cost = _fitting(COSTS, operation.path)
        if len(busy) >= _fitting(IN_FLIGHT, operation.path):
            raise Refused(faults.TOO_MANY_TASKS)
        if self.credits(account) < cost:
            raise Refused(faults.NO_CREDITS)
        request = _filled(operation, body)
        task = self._task(operation, request, account, cues)
        self.shelf.add(task, request)
        busy.append(task.id)
        self._spent[account] = self._spent.pop(account, 0.0) + cost
        for book in (self._busy, self._spent):
            if len(book) > MOST_ACCOUNTS:
                del book[next(iter(book))]
        for drawn in [one for one, drawing in self._drawing.items() if drawing.done()]:
            self._settle(drawn)
        if task.ending is None:
            self.drawing(task)
        return task

    def _runs(self, task_id: str) -> bool:
        task = self.get(task_id)
        return task is not None and not task.finished(time.time())

    def _task(self, operation: Operation, request: Mapping[str, Any], account: str, cues: tuple[Cue, ...]) -> Task:
        took = self._chance.lognormvariate(log(MEDIAN), SIGMA) / self.options.speed
        for cue in cues:
            took *= SLOWER.get(cue.day.twist, 1.0)
        chosen, seed, form = self._chance.getrandbits(32), request.get("seed"), request.get("output_format")
        now = time.time()
        return Task(
            id=str(uuid.UUID(int=self._chance.getrandbits(128), version=4)),
            path=operation.path,
            account=account,
            began=now,
            ends=now + took,
            seed=seed if isinstance(seed, int) else chosen,
            form=str(form) if form in FORMATS else "jpeg",
            cost=_fitting(COSTS, operation.path),
            region=self._chance.randrange(self._regions),
            cues=tuple(cue.word for cue in cues),
        )

    def get(self, task_id: str) -> Task | None:
        """A task as it is now; one whose drawing was cut off by an earlier end of the server is drawn again."""
        task = self.shelf.get(task_id)
        if task is None or task.drawn or task.ending is not None:
            return task
        if self.drawing(task) is None:
            return self.shelf.get(task_id)
        return task

    def drawing(self, task: Task) -> Future[str] | None:
        """The drawing of a task's picture, begun if need be; None when the picture is there, or cannot be drawn."""
        if task.fault or (task.drawn and self.shelf.has_picture(task)):
            return None
        if task.id not in self._drawing:
            self._drawing[task.id] = self._renderer.render(self.shelf.file(task), self.shelf.picture(task))
        if self._drawing[task.id].done():
            self._settle(task.id)
            return None
        return self._drawing[task.id]

    def _settle(self, task_id: str) -> None:
        drawing, task = self._drawing.pop(task_id), self.shelf.get(task_id)
        if task is None:
            return
        if error := drawing.exception():
            self.shelf.update(replace(task, fault=str(error)))
        else:
            self.shelf.pictured(task_id)
            self.shelf.update(replace(task, prompt=drawing.result()))

    def close(self) -> None:
        """Ends the render processes."""
        self._renderer.close()


def _fitting(table: tuple[tuple[str, Any], ...], path: str) -> Any:
    return next(value for part, value in table if part in path)


def _filled(operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its defaults put in: what is left out and what is null mean the same."""
    given = {name: value for name, value in body.items() if value is not None}
    return {**{one.name: one.default for one in operation.fields if one.default is not None}, **given}
