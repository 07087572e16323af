"""Accepts requests as tasks and has their images rendered: accounts, limits, durations, random choices."""

from __future__ import annotations

import random
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from math import log, prod
from pathlib import Path

from ..schema import price
from . import faults
from .endpoint_behavior import endpoint_behavior
from .faults import CannedResponse, FaultTrigger
from .image_size import scale_size
from .renderer import RenderPool
from .task_request import TaskRequest
from .tasks import Task, TaskStore

SLOW_PIXELS = 4_500_000  # a larger image takes longer, in proportion
MEDIAN_SECONDS, SIGMA = 6.0, 0.3  # of a task's lognormal duration at speed 1
DURATION_FACTORS = {"slow": 10.0, "stuck": 1e7}
MAX_POLL_HOSTS = 1_000
MAX_ACCOUNTS = 10_000


@dataclass(frozen=True)
class Options:
    """The options of `LocalServer`. Times are in seconds; `speed` divides each of them except `sample_lifetime`."""

    speed: float = 1.0
    key: str = field(default="", repr=False)
    seed: int | None = None
    faults: tuple[str, ...] = ()
    credits: float = 100_000.0
    sample_lifetime: float | None = None
    polls_per_second: int = 1200
    webhook_format: str = "signature"
    allow_remote_webhooks: bool = False
    renderer: str = "landscape"
    render_workers: int = 2
    scale: float = 1.0


class Rejected(Exception):
    """A request is not accepted; `response` is the API's response to it."""

    def __init__(self, response: CannedResponse) -> None:
        super().__init__(response.body)
        self.response = response


class Backend:
    """The state of one server, for use from one thread."""

    def __init__(self, options: Options, folder: Path) -> None:
        self.options = options
        self.once = faults.OnceTracker()
        self._permanent_triggers = faults.parse_triggers(options.faults)
        self._random = random.Random(options.seed)  # noqa: S311
        self._pool = RenderPool(options.render_workers, options.renderer)
        self.store = TaskStore(folder)
        self._renderings: dict[str, Future[str]] = {}
        self._spent_credits: dict[str, float] = {}
        self._active: dict[str, list[str]] = {}

    def triggers(self, *texts: str) -> tuple[FaultTrigger, ...]:
        """Return the triggers of the start options and of texts."""
        return (*self._permanent_triggers, *faults.find_triggers(*texts))

    def credits(self, account: str) -> float:
        """Return the remaining credits of an account."""
        return max(0.0, self.options.credits - self._spent_credits.get(account, 0.0))

    def accept(self, request: TaskRequest, account: str, triggers: tuple[FaultTrigger, ...], region: int = 0) -> Task:
        """Create the task of a request in a region; raises `Rejected` for too many tasks or too few credits."""
        active = [task_id for task_id in self._active.pop(account, ()) if self._is_active(task_id)]
        self._active[account] = active
        if len(active) >= endpoint_behavior(request.operation.path).active_tasks:
            raise Rejected(faults.TOO_MANY_TASKS)
        task = replace(self._create_task(request, account, triggers), region=region)
        if self.credits(account) < task.cost:
            raise Rejected(faults.NO_CREDITS)
        self.store.add(task, request.values)
        active.append(task.id)
        self._spent_credits[account] = self._spent_credits.pop(account, 0.0) + task.cost
        for accounts in (self._active, self._spent_credits):
            if len(accounts) > MAX_ACCOUNTS:
                del accounts[next(iter(accounts))]
        for task_id in [task_id for task_id, rendering in self._renderings.items() if rendering.done()]:
            self._finish_rendering(task_id)
        if task.failure is None:
            self.rendering(task)
        return task

    def _is_active(self, task_id: str) -> bool:
        task = self.get(task_id)
        return task is not None and not task.is_done(time.time())

    def _create_task(self, request: TaskRequest, account: str, triggers: tuple[FaultTrigger, ...]) -> Task:
        duration = self._random.lognormvariate(log(MEDIAN_SECONDS), SIGMA) / self.options.speed
        duration *= max(1.0, prod(request.size) / SLOW_PIXELS)
        for trigger in triggers:
            duration *= DURATION_FACTORS.get(trigger.fault.effect, 1.0)
        random_seed, seed, now = self._random.getrandbits(32), request.values.get("seed"), time.time()
        path, behavior = request.operation.path, endpoint_behavior(request.operation.path)
        size, inputs = scale_size(request.size, self.options.scale), [prod(size) for size in request.image_sizes]
        listed, output_format = price(path), request.values.get("output_format")
        if any(trigger.fault.effect == "video" for trigger in triggers):
            output_format = "mp4"
        elif output_format not in behavior.formats:
            output_format = behavior.formats[0]
        return Task(
            id=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            path=path,
            account=account,
            started_at=now,
            done_at=now + duration,
            seed=seed if isinstance(seed, int) else random_seed,
            output_format=str(output_format),
            cost=round(listed.credits(request.values, prod(size), inputs), 4) if listed else behavior.credits,
            size=size,
            input_mp=_megapixels(sum(inputs)),
            output_mp=_megapixels(prod(size)),
            image_places=request.image_places,
            reports_seed=any(field.name == "seed" for field in request.operation.fields),
            poll_host=self._random.randrange(MAX_POLL_HOSTS),
            triggers=tuple(trigger.word for trigger in triggers),
        )

    def get(self, task_id: str) -> Task | None:
        """Return the current state of a task; a rendering interrupted by an earlier stop is started again."""
        task = self.store.get(task_id)
        if task is None or task.is_rendered or task.failure is not None:
            return task
        if self.rendering(task) is None:
            return self.store.get(task_id)
        return task

    def rendering(self, task: Task) -> Future[str] | None:
        """Return the running rendering of a task, started if necessary; None if its image exists or has failed."""
        if task.render_error or (task.is_rendered and self.store.has_image(task)):
            return None
        if task.id not in self._renderings:
            self._renderings[task.id] = self._pool.render(self.store.task_path(task), self.store.image_path(task))
        if self._renderings[task.id].done():
            self._finish_rendering(task.id)
            return None
        return self._renderings[task.id]

    def _finish_rendering(self, task_id: str) -> None:
        rendering, task = self._renderings.pop(task_id), self.store.get(task_id)
        if task is None:
            return
        if error := rendering.exception():
            self.store.update(replace(task, render_error=str(error)))
        else:
            self.store.add_image(task_id)
            self.store.update(replace(task, prompt=rendering.result()))

    def close(self) -> None:
        """End the render processes."""
        self._pool.close()


def _megapixels(pixels: int) -> float:
    return round(pixels / 1024**2, 2)
