"""The routes of the local API: submits, account, OpenAPI document, index page."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ..schema import Document, Operation
from . import faults, index_page, openapi
from .backend import Backend, Rejected
from .endpoint_behavior import endpoint_behavior
from .faults import FaultTrigger
from .finetunes import Finetunes
from .http_responses import FaultyResponse, canned_response, json_response
from .ports import Ports
from .request_body import read_json
from .results import Results
from .task_request import read_task_request
from .tasks import Task
from .validation_errors import invalid_json, invalid_request, missing_parameter
from .webhooks import WebhookSender

Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """The handlers of one server for one document."""

    def __init__(self, document: Document, backend: Backend, ports: Ports, webhooks: WebhookSender) -> None:
        self.document, self.backend, self.ports, self.webhooks = document, backend, ports, webhooks
        self.finetunes = Finetunes(len(ports.regions))
        self.results, self.speed = Results(backend, ports), backend.options.speed

    def app(self) -> Starlette:
        """Return the application with a route for each operation of the document."""
        public = {"/openapi.json": self.openapi, "/": self.index}
        account = {
            "/v1/credits": self.credits,
            "/v1/my_finetunes": self.my_finetunes,
            "/v1/finetune_details": self.finetune_details,
        }
        routes = [Route(path, self._in_region(handler)) for path, handler in public.items()]
        routes += [Route(path, self._in_region(self._with_key(handler))) for path, handler in account.items()]
        for operation in self.document.operations:
            routes.append(Route(operation.path, self._in_region(self._submit_handler(operation)), methods=["POST"]))
        routes.append(Route("/v1/get_result", self.results.poll))
        routes.append(Route("/results/{task}/sample.{format}", self.results.sample))
        routes.append(Route("/results/{task}/preview-{side:int}.jpeg", self.results.preview))
        return Starlette(routes=routes, exception_handlers={HTTPException: _error_response})

    def _in_region(self, handler: Handler) -> Handler:
        """Return a handler that sets the region of a request, and responds with 404 on ports that are no region's."""

        async def handle(request: Request) -> Response:
            request.state.region = self.ports.region(request)
            if request.state.region is None:
                raise HTTPException(404)
            return await handler(request)

        return handle

    def _with_key(self, handler: Handler) -> Handler:
        """Return a handler that rejects a wrong key, and a key with a trigger."""

        async def handle(request: Request) -> Response:
            key = request.headers.get("x-key", "")
            if not key.strip() or self.backend.options.key not in ("", key):
                return canned_response(faults.BAD_KEY)
            for trigger in self.backend.triggers(key):
                fault = trigger.fault
                if fault.stage == "key" and self.backend.once.is_due(trigger, _account(key)) and fault.response:
                    return canned_response(fault.response)
            return await handler(request)

        return handle

    def _submit_handler(self, operation: Operation) -> Handler:
        async def handle(request: Request) -> Response:
            return await self.submit(request, operation)

        return self._with_key(handle)

    async def submit(self, request: Request, operation: Operation) -> Response:
        """Accept a request as a task, or return an error response."""
        try:
            body = await read_json(request, operation)
        except (ValueError, RecursionError) as error:
            return invalid_json(error)
        triggers = self._due_triggers(request, operation, body)
        fault = next((trigger.fault for trigger in triggers if trigger.fault.stage in ("key", "submit")), None)
        if fault and fault.response:
            prompt = body.get("prompt") if isinstance(body, dict) else None
            return canned_response(fault.response, self.speed, request=body, prompt=prompt)
        if errors := operation.check(body):
            return invalid_request(errors, body, operation.schema)
        region = request.state.region
        task_request = await asyncio.to_thread(read_task_request, operation, body)
        finetune_id = str(task_request.values.get("finetune_id") or "")
        if finetune_id and (refusal := self.finetunes.refuse(operation, finetune_id, region)):
            return refusal
        try:
            task = self.backend.accept(task_request, _account(request.headers["x-key"]), triggers, region)
        except Rejected as rejected:
            return canned_response(rejected.response, self.speed)
        response = self._accepted(request, operation, task, body)
        return FaultyResponse(response, fault.delivery, self.speed) if fault else response

    def _due_triggers(self, request: Request, operation: Operation, body: Any) -> tuple[FaultTrigger, ...]:
        """Return the triggers of a submit; those of polls and samples are kept for their stage."""
        key, texts = request.headers["x-key"], _texts(operation, body)
        place = hashlib.sha256("\0".join((_account(key), *texts)).encode("utf-8", "surrogatepass")).hexdigest()
        # `_with_key` has handled the triggers of this stage in the key; in a prompt they take effect here.
        triggers = [trigger for trigger in self.backend.triggers(key) if trigger.fault.stage != "key"]
        triggers += faults.find_triggers(*texts)
        is_due = self.backend.once.is_due
        return tuple(each for each in triggers if each.fault.stage in ("poll", "sample") or is_due(each, place))

    def _accepted(self, request: Request, operation: Operation, task: Task, body: dict[str, Any]) -> Response:
        content: dict[str, Any] = {"id": task.id}
        if url := body.get("webhook_url"):
            content |= {"status": "Pending", "webhook_url": url}
            self.webhooks.schedule(self._send_webhook(request, task, url, str(body.get("webhook_secret") or "")))
        else:
            url = self.ports.url(request, self.ports.polling_port(task))
            content["polling_url"] = f"{url}/v1/get_result?id={task.id}"
        measures = endpoint_behavior(operation.path).reports_megapixels  # recorded: otherwise null
        optional = {
            **task.reported_cost("submit"),
            "input_mp": task.input_mp if measures else None,
            "output_mp": task.output_mp if measures else None,
        }
        return json_response(
            content | {name: value for name, value in optional.items() if name in operation.response_names}
        )

    async def _send_webhook(self, request: Request, task: Task, url: str, secret: str) -> None:
        """Wait for the end of a task and send its webhook."""
        while not (task := self.backend.get(task.id) or task).is_done(now := time.time()):
            await asyncio.sleep(max(0.02, task.done_at - now))
        delivery_url = self.ports.url(request, self.ports.delivery)
        await self.webhooks.send(url, secret, self.results.status(task, delivery_url))

    async def credits(self, request: Request) -> Response:
        """Return the remaining credits of the key."""
        return json_response({"credits": self.backend.credits(_account(request.headers["x-key"]))})

    async def my_finetunes(self, request: Request) -> Response:
        """Return the ids of the example finetunes of the region; a submit accepts any unknown id too."""
        return json_response({"finetunes": self.finetunes.of_region(request.state.region)})

    async def finetune_details(self, request: Request) -> Response:
        """Return the details of one finetune."""
        finetune_id = request.query_params.get("finetune_id")
        if finetune_id is None:
            return missing_parameter("finetune_id")
        details = self.finetunes.details(finetune_id, request.state.region)
        return json_response({"finetune_details": details}) if details else canned_response(faults.NO_FINETUNE)

    async def openapi(self, request: Request) -> Response:
        """Return the document of this server."""
        return json_response(openapi.describe(self.document, [self.ports.url(request, p) for p in self.ports.servers]))

    async def index(self, request: Request) -> Response:
        """Return a page that lists the endpoints and the errors that can be simulated."""
        return HTMLResponse(index_page.render_page(self.document, self.ports.url(request, self.ports.regions[0])))


def _texts(operation: Operation, body: Any) -> list[str]:
    """Return the texts of a request that may hold triggers: no images, URLs or secrets."""
    if not isinstance(body, dict):
        return []
    names = [field.name for field in operation.fields if not field.media and field.format not in ("uri", "password")]
    return [body[name] for name in names if isinstance(body.get(name), str)]


def _account(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


async def _error_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  (registered for this type only)
    return json_response({"detail": error.detail}, error.status_code, error.headers)
