"""Serves polls and images: the state of a task, signed image URLs, image files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from ..schema import link_seconds
from . import faults
from .backend import Backend
from .endpoint_behavior import endpoint_behavior
from .faults import FaultTrigger
from .http_responses import FaultyResponse, canned_response, json_response
from .ports import Ports
from .renderer import render_preview
from .tasks import Task
from .validation_errors import missing_parameter

MIME_TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "mp4": "video/mp4"}
EXPIRY_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
UNKNOWN_STATUS = "Dreaming"  # of no API document
PREVIEW_SIDES_PIXELS = (32, 64, 128, 256)
LOST_AFTER_SHARE = 0.5  # of a task's time
REASONING_SHARE = 0.4  # of a task's time
IMAGE_CACHE_CONTROL = "max-age=1200"  # recorded


class Results:
    """The handlers of polls and image downloads."""

    def __init__(self, backend: Backend, ports: Ports) -> None:
        self.backend, self.ports, self.speed = backend, ports, backend.options.speed
        self._signing_key = secrets.token_bytes(32)
        self._current_second, self._poll_count = 0, 0

    async def poll(self, request: Request) -> Response:
        """Return the state of a task."""
        headers = self._count_poll()
        if headers is None:
            return canned_response(faults.TOO_MANY_REQUESTS, self.speed)
        task_id = request.query_params.get("id")
        if task_id is None:
            return missing_parameter("id")
        task = self.backend.get(task_id)
        if task is None or not self.ports.knows(request, task):
            return json_response(_status_body(task_id, "Task not found"), 404, headers)
        trigger = self._due_trigger(task, "poll")
        if trigger and trigger.fault.response:
            return canned_response(trigger.fault.response, self.speed, id=task.id)
        body = self.status(task, self.ports.url(request, self.ports.delivery))
        response = json_response(body, 404 if body["status"] == "Task not found" else 200, headers)
        return FaultyResponse(response, trigger.fault.delivery, self.speed) if trigger else response

    def _count_poll(self) -> dict[str, str] | None:
        """Count a poll and return the rate limit headers; None above the limit of the current second."""
        now = time.monotonic()
        if int(now) != self._current_second:
            self._current_second, self._poll_count = int(now), 0
        self._poll_count += 1
        limit = self.backend.options.polls_per_second
        if self._poll_count > limit:
            return None
        return {
            "Retry-After": "1" if self.speed <= 1.0 else "0",
            "X-Ratelimit-Limit": str(limit),
            "X-Ratelimit-Remaining": str(limit - self._poll_count),
            "X-Ratelimit-Reset": str(math.ceil(1 - now % 1)),  # seconds
        }

    def _due_trigger(self, task: Task, stage: str) -> FaultTrigger | None:
        """Return the fault of this response, if any; this uses up a fault with `-once`."""
        triggers = (trigger for trigger in faults.parse_triggers(task.triggers) if trigger.fault.stage == stage)
        return next((trigger for trigger in triggers if self.backend.once.is_due(trigger, task.id)), None)

    def status(self, task: Task, delivery_url: str) -> dict[str, Any]:
        """Return the body of a poll's response; images have URLs below `delivery_url`."""
        effects, now, failure = task.effects, time.time(), task.failure
        share, cost = task.elapsed_share(now), task.reported_cost("poll")
        if "not-yet" in effects and now < task.started_at + 1.0 / self.speed:
            return _status_body(task.id, "Task not found")
        if failure and (task.is_done(now) or (share > LOST_AFTER_SHARE and failure[0] == "Task not found")):
            return _status_body(task.id, failure[0], details=failure[1], **cost)
        if not task.is_done(now):
            progress = None if "no-progress" in effects else task.progress(now)
            preview, status = self._preview(task, delivery_url, share), _running_status(task, share)
            return _status_body(task.id, status, progress=progress, preview=preview, **cost)
        return _status_body(task.id, "Ready", result=self._result(task, delivery_url), **cost)

    def _preview(self, task: Task, delivery_url: str, share: float) -> Any:
        """Return the preview in a poll after a share of a task's time: the URL of a small image, later a larger one.

        By a fault it is an object with the URL; None without a preview.
        """
        effects = task.effects
        is_sent = endpoint_behavior(task.path).has_preview or effects & {"preview", "preview-object"}
        is_image = self.backend.store.has_image(task) and task.output_format != "mp4"
        if not is_sent or "no-preview" in effects or not is_image:
            return None
        side = PREVIEW_SIDES_PIXELS[min(len(PREVIEW_SIDES_PIXELS) - 1, int(share * len(PREVIEW_SIDES_PIXELS)))]
        url = delivery_url + self._signed_path(task, f"preview-{side}.jpeg", MIME_TYPES["jpeg"])
        return {"url": url} if "preview-object" in effects else url

    def _result(self, task: Task, delivery_url: str) -> dict[str, Any] | None:
        effects = task.effects
        if "no-result" in effects:
            return None
        times = {"start_time": task.started_at, "end_time": task.done_at, "duration": task.done_at - task.started_at}
        names = () if "no-times" in effects else endpoint_behavior(task.path).times
        result: dict[str, Any] = {"sample": self._sample(task, delivery_url), "prompt": task.prompt}
        result |= {"seed": task.seed} if task.reports_seed else {}
        result |= {name: times[name] for name in names}
        return {name: value for name, value in result.items() if f"no-{name}" not in effects}

    def _sample(self, task: Task, delivery_url: str) -> Any:
        """Return the sample in a result: the URL of the image, by a fault also in a list or an object, or base64."""
        if "sample-base64" in task.effects and self.backend.store.has_image(task):
            return base64.b64encode(self.backend.store.image_path(task).read_bytes()).decode()
        path = self._signed_path(task, f"sample.{task.output_format}", MIME_TYPES[task.output_format])
        url = delivery_url + path
        if "samples" in task.effects:
            return [url] * 3
        return [url] if "sample-list" in task.effects else {"url": url} if "sample-object" in task.effects else url

    def _signed_path(self, task: Task, file: str, mime_type: str) -> str:
        """Return the path of a file of a task, signed as recorded; it expires after `sample_lifetime`."""
        chosen, now = self.backend.options.sample_lifetime, time.time()
        lifetime = link_seconds(task.path) if chosen is None else chosen
        expires_at = task.done_at + lifetime if now < task.done_at + lifetime else now + lifetime
        expiry = datetime.fromtimestamp(int(expires_at), UTC).strftime(EXPIRY_FORMAT)
        query = f"se={quote(expiry)}&sp=r&sv=2024-11-04&sr=b&rsct={mime_type}"
        signature = quote(self._signature(task.id, expiry), safe="")
        return f"/results/{task.id}/{file}?{query}&sig={signature}"

    def _signature(self, task_id: str, expiry: str) -> str:
        digest = hmac.new(self._signing_key, f"{task_id} {expiry}".encode(), "sha256").digest()
        return base64.b64encode(digest).decode()

    def _is_valid_signature(self, task: Task, query: Mapping[str, str]) -> bool:
        expiry = query.get("se", "")
        expected = self._signature(task.id, expiry).encode()
        return hmac.compare_digest(expected, query.get("sig", "").encode()) and _parse_expiry(expiry) > time.time()

    async def preview(self, request: Request) -> Response:
        """Return a small version of an image, from a signed URL that has not expired."""
        task = self.backend.get(request.path_params["task"])
        side = request.path_params["side"]
        is_preview = task is not None and self.backend.store.has_image(task) and side in PREVIEW_SIDES_PIXELS
        if task is None or not is_preview or not self.ports.is_delivery(request):
            raise HTTPException(404)
        if not self._is_valid_signature(task, request.query_params):
            return canned_response(faults.EXPIRED)
        data = await asyncio.to_thread(render_preview, self.backend.store.image_path(task), side)
        return Response(data, media_type=MIME_TYPES["jpeg"])

    async def sample(self, request: Request) -> Response:
        """Return the image file of a signed URL that has not expired."""
        task = self.backend.get(request.path_params["task"])
        is_known = task is not None and task.output_format == request.path_params["format"]
        if task is None or not is_known or not self.ports.is_delivery(request):
            raise HTTPException(404)
        if not self._is_valid_signature(task, request.query_params):
            return canned_response(faults.EXPIRED)
        trigger = self._due_trigger(task, "sample")
        if trigger and trigger.fault.response:
            response = canned_response(trigger.fault.response, self.speed)
            response.headers["content-type"] = (
                MIME_TYPES[task.output_format] if response.status_code == 200 else "text/html"
            )
            return response
        if rendering := self.backend.rendering(task):
            await asyncio.wait([asyncio.wrap_future(rendering)])
            self.backend.get(task.id)
        path, media_type = self.backend.store.image_path(task), MIME_TYPES[task.output_format]
        data = await asyncio.to_thread(path.read_bytes)
        if trigger:
            return FaultyResponse(Response(data, media_type=media_type), trigger.fault.delivery, self.speed)
        digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        headers = {"Cache-Control": IMAGE_CACHE_CONTROL, "Content-MD5": digest}
        return FileResponse(path, headers=headers, media_type=media_type)  # has ETag, Last-Modified, Accept-Ranges


def _status_body(task_id: str, status: str, **values: Any) -> dict[str, Any]:
    empty = {"result": None, "progress": None, "details": None, "preview": None}
    return {"id": task_id, "status": status, **empty, **values}


def _running_status(task: Task, share: float) -> str:
    if "unknown-status" in task.effects:
        return UNKNOWN_STATUS
    if "reasoning" in task.effects:
        return "Reasoning" if share < REASONING_SHARE else "Generating"
    return endpoint_behavior(task.path).status_at(share)


def _parse_expiry(text: str) -> float:
    try:
        return datetime.strptime(text, EXPIRY_FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
