"""Hides the routes of Gradio that the page does not use."""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import Refusal, request_path

# Not open: deep links (they write all values of a page to disk), `proxy=` and `file=` with a URL (they fetch any
# address), monitoring, logins, and the tools for page authors.
PAGE_ROUTES = re.compile(
    r"/(config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon)?"
    r"|/(assets|static|svelte)/.*"
    r"|/gradio_api/(queue/(join|data)|run/predict|upload|upload_progress|startup-events|app_id|theme\.css|cancel|reset"
    r"|heartbeat/[\w-]+|login_check)/?"
    r"|/gradio_api/file=/?(?!\s*([A-Za-z][A-Za-z0-9+.-]*:|[\\/]{2})).+"
)
API_ROUTES = re.compile(r"/gradio_api/(info|call/.*)/?")
"""What a program needs in addition to call the page as an API."""

NOT_FOUND = Refusal(404, "Not found")


class PrivateRoutesMiddleware:
    """Answers 404 for every route but those of the page; closes WebSockets.

    `own_routes` are the first path segments of routes that are not Gradio's. `api_enabled` opens Gradio's API.
    """

    def __init__(self, app: ASGIApp, own_routes: Collection[str] = (), *, api_enabled: bool = True) -> None:
        self.app, self._own_routes, self._api_enabled = app, frozenset(own_routes), api_enabled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and not self._is_open(scope):
            await NOT_FOUND.send(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        path = request_path(scope)
        if b"deep_link" in scope["query_string"]:
            return False
        if PAGE_ROUTES.fullmatch(path) or path.lstrip("/").partition("/")[0] in self._own_routes:
            return True
        return self._api_enabled and bool(API_ROUTES.fullmatch(path))
