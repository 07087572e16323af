"""Requests of the page's script to routes beside Gradio's: whose they are, and what errors become."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from ...bounded_json import InvalidJson, parse_json
from ...errors import InvalidRequest, PlaygroundError, StorageError
from ...generation import ID, Generation
from ..session import caller
from .context import Context

TOKEN_HEADER = "x-flux-visit"  # noqa: S105  # a name, not a token
"""Carries the token of the tab and its visit, as the page's events do."""

MAX_IDS = 1_000
MAX_BODY_BYTES = 1_000_000


class InvalidParameter(ValueError):
    """A value of a request that cannot be used; the text is a sentence for the page."""


Answer = Callable[[Context, Request], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(answer: Answer) -> Endpoint:
    """Return a route's endpoint that runs `answer` on a thread, for the visitor of the request.

    A wrong parameter gives 400, a store that cannot be read 503, each with a sentence for the page.
    """

    async def respond(request: Request) -> Response:
        context = context_of(request, request.headers.get(TOKEN_HEADER, ""))
        try:
            return await context.run(answer, context, request)
        except InvalidParameter as error:
            return PlainTextResponse(str(error), 400)
        except StorageError as error:
            return PlainTextResponse(error.message, 503)
        except PlaygroundError as error:
            return PlainTextResponse(error.message, 400)

    return respond


def json_endpoint(answer: Callable[[Context, dict[str, Any]], Response]) -> Endpoint:
    """Return an endpoint like `endpoint`; `answer` gets the JSON object of the request's body."""

    async def respond(request: Request) -> Response:
        body = await request.body()
        try:
            values = parse_json(body[: MAX_BODY_BYTES + 1])
        except InvalidJson:
            values = None
        if len(body) > MAX_BODY_BYTES or not isinstance(values, dict):
            return PlainTextResponse("The request is not a JSON object.", 400)
        context = context_of(request, request.headers.get(TOKEN_HEADER, ""))
        try:
            return await context.run(answer, context, values)
        except InvalidParameter as error:
            return PlainTextResponse(str(error), 400)
        except StorageError as error:
            return PlainTextResponse(error.message, 503)
        except InvalidRequest as error:
            field = error.details[0].field
            return PlainTextResponse(f"{field[:1].upper()}{field[1:]}: {error.details[0].msg}.", 400)
        except PlaygroundError as error:
            return PlainTextResponse(error.message, 400)

    return respond


def context_of(request: Request, token: str) -> Context:
    """Return the context of a request: the visitor of the tab's token, at the page's first form."""
    binding = request.app.get_blocks().binding
    identity = caller.identity_of(request, binding.page.secret_key)
    session = binding.page.sessions.identify_visit(token[:200], identity)
    return Context(binding.page, session, binding.forms[0], pressed_by=session.visitor)


def own_generations(context: Context, ids: Iterable[str]) -> list[Generation]:
    """Return the generations of this visitor among some ids, in their order."""
    found = []
    for generation_id in ids:
        generation = context.playground.store.get(generation_id) if ID.fullmatch(generation_id) else None
        if generation is not None and generation.owner == context.visitor.id:
            found.append(generation)
    return found


def read_ids(values: Any) -> list[str]:
    """Return the ids of a request; raises `InvalidParameter` for anything but a list of at most `MAX_IDS` ids."""
    if not isinstance(values, list) or not all(isinstance(one, str) and ID.fullmatch(one) for one in values):
        raise InvalidParameter("The ids of the images are not valid.")
    if len(values) > MAX_IDS:
        raise InvalidParameter(f"At most {MAX_IDS:,} images can be changed at once.")
    return values


def fragment(html: str, **headers: str) -> Response:
    """Return a piece of HTML that the page's script puts in its place."""
    names = {f"x-flux-{name}": value for name, value in headers.items()}
    return HTMLResponse(html, headers={"cache-control": "private, no-store", **names})


def attachment(context: Context, chunks: Iterator[bytes], media_type: str, name: str) -> Response:
    """Return a file that the browser saves while it arrives; its chunks are made on the threads of exports.

    The first chunk is made at once; raises what it raises, so that the response can be a sentence.
    """
    first = next(chunks, b"")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}", "cache-control": "no-store"}
    return StreamingResponse(_on_threads(context, first, chunks), media_type=media_type, headers=headers)


async def _on_threads(context: Context, first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Give the chunks of an iterator that blocks, after its first one."""
    yield first
    end = object()
    while (chunk := await context.run_export(next, chunks, end)) is not end:
        yield chunk
