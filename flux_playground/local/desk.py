"""Takes requests on as tasks and says how each of them stands: accounts, limits, time, chance, drawing.

The local API without its HTTP. Knows operations, tasks and bad days; nothing of requests' headers or sockets.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from math import log
from pathlib import Path
from typing import Any

from ..schema import Operation
from . import bad_days
from .bad_days import Answer, Cue
from .easel import Easel
from .tasks import Shelf, Task

MEDIAN, SIGMA = 6.0, 0.3  # seconds; what a picture takes at speed 1, lognormal
# Credits for one picture, by a part of the endpoint's path; the first that fits.
COSTS = (("ultra-finetuned", 7.0), ("ultra", 6.0), ("max", 8.0), ("finetuned", 6.0), ("pro", 4.0), ("", 2.5))
IN_FLIGHT = (("kontext-max", 6), ("", 24))
FORMS = {"png": "png", "webp": "webp"}


@dataclass(frozen=True)
class Options:
    """How the server is to behave. Times are seconds; `speed` divides every time it takes, never an address's life."""

    speed: float = 1.0
    seed: int | None = None
    bad_days: tuple[str, ...] = ()
    credits: float = 100_000.0
    sample_lifetime: float = 600.0
    polls_per_second: int = 1200
    webhook_form: str = "signature"
    webhooks_anywhere: bool = False
    painters: int = 2


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
        self.occasions = bad_days.Occasions()
        self._always = bad_days.cues(options.bad_days)
        self._chance = random.Random(options.seed)  # noqa: S311
        self._regions = max(1, regions)
        self._easel = Easel(options.painters)
        self._drawing: dict[str, Future[str]] = {}
        self._spent: dict[str, float] = {}
        self._busy: dict[str, list[str]] = {}

    def cues(self, *texts: str) -> tuple[Cue, ...]:
        """The bad days that these texts and the start's options ask for."""
        return (*self._always, *bad_days.heard(*texts))

    def credits(self, account: str) -> float:
        """What an account has left."""
        return max(0.0, self.options.credits - self._spent.get(account, 0.0))

    def take(self, operation: Operation, body: Mapping[str, Any], account: str, cues: tuple[Cue, ...]) -> Task:
        """Takes a checked request on; raises `Refused` where the account has too many tasks or too few credits."""
        cost = next(price for part, price in COSTS if part in operation.path)
        busy = [
            one for one in self._busy.get(account, ()) if (known := self.shelf.get(one)) and not self.finished(known)
        ]
        if len(busy) >= next(most for part, most in IN_FLIGHT if part in operation.path):
            raise Refused(bad_days.TOO_MANY_TASKS)
        if self.credits(account) < cost:
            raise Refused(bad_days.NO_CREDITS)
        task = self._task(operation, body, account, cues, cost)
        self.shelf.add(task, _filled(operation, body))
        self._busy[account] = [*busy, task.id]
        self._spent[account] = self._spent.get(account, 0.0) + cost
        if not failure(task):
            self._draw(task)
        return task

    def _task(
        self, operation: Operation, body: Mapping[str, Any], account: str, cues: tuple[Cue, ...], cost: float
    ) -> Task:
        took = self._chance.lognormvariate(log(MEDIAN), SIGMA) / self.options.speed
        words = tuple(cue.word for cue in cues)
        twists = {cue.day.twist for cue in cues}
        took *= 10.0 if "slow" in twists else 1e6 if "stuck" in twists else 1.0
        now, seed = time.time(), body.get("seed")
        return Task(
            id=str(uuid.UUID(int=self._chance.getrandbits(128), version=4)),
            path=operation.path,
            account=account,
            began=now,
            ends=now + took,
            seed=seed if isinstance(seed, int) else self._chance.getrandbits(32),
            form=FORMS.get(str(_filled(operation, body).get("output_format")), "jpeg"),
            cost=cost,
            region=self._chance.randrange(self._regions),
            cues=words,
        )

    def _draw(self, task: Task) -> Future[str]:
        if task.id not in self._drawing:
            self._drawing[task.id] = self._easel.draw(self.shelf.file(task), self.shelf.picture(task))
        return self._drawing[task.id]

    def drawing(self, task: Task) -> Future[str] | None:
        """The drawing of a task's picture, begun anew if it is not on disk; None when it is there."""
        if self.shelf.has_picture(task) and task.prompt is not None:
            return None
        future = self._draw(task)
        if not future.done() or future.exception() is not None:
            return future
        del self._drawing[task.id]
        self.shelf.pictured(task.id)
        self.shelf.update(replace(task, prompt=future.result()))
        return None

    def finished(self, task: Task) -> bool:
        """Whether a task is over: its time, and its picture drawn."""
        if time.time() < task.ends:
            return False
        return bool(failure(task)) or task.prompt is not None or self.drawing(task) is None or self._broken(task)

    def _broken(self, task: Task) -> bool:
        future = self._drawing.get(task.id)
        return future is not None and future.done() and future.exception() is not None

    def failed(self, task: Task) -> tuple[str, Any] | None:
        """The status and details of a finished task that has no picture; None for one that has."""
        if words := failure(task):
            return words
        return ("Error", str(self._drawing[task.id].exception())) if self._broken(task) else None

    def close(self) -> None:
        """Ends the painters."""
        self._easel.close()


def failure(task: Task) -> tuple[str, Any] | None:
    """The status and details that a task is to end with on a bad day; None where it ends well."""
    for cue in bad_days.cues(task.cues):
        if cue.day.status:
            return cue.day.status, cue.day.details
    return None


def _filled(operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
    """The request with its defaults put in: what is left out and what is null mean the same."""
    given = {name: value for name, value in body.items() if value is not None}
    defaults = {one.name: one.default for one in operation.fields if one.default is not None}
    return {**defaults, **given}
