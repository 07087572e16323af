"""The endpoints as MCP tools: their descriptions, and calls with the same checks and allowances as the page.

Image inputs are base64 only: a path or a URL is not an image.
"""

from __future__ import annotations

import base64
import json
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...errors import FieldError, InvalidRequest, InvalidSweep, PlaygroundError
from ...generation import Generation, State
from ...images import media_types
from ...playground import OWNER, Playground, Visitor
from ...reproduce import image_exists
from ...schema import Field, Operation
from ...sweep_control import Sweeps
from ..form.form import offered_fields
from ..generate import missing_file
from ..session.worker_threads import WorkerThreads
from ..text import image_urls, messages
from . import sweep_tool
from .generation_json import generation_to_json
from .gradio_api import GENERATE, names

PROGRESS_SECONDS = 1.0
"""Seconds between two progress notifications."""

MAX_STREAMED_IMAGE_BYTES = 700_000
"""Larger images are links in an event stream: base64 adds a third, and clients accept events of up to 1 MiB."""

MAX_INLINE_IMAGE_BYTES = 20_000_000
"""Larger images are links in a JSON response."""

WITH_SEED = "Generates one image and returns it with its seed. The same seed and settings generate the same image."
WITHOUT_SEED = "Generates one image and returns it. The image cannot be reproduced: the endpoint takes no seed."
DESCRIPTION = (
    "It may cost money. Image inputs are base64. `image` and `recipe` in the result are URLs relative to the URL of "
    "the page."
)

Report = Callable[[float, str], Awaitable[None]]
"""Reports progress: the seconds since the start, and the state in a few words."""


@dataclass(frozen=True)
class Call:
    """A tool call: the visitor, the name of the tool and its arguments. Links in the result begin with `base_url`.

    `sweeps` are those of the page, None where there is no page.
    """

    visitor: Visitor
    name: str
    arguments: Mapping[str, Any]
    base_url: str = ""
    sweeps: Sweeps | None = None

    @property
    def address(self) -> str:
        """Whose share of the threads the call uses."""
        return self.visitor.identity.address


