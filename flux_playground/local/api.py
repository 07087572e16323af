"""The routes of the local API: who may ask what, and what is answered, as the real API was seen to answer.

Knows HTTP and the desk that does the work; nothing of sockets, files or drawing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..schema import Document, Operation
from . import bad_days, overview
from .bad_days import Cue
from .desk import Desk, Refused
from .replies import Mannered, invalid, reply, said
from .tasks import Task
from .webhooks import deliver

LARGEST_BODY = 64 * 1024 * 1024
KEY_WORDS = ("bad-key", "bad-key-401", "key-format")
FINETUNES: dict[str, dict[str, Any]] = {
    "my-finetune": {"finetune_comment": "The style of the example", "trigger_word": "TOK", "mode": "general"},
    "paper-hills": {"finetune_comment": "Soft layers of paper", "trigger_word": "PAPER", "mode": "style"},
    "ink-city": {"finetune_comment": "Hatched with ink", "trigger_word": "INK", "mode": "style"},
    "old-postcard": {"finetune_comment": "A faded print", "trigger_word": "CARD", "mode": "style"},
}
MIME = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


@dataclass(frozen=True)
class Addresses:
    """The ports of one server: its own, the one for samples, and one for each region that polls are answered in."""

    main: int
    samples: int
    regions: tuple[int, ...]


class Api:
    """The handlers of one server's routes."""

    def __init__(self, document: Document, desk: Desk, addresses: Addresses) -> None:
        self.document, self.desk, self.addresses = document, desk, addresses
        self.speed = desk.options.speed
        self._secret = hashlib.sha256(f"{desk.options.seed} {time.time_ns()}".encode()).digest()
        self._second, self._polls = 0, 0
        self._deliveries: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        """All routes, the document's own operations among them."""
        routes = [Route(one.path, self._submit(one), methods=["POST"]) for one in self.document.operations]
        routes += [
            Route("/v1/get_result", self._only("regions", self.poll)),
            Route("/v1/credits", self._only("main", self.credits)),
            Route("/v1/my_finetunes", self._only("main", self.finetunes)),
            Route("/v1/finetune_details", self._only("main", self.finetune)),
            Route("/results/{task}/sample.{form}", self._only("samples", self.sample)),
            Route("/openapi.json", self._only("main", self.openapi)),
            Route("/", self._only("main", self.overview)),
        ]
        failures = {404: _not_found, 405: _not_allowed}
        return Starlette(routes=routes, exception_handlers=failures)

    def _only(self, place: str, handler: Any) -> Any:
        async def answer(request: Request) -> Response:
            port, ours = request.scope["server"][1], self.addresses
            allowed = {"main": (ours.main,), "samples": (ours.samples,), "regions": (ours.main, *ours.regions)}[place]
            if port not in allowed:
                raise HTTPException(404)
            response: Response = await handler(request)
            return response

        return answer

    def _url(self, request: Request, port: int) -> str:
        host = request.url.hostname or "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    # Submitting

    def _submit(self, operation: Operation) -> Any:
        async def submit(request: Request) -> Response:
            return await self.submit(request, operation)

        return self._only("main", submit)

    async def submit(self, request: Request, operation: Operation) -> Response:
        """Takes a request on, or says why not."""
        key = request.headers.get("x-key", "")
        if not key.strip():
            return said(bad_days.BAD_KEY)
        body, fault = await _body(request)
        texts = _texts(operation, body)
        here = f"{_account(key)} {hashlib.sha256(chr(0).join(texts).encode('utf-8', 'surrogatepass')).hexdigest()}"
        cues = [cue for cue in self.desk.cues(key, *texts) if self._strikes(cue, here)]
        for cue in cues:
            if cue.day.strikes == "submit" and cue.day.answer:
                prompt = body.get("prompt") if isinstance(body, dict) else None
                return said(cue.day.answer, self.speed, request=body, prompt=prompt)
        if fault is not None:
            return fault
        if errors := operation.check(body):
            return invalid(errors, body)
        assert isinstance(body, dict)  # noqa: S101  (the check says so)
        try:
            lasting = tuple(cue for cue in cues if cue.day.strikes != "submit")
            task = self.desk.take(operation, body, _account(key), lasting)
        except Refused as refused:
            return said(refused.answer, self.speed)
        response = self._accepted(request, operation, task, body)
        manner = next((cue.day.manner for cue in cues if cue.day.strikes == "submit"), "")
        return Mannered(response, manner, self.speed) if manner else response

    def _strikes(self, cue: Cue, where: str) -> bool:
        """Whether a bad day is on: those of a submit and a task are used up here, the others at their own time."""
        return cue.day.strikes in ("poll", "sample") or self.desk.occasions.due(cue, where)

    def _accepted(self, request: Request, operation: Operation, task: Task, body: dict[str, Any]) -> Response:
        answer: dict[str, Any] = {"id": task.id}
        if body.get("webhook_url"):
            answer |= {"status": "Pending", "webhook_url": body["webhook_url"]}
            self._deliver(request, task, str(body["webhook_url"]), str(body.get("webhook_secret") or ""))
        else:
            port = self.addresses.regions[task.region]
            answer["polling_url"] = f"{self._url(request, port)}/v1/get_result?id={task.id}"
        extras = {"cost": task.cost, "input_mp": None, "output_mp": None}
        return reply(answer | {name: value for name, value in extras.items() if name in operation.answer})

    def _deliver(self, request: Request, task: Task, url: str, secret: str) -> None:
        base = self._url(request, self.addresses.samples)

        async def when_done() -> None:
            while not self.desk.finished(self.desk.shelf.get(task.id) or task):
                await asyncio.sleep(max(0.02, min(1.0, task.ends - time.time())))
            await deliver(url, secret, self.status(task, base), self.desk.options)

        delivery = asyncio.create_task(when_done())
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    # Polling

    async def poll(self, request: Request) -> Response:
        """How a task stands."""
        headers = self._limits()
        if headers["X-Ratelimit-Remaining"] == "-1":
            return said(bad_days.TOO_MANY_REQUESTS, self.speed)
        task_id = request.query_params.get("id")
        if task_id is None:
            return reply({"detail": [_missing("id")]}, 422)
        task = self.desk.shelf.get(task_id)
        port = request.scope["server"][1]
        if task is None or port not in (self.addresses.main, self.addresses.regions[task.region]):
            return reply(_standing(task_id, "Task not found"), 404, headers)
        for cue in bad_days.cues(task.cues):
            if cue.day.strikes == "poll" and self.desk.occasions.due(cue, task.id):
                if cue.day.answer:
                    return said(cue.day.answer, self.speed, id=task.id)
                right = reply(self.status(task, self._url(request, self.addresses.samples)), 200, headers)
                return Mannered(right, cue.day.manner, self.speed)
        body = self.status(task, self._url(request, self.addresses.samples))
        return reply(body, 404 if body["status"] == "Task not found" else 200, headers)

    def _limits(self) -> dict[str, str]:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._polls = second, 0
        self._polls += 1
        most = self.desk.options.polls_per_second
        left = str(max(-1, most - self._polls))
        return {
            "Retry-After": "0" if self.speed > 1 else "1",
            "X-Ratelimit-Limit": str(most),
            "X-Ratelimit-Remaining": left,
        }

    def status(self, task: Task, samples: str) -> dict[str, Any]:
        """The body of a poll's answer; `samples` is the address that pictures are fetched from."""
        twists = {cue.day.twist for cue in bad_days.cues(task.cues)}
        now = time.time()
        share = (now - task.began) / max(1e-9, task.ends - task.began)
        if "not-yet" in twists and now < task.began + 1.0 / self.speed:
            return _standing(task.id, "Task not found")
        if not self.desk.finished(task):
            failure = self.desk.failed(task)
            if failure and failure[0] == "Task not found" and share > 0.5:
                return _standing(task.id, "Task not found")
            progress = None if "no-progress" in twists else task.progress(now)
            return _standing(task.id, _running(twists, share), progress=progress)
        if failure := self.desk.failed(task):
            return _standing(task.id, failure[0], details=failure[1])
        task = self.desk.shelf.get(task.id) or task
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
        for name in ("seed", "sample"):
            if f"no-{name}" in twists:
                del result[name]
        return result

    # Samples

    def _signed(self, task: Task) -> str:
        """The path of a sample, which lives for a while after the task's end, and later for a while from now."""
        life, now = self.desk.options.sample_lifetime, time.time()
        until = task.ends + life if now < task.ends + life else now + life
        expires = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return f"/results/{task.id}/sample.{task.form}?se={expires}&sig={self._signature(task.id, expires)}"

    def _signature(self, task_id: str, expires: str) -> str:
        return hmac.new(self._secret, f"{task_id} {expires}".encode(), "sha256").hexdigest()

    async def sample(self, request: Request) -> Response:
        """The picture itself, for whoever has an address that is signed and still lives."""
        task = self.desk.shelf.get(request.path_params["task"])
        expires, signature = request.query_params.get("se", ""), request.query_params.get("sig", "")
        if task is None or task.form != request.path_params["form"]:
            return said(bad_days.BY_WORD["sample-gone"].answer or bad_days.BAD_KEY)
        right = self._signature(task.id, expires)
        if not hmac.compare_digest(right.encode(), signature.encode()) or _moment(expires) < time.time():
            return said(bad_days.BY_WORD["sample-expired"].answer or bad_days.BAD_KEY)
        cue = next((c for c in bad_days.cues(task.cues) if self._spoils(c, task)), None)
        if cue and cue.day.answer:
            return said(cue.day.answer, self.speed)
        drawing = self.desk.drawing(task)
        if drawing is not None:
            await asyncio.wrap_future(drawing)
            self.desk.drawing(task)
        picture = await asyncio.to_thread(self.desk.shelf.picture(task).read_bytes)
        response = Response(picture, media_type=MIME[task.form])
        return Mannered(response, cue.day.manner, self.speed) if cue else response

    def _spoils(self, cue: Cue, task: Task) -> bool:
        return cue.day.strikes == "sample" and self.desk.occasions.due(cue, task.id)

    # The account, the document, the overview

    def _refused(self, request: Request) -> Response | None:
        key = request.headers.get("x-key", "")
        if not key.strip():
            return said(bad_days.BAD_KEY)
        cues = (cue for cue in self.desk.cues(key) if cue.day.word in KEY_WORDS)
        struck = next((cue for cue in cues if self.desk.occasions.due(cue, f"{_account(key)} account")), None)
        return said(struck.day.answer) if struck and struck.day.answer else None

    async def credits(self, request: Request) -> Response:
        """What the key's account has left."""
        left = self.desk.credits(_account(request.headers.get("x-key", "")))
        return self._refused(request) or reply({"credits": left})

    async def finetunes(self, request: Request) -> Response:
        """The finetunes that there are."""
        return self._refused(request) or reply({"finetunes": list(FINETUNES)})

    async def finetune(self, request: Request) -> Response:
        """What is known of one finetune."""
        if refused := self._refused(request):
            return refused
        name = request.query_params.get("finetune_id")
        if name is None:
            return reply({"detail": [_missing("finetune_id")]}, 422)
        if name not in FINETUNES:
            return said(bad_days.NO_FINETUNE)
        return reply({"finetune_details": {"finetune_id": name, **FINETUNES[name]}})

    async def openapi(self, request: Request) -> Response:
        """The document, with this server in place of the real ones."""
        here = [{"url": self._url(request, self.addresses.main), "description": "This machine"}]
        return reply({**self.document.raw, "servers": here})

    async def overview(self, request: Request) -> Response:
        """A page for people: what can be asked for here, and what can be made to go wrong."""
        return HTMLResponse(overview.page(self.document, self._url(request, self.addresses.main)))


