"""Somebody who asks for images: whose they are, whose key pays for them, and which server that key may go to.

Knows the settings and an endpoint's own server; neither how an image is made nor where a visitor comes from.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import InvalidDocument, Unauthorized
from ..schema import Operation
from ..settings import LOOPBACK, Settings

# The local server takes any key; this one says in its logs what it is.
DEMO_KEY = "local-demo"
# Whose servers a document may name for a key to go there; any other is named by the owner, in the settings.
API_DOMAIN = ".bfl.ai"


@dataclass(frozen=True)
class Visitor:
    """Somebody at the page: `id` is whose generations they are; `api_key` is empty or a key of their own.

    `mark` says who they are to an allowance and in line, whatever id they take: an address and a browser of it, as
    `9f2c.41ab`. All who do not say share one.
    """

    id: str = "owner"
    api_key: str = field(default="", repr=False)
    mark: str = "nobody."


OWNER = Visitor()


def uses_demo(settings: Settings, visitor: Visitor) -> bool:
    """Whether the local server makes a visitor's images, because there is no key."""
    return bool(settings.demo_url) and not visitor.api_key and not settings.api_key


def billing_key(settings: Settings, visitor: Visitor) -> str:
    """The mark of a visitor who spends the owner's money; "" when nobody's, or a key of their own, is spent."""
    return "" if not settings.hosted or visitor.api_key or uses_demo(settings, visitor) else visitor.mark


def resolve_credentials(
    settings: Settings, visitor: Visitor, operation: Operation, *, required: bool = True
) -> tuple[str, str]:
    """The server and the key that serve a visitor: their own key, else the owner's, else the local server.

    Raises `Unauthorized` without any key, and `InvalidDocument` for a server that no key may go to, where `required`.
    """
    if uses_demo(settings, visitor):
        return settings.demo_url, DEMO_KEY
    key = visitor.api_key or settings.api_key
    if required and not key:
        raise Unauthorized("There is no key: set BFL_API_KEY, or enter one.")
    server = settings.base_url or operation.server
    host = urlsplit(server).hostname or ""
    if required and not settings.base_url and not (host.endswith(API_DOMAIN) or host in LOOPBACK):
        named = f"names the server {host}" if host else "names no server"
        raise InvalidDocument(f"The document {named}: set FLUX_PLAYGROUND_BASE_URL to where your key may go.")
    return server, key


def digest_key(secret: bytes, api_key: str) -> str:
    """Return a digest of an API key from which the key cannot be computed; "" for no key."""
    return hmac.new(secret, api_key.encode(), "sha256").hexdigest()[:24] if api_key else ""
