"""Tasks of the local API, and the folder that keeps them and their images."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import faults
from .endpoint_behavior import endpoint_behavior

MAX_TASKS = 10_000
MAX_IMAGES = 200
MAX_REQUEST_BYTES = 1_000_000_000  # of all stored requests together, input images included
IMAGE_SUFFIX = ".image"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Task:
    """An accepted request. Times are Unix seconds; the task is done at `done_at` if its image is rendered by then.

    `triggers` are the words of its faults, `region` is the index of the region that accepted it, `poll_host` that of
    the port in its polling URL. `reports_seed`
    is false for an endpoint without a seed. `size` is in pixels, `input_mp` and `output_mp` in
    megapixels, and `image_places` lead to the images in the request. `prompt` is the prompt in use,
    set once the image is rendered; `render_error` is set if rendering failed.
    """

    id: str
    path: str
    account: str
    started_at: float
    done_at: float
    seed: int
    output_format: str
    cost: float
    size: tuple[int, int]
    input_mp: float = 0.0
    output_mp: float = 0.0
    image_places: tuple[tuple[str | int, ...], ...] = ()
    region: int = 0
    poll_host: int = 0
    triggers: tuple[str, ...] = ()
    reports_seed: bool = True
    prompt: str | None = None
    render_error: str = ""

    @property
    def is_rendered(self) -> bool:
        """Whether rendering has ended, with or without an image."""
        return self.prompt is not None or bool(self.render_error)

    @property
    def effects(self) -> frozenset[str]:
        """The effects of its faults."""
        return frozenset(trigger.fault.effect for trigger in faults.parse_triggers(self.triggers))

    @property
    def failure(self) -> tuple[str, Any] | None:
        """The status and details of a task that ends without an image."""
        task_faults = (trigger.fault for trigger in faults.parse_triggers(self.triggers))
        simulated = next(((fault.status, fault.details) for fault in task_faults if fault.status), None)
        return simulated or (("Error", {"error": self.render_error}) if self.render_error else None)

    def reported_cost(self, response: str) -> dict[str, float | None]:
        """Return the cost as in the body of a response to a "submit" or a "poll"; {} if it has none."""
        effects = self.effects
        if "cost-null" in effects:
            return {"cost": None}
        if "cost-change" in effects:
            return {"cost": self.cost / 2 if response == "submit" else self.cost}
        sources = ("poll",) if "cost-poll" in effects else endpoint_behavior(self.path).cost_in
        return {"cost": self.cost} if response in sources and "no-cost" not in effects else {}

    def is_done(self, now: float) -> bool:
        """Whether the task has ended."""
        return now >= self.done_at and (self.is_rendered or self.failure is not None)

    def elapsed_share(self, now: float) -> float:
        """Return the elapsed part of the task's time, from 0; above 1 after its end."""
        return (now - self.started_at) / max(1e-9, self.done_at - self.started_at)

    def progress(self, now: float) -> float | None:
        """Return the progress from 0 to 1; None shortly after the start and before the end, as recorded of the API."""
        share = self.elapsed_share(now)
        return round(min(1.0, (share - 0.06) / 0.86), 2) if 0.06 <= share < 0.96 else None


class TaskStore:
    """Keeps the newest tasks and images in a folder; a deleted image can be rendered again from its task."""

    def __init__(
        self,
        folder: Path,
        max_tasks: int = MAX_TASKS,
        max_images: int = MAX_IMAGES,
        max_request_bytes: int = MAX_REQUEST_BYTES,
    ) -> None:
        self._folder = folder
        self._max_tasks, self._max_images, self._max_request_bytes = max_tasks, max_images, max_request_bytes
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._request_bytes = 0
        self._images: OrderedDict[str, None] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for path in self._by_age(".json")[:-max_tasks]:
            path.unlink()
        for path in self._by_age(IMAGE_SUFFIX):
            self.add_image(path.stem)

    def _by_age(self, suffix: str) -> list[Path]:
        paths = [path for path in self._folder.glob(f"*{suffix}") if UUID.fullmatch(path.stem)]
        return sorted(paths, key=lambda path: path.stat().st_mtime)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: Task, request: Mapping[str, Any]) -> None:
        """Save a new task with its request; the oldest tasks are deleted above the limits."""
        data = json.dumps({**asdict(task), "request": dict(request)}).encode()
        self.task_path(task).write_bytes(data)
        self._tasks[task.id], self._sizes[task.id] = task, len(data)
        self._request_bytes += len(data)
        while len(self._tasks) > 1 and (
            len(self._tasks) > self._max_tasks or self._request_bytes > self._max_request_bytes
        ):
            _, oldest = self._tasks.popitem(last=False)
            self._request_bytes -= self._sizes.pop(oldest.id, 0)
            self.task_path(oldest).unlink(missing_ok=True)
            self._delete_image(oldest.id)

    def get(self, task_id: str) -> Task | None:
        """Return the task of an id, also from an earlier run in the same folder; None for an unknown id."""
        if task_id not in self._tasks and UUID.fullmatch(task_id):
            try:
                values = json.loads((self._folder / f"{task_id}.json").read_text("utf-8"))
                values.pop("request")
                places = tuple(map(tuple, values["image_places"]))
                known = {"triggers": tuple(values["triggers"]), "size": tuple(values["size"]), "image_places": places}
                self._tasks[task_id] = Task(**{**values, **known})
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                return None  # not a task file
        return self._tasks.get(task_id)

    def update(self, task: Task) -> None:
        """Replace a task in memory; its file keeps the initial state."""
        if task.id in self._tasks:
            self._tasks[task.id] = task

    def task_path(self, task: Task) -> Path:
        """Return the path of the task's JSON file."""
        return self._folder / f"{task.id}.json"

    def image_path(self, task: Task) -> Path:
        """Return the path of the task's image, which may not exist yet."""
        return self._folder / f"{task.id}{IMAGE_SUFFIX}"

    def add_image(self, task_id: str) -> None:
        """Record that a task's image file exists; the oldest image is deleted above the limit."""
        self._images[task_id] = None
        self._images.move_to_end(task_id)
        while len(self._images) > self._max_images:
            self._delete_image(next(iter(self._images)))

    def has_image(self, task: Task) -> bool:
        """Whether the task's image file exists."""
        return task.id in self._images

    def _delete_image(self, task_id: str) -> None:
        if task_id in self._images:
            del self._images[task_id]
            (self._folder / f"{task_id}{IMAGE_SUFFIX}").unlink(missing_ok=True)
