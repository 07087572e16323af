"""The page for programs that speak MCP, at `/mcp`: JSON-RPC in a POST each, without sessions; its tools are endpoints.

Nothing is kept between two requests, and nothing that a request names is fetched or read from disk. Pure HTTP; what a
tool is and does is in `endpoint_tools.py`. Knows neither gradio nor how an image is made.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ...playground import Playground
from ..session import caller
from .mcp_tools import Call, EndpointTools, Named

VERSIONS = ("2025-11-25", "2025-06-18")
"""Editions of the protocol that are spoken, the latest first; the same in all that is used here."""

VERSION = "0.1.0"
"""Of this program, as its pyproject.toml says."""

NOT_JSON, NOT_A_REQUEST, NO_METHOD, BAD_PARAMS, OUR_FAULT = -32700, -32600, -32601, -32602, -32603

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

log = logging.getLogger(__name__)

Message = dict[str, Any]


def routes(playground: Playground) -> list[Route]:
    """`/mcp`, for POST only: there are neither messages of ours to listen for (GET) nor sessions to end (DELETE)."""
    tools = EndpointTools(playground)
    salt = playground.store.secret_key()

    async def answer(request: Request) -> Response:
        message = _message(request, await request.body())
        if isinstance(message, Response):
            return message
        call = Call(caller.caller(request, tools.newcomer(), salt), _params(message), str(request.base_url))
        if message["method"] == "tools/call":
            told = _told(tools, message["id"], call)
            # Without progress to report, one JSON response: clients limit the size of a streamed event to 1 MiB.
            accepted = "text/event-stream" in request.headers.get("accept", "")
            return await _answered(told, streamed=accepted and call.progress_token is not None)
        return JSONResponse(_replied(tools, message, call), headers=HEADERS)

    return [Route("/mcp", answer, methods=["POST"])]


def _message(request: Request, body: bytes) -> Message | Response:
    """The request that a body holds, or the answer to what is none."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return _refused(NOT_JSON, "Send application/json.", 415)
    try:
        message = json.loads(body, parse_constant=_no_number)
        json.dumps(message, ensure_ascii=False).encode("utf-8")  # half a surrogate pair cannot be answered
    except (ValueError, RecursionError):
        return _refused(NOT_JSON, "This is not JSON.")
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return _refused(NOT_A_REQUEST, "This is not one JSON-RPC 2.0 message.")
    version = request.headers.get("mcp-protocol-version", VERSIONS[0])
    if version not in VERSIONS and message.get("method") != "initialize":  # which negotiates the version
        return _refused(NOT_A_REQUEST, f"These versions of the protocol are supported: {', '.join(VERSIONS)}.")
    if "id" not in message or "method" not in message:
        return Response(status_code=202)  # a notification, or the answer to a question that was never asked
    named = isinstance(message["method"], str) and type(message["id"]) in (str, int)
    return message if named else _refused(NOT_A_REQUEST, "This is not a JSON-RPC 2.0 request.")


def _replied(tools: EndpointTools, message: Message, call: Call) -> Message:
    """The answer to everything that needs no waiting."""
    match message["method"]:
        case "initialize":
            return _result(message["id"], _initialized(call.params))
        case "ping":
            return _result(message["id"], {})
        case "tools/list":
            return _result(message["id"], {"tools": tools.listed()})
    return _error(message["id"], NO_METHOD, "There is no such method.")


def _initialized(params: Mapping[str, Any]) -> Message:
    wanted = params.get("protocolVersion")
    return {
        "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "flux-playground", "title": "Flux Playground", "version": VERSION},
        "instructions": "Each tool is an endpoint of an image API and makes one image, which may cost money.",
    }


async def _told(tools: EndpointTools, message_id: str | int, call: Call) -> AsyncIterator[Message]:
    """What is said to a tool's call: how far it is, if that is asked for, and at last its result."""
    try:
        async for named, told in tools.call(call):
            if named is Named.RESULT:
                yield _result(message_id, told)
            else:
                yield {"jsonrpc": "2.0", "method": "notifications/progress", "params": told}
    except LookupError:
        yield _error(message_id, BAD_PARAMS, "There is no such tool.")
    except Exception:
        log.exception("a tool's call failed")
        yield _error(message_id, OUR_FAULT, "This program failed.")


async def _answered(told: AsyncIterator[Message], *, streamed: bool) -> Response:
    if streamed:
        events = (f"event: message\ndata: {json.dumps(one)}\n\n" async for one in told)
        return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)
    return JSONResponse([one async for one in told][-1], headers=HEADERS)


def _params(message: Message) -> Mapping[str, Any]:
    params = message.get("params")
    return params if isinstance(params, dict) else {}


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _result(message_id: str | int, result: Mapping[str, Any]) -> Message:
    return {"jsonrpc": "2.0", "id": message_id, "result": result}


def _error(message_id: str | int | None, code: int, words: str) -> Message:
    return {"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": words}}


def _refused(code: int, words: str, status: int = 400) -> Response:
    return JSONResponse(_error(None, code, words), status, HEADERS)