async def _body(request: Request) -> tuple[Any, Response | None]:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            return None, reply({"detail": "Request body is too large"}, 413)
    try:
        return json.loads(data), None
    except (ValueError, RecursionError) as error:
        fault = {"type": "json_invalid", "loc": ["body", getattr(error, "pos", 0)], "msg": "JSON decode error"}
        return None, reply({"detail": [{**fault, "input": {}, "ctx": {"error": str(error)[:200]}}]}, 422)


def _texts(operation: Operation, body: Any) -> list[str]:
    """What a request says in words, where bad days are listened for: no images, addresses or secrets."""
    if not isinstance(body, dict):
        return []
    spoken = [one.name for one in operation.fields if not one.media and one.format not in ("uri", "password")]
    return [body[name] for name in spoken if isinstance(body.get(name), str)]


def _account(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _standing(
    task_id: str, status: str, result: Any = None, progress: float | None = None, details: Any = None
) -> dict[str, Any]:
    return {
        "id": task_id,
        "status": status,
        "result": result,
        "progress": progress,
        "details": details,
        "preview": None,
    }


def _running(twists: set[str], share: float) -> str:
    if "unknown-status" in twists:
        return "Dreaming"
    if "reasoning" in twists:
        return "Reasoning" if share < 0.4 else "Generating"
    return "Pending"


def _moment(text: str) -> float:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def _missing(name: str) -> dict[str, Any]:
    return {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}


async def _not_found(request: Request, error: Exception) -> Response:
    return reply({"detail": "Not Found"}, 404)


async def _not_allowed(request: Request, error: Exception) -> Response:
    headers = getattr(error, "headers", None)
    return reply({"detail": "Method Not Allowed"}, 405, headers)
