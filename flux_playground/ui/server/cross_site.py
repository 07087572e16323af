"""Refuses requests that the page of another site sends (CSRF): such a request could spend money."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from .asgi import Refusal, get_header

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CROSS_SITE = Refusal(403, "Requests from other sites are refused")


class CrossSiteMiddleware:
    """Refuses unsafe requests whose `Sec-Fetch-Site` or, without it, whose `Origin` is another site."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS and _is_cross_site(scope):
            await CROSS_SITE.send(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_cross_site(scope: Scope) -> bool:
    site = get_header(scope, b"sec-fetch-site")
    if site:
        return site in ("cross-site", "same-site")
    origin = get_header(scope, b"origin")
    try:
        origin_host = urlsplit(origin).netloc
    except ValueError:
        return True
    hosts = {get_header(scope, b"host"), get_header(scope, b"x-forwarded-host")} - {""}
    return bool(origin) and origin_host not in hosts
