"""Each endpoint as a tool for a program: its name, what it takes, and what a call of it gives.

A call is made like the page's own, with the same checks, keys and allowances. Pictures go in as base64 only: a path or
an address is not one. Knows the playground, neither HTTP nor gradio.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ...errors import FieldError, InvalidRequest, PlaygroundError
from ...generation import Generation, State
from ...images import media_types
from ...playground import OWNER, Playground, Visitor
from ...reproduce import image_exists
from ...schema import Field
from ..form.form import offered_fields
from ..generate import missing_file
from ..session.worker_threads import WorkerThreads
from ..text import image_urls, messages
from .generation_json import generation_to_json
from .gradio_api import names

PAUSE = 0.25
ALIVE = 1.0
"""Seconds between two words on how far a call is."""

MAX_STREAMED_IMAGE_BYTES = 700_000
"""Bytes of an image in a streamed event: base64 adds a third, and clients take 1 MiB at most."""

LARGEST_SHOWN = 20_000_000
"""Bytes of an image that goes into an answer; a larger one is named by its address only."""

GIVES = (
    "Makes one image and gives it with its seed; the same seed and settings make it again. It may cost money. Images "
    "that go in are base64. `picture` and `recipe` in the answer are addresses below that of the page."
)


class Named(Enum):
    """What is said of a call."""

    PROGRESS = "progress"
    RESULT = "result"


@dataclass(frozen=True)
class Call:
    """Who calls, and with which parameters of MCP's `tools/call`."""

    visitor: Visitor
    params: Mapping[str, Any]
    base_url: str = ""

    @property
    def progress_token(self) -> Any:
        """The token with which progress is reported; None where the caller wants no progress."""
        meta = self.params.get("_meta")
        return meta.get("progressToken") if isinstance(meta, dict) else None


class EndpointTools:
    """The endpoints of a playground's present document, as tools."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self._threads = WorkerThreads(8)

    def newcomer(self) -> Visitor:
        """Whose the images of a call are: the owner's at home; on a hosted page nobody finds them but by address."""
        hosted = self._playground.settings.hosted
        return Visitor(id=f"visitor-{secrets.token_hex(16)}") if hosted else OWNER

    def listed(self) -> list[dict[str, Any]]:
        """The tools as MCP describes them, their parameters by the endpoints' own JSON Schema."""
        return [
            {
                "name": name,
                "title": view.operation.summary or view.operation.path,
                "description": f"{view.operation.path}: {GIVES}",
                "inputSchema": _schema(self._offered(view)),
                "annotations": {"readOnlyHint": False, "destructiveHint": False, "openWorldHint": True},
            }
            for name, view in self._named().items()
        ]

    async def call(self, call: Call) -> AsyncIterator[tuple[Named, dict[str, Any]]]:
        """Make an image: how far it is, where a token for that was given, and the result; raises `LookupError`.

        Closing this early stops nothing: the image is made and kept all the same.
        """
        view = self._named()[str(call.params.get("name"))]
        given, token = call.params.get("arguments") or {}, call.progress_token
        try:
            values, unknown = _values(self._offered(view), given)
            if unknown:
                raise InvalidRequest([*unknown, *await self._threads(_faults, view, values, call.visitor)])
            one = await self._threads(view.start, values, call.visitor)
        except PlaygroundError as error:
            yield Named.RESULT, _failed(_refusal(error))
            return
        began = told = time.monotonic()
        while not (one := await self._threads(view.get, one.id)).finished:
            now = time.monotonic()
            if token is not None and now - told > ALIVE:
                told = now
                said = {"progressToken": token, "progress": round(now - began, 2), "message": messages.brief(one)}
                yield Named.PROGRESS, said
            await asyncio.sleep(PAUSE)
        yield Named.RESULT, await self._threads(_result, one, call)

    def _offered(self, view: Playground) -> tuple[Field, ...]:
        return offered_fields(view.operation, hosted=self._playground.settings.hosted)

    def _named(self) -> dict[str, Playground]:
        operations, first = self._playground.document.operations, self._playground.operation
        ordered = [first, *(operation for operation in operations if operation.path != first.path)]
        views = [self._playground.at(operation.path) for operation in ordered]
        return dict(zip(names([one.operation.path for one in views]), views, strict=True))


def _schema(offered: tuple[Field, ...]) -> dict[str, Any]:
    required = [one.name for one in offered if one.required]
    properties = {one.name: dict(one.schema) for one in offered}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _values(offered: tuple[Field, ...], given: Any) -> tuple[dict[str, Any], list[FieldError]]:
    """Return what was given, its images as their bytes, and an error for each name that is no field."""
    if not isinstance(given, dict):
        given = {"arguments": given}
    known = {one.name: one for one in offered}
    names = [name for name in given if name not in known][:20]
    sentence = "is not a field of this endpoint"
    unknown = [FieldError(("body", name[:100]), sentence, "extra_forbidden") for name in names]
    values = {name: value for name, value in given.items() if name in known}
    return {name: _decoded(value) if known[name].media else value for name, value in values.items()}, unknown


def _faults(view: Playground, values: Mapping[str, Any], visitor: Visitor) -> tuple[FieldError, ...]:
    """Return what else is wrong with a call that has unknown names."""
    try:
        view.preview_request(values, visitor)
    except InvalidRequest as error:
        return error.details
    return ()


def _decoded(value: Any) -> Any:
    """An image as its bytes, so that they are looked at; what is no base64 stays as it is, and is refused as such."""
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if not isinstance(value, str):
        return value
    text = value.partition(",")[2] if value.startswith("data:") else value
    try:
        return base64.b64decode(text, validate=True) if text else None
    except binascii.Error:
        return value


def _result(one: Generation, call: Call) -> dict[str, Any]:
    if one.state is not State.SUCCEEDED or not image_exists(one):
        said = missing_file.words(one) if one.state is State.SUCCEEDED else messages.ending(one)
        quoted = messages.quoted(one.error) if one.error else ""
        return _failed(" ".join(part for part in (f"{said.title}.", said.happened, said.cost, quoted) if part))
    record = generation_to_json(one) | {"picture": image_urls.picture(one), "recipe": image_urls.recipe(one)}
    content: list[dict[str, Any]] = [{"type": "text", "text": json.dumps(record, ensure_ascii=False)}]
    largest = LARGEST_SHOWN if call.progress_token is None else MAX_STREAMED_IMAGE_BYTES
    if media_types.display_kind(one.format) == "image" and (one.size or 0) > largest:
        link = {"type": "resource_link", "uri": call.base_url.rstrip("/") + "/" + image_urls.picture(one).lstrip("/")}
        content.insert(0, {**link, "name": f"{one.id}.{one.format}", "mimeType": media_types.media_type(one.format)})
    elif media_types.display_kind(one.format) == "image" and one.image is not None:
        data = base64.b64encode(one.image.read_bytes()).decode()
        content.insert(0, {"type": "image", "data": data, "mimeType": media_types.media_type(one.format)})
    return {"content": content, "structuredContent": record, "isError": False}


def _refusal(error: PlaygroundError) -> str:
    said, faults = messages.of(error), "; ".join(f"{one.field}: {one.msg}" for one in getattr(error, "details", ()))
    parts = (f"{said.title}.", f"{faults}." if faults else messages.quoted(error), messages.returns(error))
    return " ".join(part for part in parts if part)


def _failed(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": True}
