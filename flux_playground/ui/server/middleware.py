"""The order of the middleware in front of Gradio."""

from __future__ import annotations

from collections.abc import Collection

from starlette.middleware import Middleware

from ...settings import Settings
from .allowed_hosts import AllowedHostsMiddleware
from .body_limit import HOME_LIMITS, BodyLimitMiddleware, BodyLimits
from .cross_site import CrossSiteMiddleware
from .event_sessions import EventSessionMiddleware
from .private_routes import PrivateRoutesMiddleware
from .proxy_headers import ProxyHeadersMiddleware
from .rate_limit import RateLimitMiddleware
from .security_headers import SecurityHeadersMiddleware
from .token_bucket import RateLimiter


def build_middleware(
    settings: Settings,
    own_routes: Collection[str] = (),
    *,
    body_limits: BodyLimits | None = None,
    rate_limiter: RateLimiter | None = None,
) -> list[Middleware]:
    """The middleware of a page, outermost first; `own_routes` are the first path segments of routes beside Gradio's.

    Only a hosted page has rate limits. A hosted page, or one behind a proxy, is served under every host name.
    """
    stack = [
        Middleware(SecurityHeadersMiddleware, settings.space_host),
        Middleware(ProxyHeadersMiddleware, settings.trusted_proxies, settings.user_header),
        Middleware(PrivateRoutesMiddleware, own_routes, api_enabled=settings.api_enabled),
    ]
    if not (settings.hosted or settings.trusted_proxies):
        stack.append(Middleware(AllowedHostsMiddleware, settings.hosts))
    limits = body_limits or (BodyLimits() if settings.hosted else HOME_LIMITS)
    stack += [Middleware(CrossSiteMiddleware), Middleware(BodyLimitMiddleware, limits)]
    if settings.hosted:
        stack.append(Middleware(RateLimitMiddleware, rate_limiter))
    return [*stack, Middleware(EventSessionMiddleware)]
