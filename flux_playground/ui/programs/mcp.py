"""The route `/mcp`, which serves the endpoints as tools for MCP clients."""

from __future__ import annotations

from importlib.util import find_spec

from starlette.routing import Route

from ...errors import InvalidSettings
from ...playground import Playground


def routes(playground: Playground) -> list[Route]:
    """`/mcp`, for POST only: there are no sessions and no messages from the server.

    Raises `InvalidSettings` without the MCP SDK, which is an extra.
    """
    if find_spec("mcp") is None:
        raise InvalidSettings("FLUX_PLAYGROUND_ENABLE_MCP requires `pip install flux-playground[mcp]`.")
    from .mcp_endpoint import McpEndpoint

    return [Route("/mcp", McpEndpoint(playground), methods=["POST"])]
