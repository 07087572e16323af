"""Serves MCP over stateless Streamable HTTP with the official SDK. The only module that imports the SDK."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    Tool,
)
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from ...bounded_json import InvalidJson, parse_json
from ...errors import Unauthorized
from ...packaged import program_version
from ...playground import Playground
from ...sweep_control import Sweeps
from ..session import caller
from .mcp_tools import Call, EndpointTools, Report

MAX_BODY_BYTES = 4_000_000
EVENT_STREAM = "text/event-stream"
PROTOCOL_VERSION = "mcp-protocol-version"
INSTRUCTIONS = (
    "Each tool is an endpoint of an image API. A call generates one image, which may cost money."
    " The tool `sweep` compares values of a field."
)

Context = ServerRequestContext[dict[str, Any], Request]

log = logging.getLogger(__name__)


class McpEndpoint:
    """The ASGI application at `/mcp`. Keeps nothing between two requests."""

    def __init__(self, playground: Playground) -> None:
        self._tools = EndpointTools(playground)
        self._secret = playground.store.secret_key()
        self._server: Server[dict[str, Any]] = Server(
            "flux-playground",
            title="Flux Playground",
            version=program_version(),
            instructions=INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: as an event stream if progress is requested, else as JSON.

        Clients limit the size of an event to 1 MiB, but not the size of a JSON response.
        """
        headers = MutableHeaders(raw=list(scope["headers"]))
        if not headers.get("content-type", "").startswith("application/json"):
            await PlainTextResponse("Send application/json.", 415)(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        streamed = EVENT_STREAM in headers.get("accept", "") and b'"progressToken"' in body
        headers["accept"] = f"application/json, {EVENT_STREAM}"
        if PROTOCOL_VERSION in headers and _is_initialize(body):
            del headers[PROTOCOL_VERSION]  # the version is negotiated in the body
        scope = {**scope, "headers": headers.raw}
        manager = StreamableHTTPSessionManager(
            self._server, json_response=not streamed, stateless=True, max_request_body_size=MAX_BODY_BYTES
        )
        async with manager.run():
            await manager.handle_request(scope, _replay(body, receive), send)

    async def _list_tools(self, _: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[Tool.model_validate(tool) for tool in self._tools.list_tools()])

    async def _call_tool(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        request = context.request
        if request is None or params.name not in self._tools.names():
            raise MCPError(INVALID_PARAMS, "There is no such tool.")
        try:
            visitor = caller.caller(request, self._tools.new_visitor(), self._secret)
        except Unauthorized as error:
            raise MCPError(INVALID_PARAMS, error.message) from None
        call = Call(visitor, params.name, params.arguments or {}, str(request.base_url), _page_sweeps(request))
        requested = (context.meta or {}).get("progress_token") is not None
        report: Report | None = _reporter(context) if requested else None
        try:
            return CallToolResult.model_validate(await self._tools.call(call, report))
        except Exception:
            log.exception("a tool call failed")
            raise MCPError(INTERNAL_ERROR, "This program failed.") from None


def _page_sweeps(request: Request) -> Sweeps | None:
    """Return the sweeps of the page that serves the tools; None where the tools are served without a page."""
    blocks = request.scope["app"].get_blocks() if hasattr(request.scope.get("app"), "get_blocks") else None
    return blocks.binding.page.sweeps if blocks is not None else None


def _is_initialize(body: bytes) -> bool:
    """Return whether a request asks for the first step of a connection."""
    try:
        message = parse_json(body)
    except InvalidJson:
        return False
    return isinstance(message, dict) and message.get("method") == "initialize"


def _reporter(context: Context) -> Callable[[float, str], Awaitable[None]]:
    async def report(seconds: float, message: str) -> None:
        await context.session.report_progress(seconds, message=message)

    return report


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns a body that has been read already, then the next messages."""
    replayed = False

    async def replay() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
