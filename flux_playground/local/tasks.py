"""A task and what can be said of it at a moment; and where tasks and their pictures are kept.

A task is a file from its first moment, so that a server started again in the same folder still knows it; in memory
there is only what an answer to a poll needs. Knows files and time; nothing of HTTP or how a picture is drawn.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from . import faults

MOST_TASKS = 10_000
MOST_PICTURES = 200
MOST_BYTES = 1_000_000_000  # of all requests together: the images that were sent stand in them
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Task:
    """What was taken on: times are unix seconds; `ends` is when it is done, however soon it is drawn.

    `cues` are the words of the bad days that strike it; `region` is the number of the address that answers for it;
    `prompt` is the one really used, once the picture is drawn; `fault` says why it could not be.
    """

    id: str
    path: str
    account: str
    began: float
    ends: float
    seed: int
    form: str
    cost: float
    region: int = 0
    cues: tuple[str, ...] = ()
    prompt: str | None = None
    fault: str = ""

    @property
    def drawn(self) -> bool:
        """Whether the drawing is over, for good or ill."""
        return self.prompt is not None or bool(self.fault)

    @property
    def ending(self) -> tuple[str, Any] | None:
        """The status and details that it is to end with instead of a picture, if so."""
        days = (cue.day for cue in faults.cues(self.cues))
        bad = next(((day.status, day.details) for day in days if day.status), None)
        return bad or (("Error", self.fault) if self.fault else None)

    def finished(self, now: float) -> bool:
        """Whether it is over: its time has come, and its picture is drawn if there is to be one."""
        return now >= self.ends and (self.drawn or self.ending is not None)

    def share(self, now: float) -> float:
        """How much of its time has gone by."""
        return (now - self.began) / max(1e-9, self.ends - self.began)

    def progress(self, now: float) -> float | None:
        """How far it is: null at first, then climbing to 1.0, and null again shortly before its end."""
        share = self.share(now)
        return round(min(1.0, (share - 0.06) / 0.86), 2) if 0.06 <= share < 0.96 else None


class Shelf:
    """Tasks and pictures, the newest so many of each; a picture that had to go is drawn anew if asked for."""

    def __init__(
        self, folder: Path, tasks: int = MOST_TASKS, pictures: int = MOST_PICTURES, size: int = MOST_BYTES
    ) -> None:
        self._folder, self._most_tasks, self._most_pictures = folder, tasks, pictures
        self._tasks: OrderedDict[str, Task] = OrderedDict()
        self._most_bytes, self._bytes, self._sizes = size, 0, dict[str, int]()
        self._pictures: OrderedDict[str, None] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for path in self._newest("*.json")[:-tasks]:
            path.unlink()
        for path in self._newest("*.picture"):
            self.pictured(path.stem)

    def _newest(self, pattern: str) -> list[Path]:
        ours = [path for path in self._folder.glob(pattern) if UUID.fullmatch(path.stem)]
        return sorted(ours, key=lambda path: path.stat().st_mtime)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: Task, request: Mapping[str, Any]) -> None:
        """Writes a new task down; the oldest is forgotten where there are too many, or too large."""
        written = json.dumps({**asdict(task), "request": dict(request)}).encode()
        self.file(task).write_bytes(written)
        self._tasks[task.id], self._sizes[task.id] = task, len(written)
        self._bytes += len(written)
        while len(self._tasks) > self._most_tasks or (self._bytes > self._most_bytes and len(self._tasks) > 1):
            _, oldest = self._tasks.popitem(last=False)
            self._bytes -= self._sizes.pop(oldest.id, 0)
            self.file(oldest).unlink(missing_ok=True)
            self._drop(oldest.id)

    def get(self, task_id: str) -> Task | None:
        """The task of an id, if it is known, now or from an earlier start in the same folder."""
        if task_id not in self._tasks and UUID.fullmatch(task_id):
            try:
                values = json.loads((self._folder / f"{task_id}.json").read_text("utf-8"))
                values.pop("request")
                self._tasks[task_id] = Task(**{**values, "cues": tuple(values["cues"])})
            except (OSError, ValueError, KeyError, TypeError):
                return None  # no task of ours
        return self._tasks.get(task_id)

    def update(self, task: Task) -> None:
        """Keeps a task as it is now, in memory; its file keeps what it began with."""
        if task.id in self._tasks:
            self._tasks[task.id] = task

    def request(self, task: Task) -> dict[str, Any]:
        """What the task was asked for."""
        request: dict[str, Any] = json.loads(self.file(task).read_text("utf-8"))["request"]
        return request

    def file(self, task: Task) -> Path:
        """Where the task is written down."""
        return self._folder / f"{task.id}.json"

    def picture(self, task: Task) -> Path:
        """Where the task's picture is, or is to be put."""
        return self._folder / f"{task.id}.picture"

    def pictured(self, task_id: str) -> None:
        """Says that a task's picture is on disk; the one that was wanted longest ago makes room for it."""
        self._pictures[task_id] = None
        self._pictures.move_to_end(task_id)
        while len(self._pictures) > self._most_pictures:
            self._drop(next(iter(self._pictures)))

    def has_picture(self, task: Task) -> bool:
        """Whether the task's picture is on disk."""
        return task.id in self._pictures

    def _drop(self, task_id: str) -> None:
        if self._pictures.pop(task_id, self) is None:
            (self._folder / f"{task_id}.picture").unlink(missing_ok=True)
