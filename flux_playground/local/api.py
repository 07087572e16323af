"""The routes of the local API: who may ask what; submits, the account, the document, the page for people.

Knows HTTP and the desk that does the work; nothing of sockets, files or drawing. Polls and samples: `results.py`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..schema import Document, Operation
from . import faults, index_page
from .backend import Desk, Refused
from .faults import Cue
from .http_replies import Mannered, invalid, missing, not_json, reply, said
from .ports import Addresses
from .results import Results
from .tasks import Task
from .webhooks import deliver

Handler = Callable[[Request], Awaitable[Response]]

LARGEST_BODY = 64 * 1024 * 1024
FINETUNES: dict[str, dict[str, Any]] = {
    "my-finetune": {"finetune_comment": "The style of the example", "trigger_word": "TOK", "mode": "general"},
    "paper-hills": {"finetune_comment": "Soft layers of paper", "trigger_word": "PAPER", "mode": "style"},
    "ink-city": {"finetune_comment": "Broad strokes of ink", "trigger_word": "INK", "mode": "style"},
    "old-postcard": {"finetune_comment": "A faded print", "trigger_word": "CARD", "mode": "style"},
}


class Api:
    """The handlers of one server's routes."""

    def __init__(self, document: Document, desk: Desk, addresses: Addresses) -> None:
        self.document, self.desk, self.addresses = document, desk, addresses
        self.results, self.speed = Results(desk, addresses), desk.options.speed
        self._deliveries: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        """All routes, the document's own operations among them."""
        pages = {"/openapi.json": self.openapi, "/": self.overview}
        account = {
            "/v1/credits": self.credits,
            "/v1/my_finetunes": self.finetunes,
            "/v1/finetune_details": self.finetune,
        }
        routes = [Route(path, self._here(handler)) for path, handler in pages.items()]
        routes += [Route(path, self._here(self._keyed(handler))) for path, handler in account.items()]
        routes += [
            Route(one.path, self._here(self._submitting(one)), methods=["POST"]) for one in self.document.operations
        ]
        routes += [
            Route("/v1/get_result", self.results.poll),
            Route("/results/{task}/sample.{form}", self.results.sample),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refusal})

    def _here(self, handler: Handler) -> Handler:
        """The handler, at the server's own address only."""

        async def answer(request: Request) -> Response:
            if not self.addresses.is_main(request):
                raise HTTPException(404)
            return await handler(request)

        return answer

    def _keyed(self, handler: Handler) -> Handler:
        """The handler, for whoever brings a right key, that is no bad day's."""

        async def answer(request: Request) -> Response:
            key = request.headers.get("x-key", "")
            if not key.strip() or self.desk.options.key not in ("", key):
                return said(faults.BAD_KEY)
            for cue in self.desk.cues(key):
                if cue.day.strikes == "key" and self.desk.occasions.due(cue, _account(key)) and cue.day.answer:
                    return said(cue.day.answer)
            return await handler(request)

        return answer

    def _submitting(self, operation: Operation) -> Handler:
        async def answer(request: Request) -> Response:
            return await self.submit(request, operation)

        return self._keyed(answer)

    async def submit(self, request: Request, operation: Operation) -> Response:
        """Takes a request on, or says why not."""
        data = await _data(request)
        if data is None:
            return reply({"detail": "Request body is too large"}, 413)
        try:
            body = json.loads(data)
        except (ValueError, RecursionError) as error:
            return not_json(error)
        cues = self._cues(request, operation, body)
        strike = next((cue.day for cue in cues if cue.day.strikes in ("key", "submit")), None)
        if strike and strike.answer:
            prompt = body.get("prompt") if isinstance(body, dict) else None
            return said(strike.answer, self.speed, request=body, prompt=prompt)
        if errors := operation.check(body):
            return invalid(errors, body)
        try:
            task = self.desk.take(operation, body, _account(request.headers["x-key"]), cues)
        except Refused as refused:
            return said(refused.answer, self.speed)
        right = self._accepted(request, operation, task, body)
        return Mannered(right, strike.manner, self.speed) if strike else right

    def _cues(self, request: Request, operation: Operation, body: Any) -> tuple[Cue, ...]:
        """The bad days that words call here; those of polls and samples are kept for their own time."""
        key, texts = request.headers["x-key"], _texts(operation, body)
        words = "\0".join((_account(key), *texts)).encode("utf-8", "surrogatepass")
        here = hashlib.sha256(words).hexdigest()
        due = self.desk.occasions.due
        # What the key itself says of keys has been answered by now; in a prompt it is heard here.
        cues = [cue for cue in self.desk.cues(key) if cue.day.strikes != "key"] + list(faults.heard(*texts))
        return tuple(cue for cue in cues if cue.day.strikes in ("poll", "sample") or due(cue, here))

    def _accepted(self, request: Request, operation: Operation, task: Task, body: dict[str, Any]) -> Response:
        answer: dict[str, Any] = {"id": task.id}
        if url := body.get("webhook_url"):
            answer |= {"status": "Pending", "webhook_url": url}
            delivery = asyncio.create_task(self._deliver(request, task, url, str(body.get("webhook_secret") or "")))
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._deliveries.discard)
        else:
            port = self.addresses.regions[task.region]
            answer["polling_url"] = f"{self.addresses.url(request, port)}/v1/get_result?id={task.id}"
        extras = {"cost": task.cost, "input_mp": None, "output_mp": None}
        return reply(answer | {name: value for name, value in extras.items() if name in operation.answer})

    async def _deliver(self, request: Request, task: Task, url: str, secret: str) -> None:
        """Waits for the task's end, and tells the webhook of it."""
        while not (task := self.desk.get(task.id) or task).finished(now := time.time()):
            await asyncio.sleep(max(0.02, task.ends - now))
        samples = self.addresses.url(request, self.addresses.samples)
        await deliver(url, secret, self.results.status(task, samples), self.desk.options)

    async def credits(self, request: Request) -> Response:
        """What the key's account has left."""
        return reply({"credits": self.desk.credits(_account(request.headers["x-key"]))})

    async def finetunes(self, request: Request) -> Response:
        """The finetunes that there are; any other is taken as well, as a style of its own."""
        return reply({"finetunes": list(FINETUNES)})

    async def finetune(self, request: Request) -> Response:
        """What is known of one finetune."""
        name = request.query_params.get("finetune_id")
        if name is None:
            return missing("finetune_id")
        if name not in FINETUNES:
            return said(faults.NO_FINETUNE)
        return reply({"finetune_details": {"finetune_id": name, **FINETUNES[name]}})

    async def openapi(self, request: Request) -> Response:
        """The document, with this server in place of the real ones."""
        return reply(index_page.described(self.document.raw, self.addresses.url(request, self.addresses.main)))

    async def overview(self, request: Request) -> Response:
        """A page for people: what can be asked for here, and what can be made to go wrong."""
        return HTMLResponse(index_page.page(self.document, self.addresses.url(request, self.addresses.main)))


async def _data(request: Request) -> bytes | None:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            return None
    return bytes(data)


def _texts(operation: Operation, body: Any) -> list[str]:
    """What a request says in words, where bad days are listened for: no images, addresses or secrets."""
    if not isinstance(body, dict):
        return []
    spoken = [one.name for one in operation.fields if not one.media and one.format not in ("uri", "password")]
    return [body[name] for name in spoken if isinstance(body.get(name), str)]


def _account(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (this is its handler)
    return reply({"detail": error.detail}, error.status_code, error.headers)