class EndpointTools:
    """The endpoints of a playground's active document, as tools."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self._threads = WorkerThreads(8)

    def new_visitor(self) -> Visitor:
        """The owner of the images of a call. On a hosted page a new visitor: only their URL leads to the images."""
        hosted = self._playground.settings.hosted
        return Visitor(id=f"visitor-{secrets.token_hex(16)}") if hosted else OWNER

    def names(self) -> Collection[str]:
        """The names of the tools, and a second name of the first one."""
        return [*self._operations(), GENERATE, sweep_tool.NAME]

    def list_tools(self) -> list[dict[str, Any]]:
        """The tools as MCP describes them. Their parameters are the JSON Schema of the endpoints."""
        return [
            {
                "name": name,
                "title": operation.summary or operation.path,
                "description": f"{operation.path}: {_describe_seed(operation)} {DESCRIPTION}",
                "inputSchema": _schema(self._fields(operation)),
                "annotations": {"readOnlyHint": False, "destructiveHint": False, "openWorldHint": True},
            }
            for name, operation in self._operations().items()
        ] + [sweep_tool.describe([operation.path for operation in self._operations().values()])]

    async def call(self, call: Call, report: Report | None = None) -> dict[str, Any]:
        """Generate an image and return the result as MCP describes it; raises `KeyError` for an unknown tool.

        With `report`, the result is sized for an event stream. Cancelling the call does not stop the generation.
        """
        if call.name == sweep_tool.NAME:
            return await self._sweep(call, report)
        operation = self._playground.operation if call.name == GENERATE else self._operations()[call.name]
        try:
            values, unknown = _values(self._fields(operation), call.arguments)
            if unknown:
                others = await self._threads(call.address, self._errors, values, call.visitor, operation)
                raise InvalidRequest([*unknown, *others])
            start = partial(self._playground.start, endpoint=operation.path)
            generation = await self._threads(call.address, start, values, call.visitor)
        except PlaygroundError as error:
            return _failed(_refusal(error))
        started, reported = time.monotonic(), -math.inf
        async for changed in self._playground.changes(generation.id, keepalive_seconds=PROGRESS_SECONDS):
            generation, now = changed, time.monotonic()
            if report is not None and not generation.finished and now - reported > PROGRESS_SECONDS:
                reported = now
                await report(round(now - started, 2), messages.brief(generation))
        max_bytes = MAX_INLINE_IMAGE_BYTES if report is None else MAX_STREAMED_IMAGE_BYTES
        return await self._threads(call.address, _result, self._playground, generation, call.base_url, max_bytes)

    async def _sweep(self, call: Call, report: Report | None) -> dict[str, Any]:
        try:
            sweeps = call.sweeps or Sweeps(self._playground)
            return await sweep_tool.run(sweeps, call.visitor, call.arguments, self._threads, report)
        except PlaygroundError as error:
            return _failed(error.message if isinstance(error, InvalidSweep) else _refusal(error))

    def _fields(self, operation: Operation) -> tuple[Field, ...]:
        return offered_fields(operation, hosted=self._playground.settings.hosted)

    def _operations(self) -> dict[str, Operation]:
        operations, first = self._playground.document.operations, self._playground.operation
        ordered = [first, *(operation for operation in operations if operation.path != first.path)]
        return dict(zip(names([operation.path for operation in ordered]), ordered, strict=True))

    def _errors(self, values: Mapping[str, Any], visitor: Visitor, operation: Operation) -> tuple[FieldError, ...]:
        """The other errors of a call that has unknown names."""
        try:
            self._playground.prepare(values, visitor, endpoint=operation.path)
        except InvalidRequest as error:
            return error.details
        return ()


def _describe_seed(operation: Operation) -> str:
    return WITH_SEED if any(field.name == "seed" for field in operation.fields) else WITHOUT_SEED


def _schema(offered: tuple[Field, ...]) -> dict[str, Any]:
    required = [field.name for field in offered if field.required]
    properties = {field.name: dict(field.schema) for field in offered}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _values(offered: tuple[Field, ...], arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """The arguments that are fields, and an error for each name that is not a field."""
    fields = {field.name: field for field in offered}
    unknown = [
        FieldError(("body", name[:100]), "is not a field of this endpoint", "extra_forbidden")
        for name in arguments
        if name not in fields
    ]
    values = {name: value for name, value in arguments.items() if name in fields}
    return values, unknown[:20]


def _result(playground: Playground, generation: Generation, base_url: str, max_bytes: int) -> dict[str, Any]:
    """The result of a finished generation; an image of more than `max_bytes` is a link."""
    if generation.state is not State.SUCCEEDED or not image_exists(generation):
        succeeded = generation.state is State.SUCCEEDED
        text = missing_file.words(generation) if succeeded else messages.ending(generation)
        quoted = messages.quoted(generation.error) if generation.error else ""
        return _failed(" ".join(part for part in (f"{text.title}.", text.happened, text.cost, quoted) if part))
    image, recipe = image_urls.image(generation), image_urls.recipe(generation)
    record = generation_to_json(generation) | {"image": image, "recipe": recipe}
    content: list[dict[str, Any]] = [{"type": "text", "text": json.dumps(record, ensure_ascii=False)}]
    media_type = media_types.media_type(generation.format)
    is_image = media_types.display_kind(generation.format) == "image"
    if is_image and (generation.size or 0) > max_bytes:
        uri = base_url.rstrip("/") + "/" + image.lstrip("/")
        name = f"{generation.id}.{generation.format}"
        content.insert(0, {"type": "resource_link", "uri": uri, "name": name, "mimeType": media_type})
    elif is_image:
        data = base64.b64encode(playground.store.read_image(generation)).decode()
        content.insert(0, {"type": "image", "data": data, "mimeType": media_type})
    return {"content": content, "structuredContent": record, "isError": False}


def _refusal(error: PlaygroundError) -> str:
    text = messages.for_error(error)
    faults = "; ".join(f"{fault.field}: {fault.msg.rstrip('.')}" for fault in getattr(error, "details", ()))
    parts = (f"{text.title}.", f"{faults}." if faults else messages.quoted(error), messages.retry_hint(error))
    return " ".join(part for part in parts if part)


def _failed(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": True}
