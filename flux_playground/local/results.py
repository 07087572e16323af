"""What is answered about a task, and its picture: polls, signed addresses, samples.

Knows HTTP and the desk; nothing of how a task was taken on or a picture drawn.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from . import faults
from .backend import Desk
from .faults import Cue
from .http_replies import Mannered, missing, reply, said
from .ports import Addresses
from .tasks import Task

MIME = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"
UNKNOWN = "Dreaming"  # a status that nobody has heard of


class Results:
    """The handlers of polls and samples of one server."""

    def __init__(self, desk: Desk, addresses: Addresses) -> None:
        self.desk, self.addresses, self.speed = desk, addresses, desk.options.speed
        self._secret = secrets.token_bytes(32)
        self._second, self._polls = 0, 0

    async def poll(self, request: Request) -> Response:
        """How a task stands."""
        headers = self._limits()
        if headers is None:
            return said(faults.TOO_MANY_REQUESTS, self.speed)
        task_id = request.query_params.get("id")
        if task_id is None:
            return missing("id")
        task = self.desk.get(task_id)
        if task is None or not self.addresses.answers_for(request, task.region):
            return reply(_standing(task_id, "Task not found"), 404, headers)
        cue = self._struck(task, "poll")
        if cue and cue.day.answer:
            return said(cue.day.answer, self.speed, id=task.id)
        body = self.status(task, self.addresses.url(request, self.addresses.samples))
        right = reply(body, 404 if body["status"] == "Task not found" else 200, headers)
        return Mannered(right, cue.day.manner, self.speed) if cue else right

    def _limits(self) -> dict[str, str] | None:
        """The headers that count polls, or None where there were too many in this second."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._polls = second, 0
        self._polls += 1
        left = self.desk.options.polls_per_second - self._polls
        wait = "1" if self.speed <= 1.0 else "0"
        limit = str(self.desk.options.polls_per_second)
        return (
            {"Retry-After": wait, "X-Ratelimit-Limit": limit, "X-Ratelimit-Remaining": str(left)} if left >= 0 else None
        )

    def _struck(self, task: Task, what: str) -> Cue | None:
        """The bad day of this answer, if there is one; a day that comes once only has then been."""
        cues = (cue for cue in faults.cues(task.cues) if cue.day.strikes == what)
        return next((cue for cue in cues if self.desk.occasions.due(cue, task.id)), None)

    def status(self, task: Task, samples: str) -> dict[str, Any]:
        """The body of a poll's answer; `samples` is the address that pictures are fetched from."""
        twists = {cue.day.twist for cue in faults.cues(task.cues)}
        now, ending = time.time(), task.ending
        share = task.share(now)
        if "not-yet" in twists and now < task.began + 1.0 / self.speed:
            return _standing(task.id, "Task not found")
        if ending and (task.finished(now) or (share > 0.5 and ending[0] == "Task not found")):
            return _standing(task.id, ending[0], details=ending[1])
        if not task.finished(now):
            progress = None if "no-progress" in twists else task.progress(now)
            return _standing(task.id, _running(twists, share), progress=progress)
        return _standing(task.id, "Ready", result=self._result(task, samples, twists))

    def _result(self, task: Task, samples: str, twists: set[str]) -> dict[str, Any] | None:
        if "no-result" in twists:
            return None
        result = {
            "sample": samples + self._signed(task),
            "prompt": task.prompt,
            "seed": task.seed,
            "start_time": task.began,
            "end_time": task.ends,
            "duration": task.ends - task.began,
        }
        return {name: value for name, value in result.items() if f"no-{name}" not in twists}

    def _signed(self, task: Task) -> str:
        """The path of a sample, which lives for a while after the task's end, and later for a while from now."""
        life, now = self.desk.options.sample_lifetime, time.time()
        until = task.ends + life if now < task.ends + life else now + life
        expires = datetime.fromtimestamp(until, UTC).strftime(STAMP)
        return f"/results/{task.id}/sample.{task.form}?se={expires}&sig={self._signature(task.id, expires)}"

    def _signature(self, task_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{task_id} {expires}".encode(), "sha256").hexdigest()

    def _admits(self, task: Task, given: Mapping[str, str]) -> bool:
        expires = given.get("se", "")
        right = self._signature(task.id, expires).encode()
        return hmac.compare_digest(right, given.get("sig", "").encode()) and _moment(expires) > time.time()

    async def sample(self, request: Request) -> Response:
        """The picture itself, for whoever has an address that is signed and still lives."""
        task = self.desk.get(request.path_params["task"])
        if not self.addresses.is_samples(request) or task is None or task.form != request.path_params["form"]:
            raise HTTPException(404)
        if not self._admits(task, request.query_params):
            return said(faults.EXPIRED)
        cue = self._struck(task, "sample")
        if cue and cue.day.answer:
            response = said(cue.day.answer, self.speed)
            # What is no image says that it is one.
            response.headers["content-type"] = MIME[task.form] if response.status_code == 200 else "text/html"
            return response
        if drawing := self.desk.drawing(task):
            await asyncio.wait([asyncio.wrap_future(drawing)])
            self.desk.get(task.id)
        picture = await asyncio.to_thread(self.desk.shelf.picture(task).read_bytes)
        right = Response(picture, media_type=MIME[task.form])
        return Mannered(right, cue.day.manner, self.speed) if cue else right


def _standing(task: str, status: str, **known: Any) -> dict[str, Any]:
    nothing = {"result": None, "progress": None, "details": None, "preview": None}
    return {"id": task, "status": status, **nothing, **known}


def _running(twists: set[str], share: float) -> str:
    if "unknown-status" in twists:
        return UNKNOWN
    if "reasoning" in twists:
        return "Reasoning" if share < 0.4 else "Generating"
    return "Pending"


def _moment(text: str) -> float:
    try:
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
