"""A visitor, the API key that pays for the visitor, and the server that the key may be sent to."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import InvalidDocument, Unauthorized
from ..identity import UNKNOWN, Identity
from ..schema import Document, Operation
from ..settings import Settings
from ..url_policy import may_be_named_by_document

DEMO_KEY = "local-demo"  # the local server accepts any key


@dataclass(frozen=True)
class Visitor:
    """A visitor: `id` owns the generations; `api_key` is a key of their own, or empty.

    `server` is the base URL that the visitor has chosen among those of the document, or "" for the first one.
    `identity` is what quotas and queues count the visitor by.
    """

    id: str = "owner"
    api_key: str = field(default="", repr=False)
    identity: Identity = UNKNOWN
    server: str = ""


OWNER = Visitor()


def uses_demo(settings: Settings, visitor: Visitor) -> bool:
    """Return whether the local demo server generates a visitor's images, because there is no key."""
    return bool(settings.demo_url) and not visitor.api_key and not settings.api_key


def spender_of(settings: Settings, visitor: Visitor) -> Identity | None:
    """Return the identity of a visitor who spends the owner's money, else None."""
    return None if not settings.hosted or visitor.api_key or uses_demo(settings, visitor) else visitor.identity


def resolve_credentials(
    settings: Settings, visitor: Visitor, operation: Operation, *, required: bool = True
) -> tuple[str, str]:
    """Return the server and the key for a visitor: their own key, else the owner's, else the demo server.

    With `required`, raises `Unauthorized` without a key and `InvalidDocument` for a server that must not get a key.
    """
    if uses_demo(settings, visitor):
        return settings.demo_url, DEMO_KEY
    key = visitor.api_key or settings.api_key
    if required and not key:
        raise Unauthorized("There is no key: set BFL_API_KEY, or enter one.")
    server = settings.base_url or visitor.server or operation.server
    if required and not settings.base_url and not may_be_named_by_document(server):
        host = urlsplit(server).hostname
        server_text = f"names the server {host}" if host else "names no server"
        raise InvalidDocument(f"The document {server_text}: set FLUX_PLAYGROUND_BASE_URL to where your key may go.")
    return server, key


def offered_servers(settings: Settings, document: Document) -> tuple[str, ...]:
    """Return the servers of a document that may receive a key, if there are several; else nothing.

    A hosted page and a page with a configured base URL offer no choice.
    """
    if settings.hosted or settings.base_url:
        return ()
    named = tuple(server for server in document.servers if may_be_named_by_document(server))
    return named if len(named) > 1 else ()


def digest_key(secret: bytes, api_key: str) -> str:
    """Return a digest of an API key from which the key cannot be computed; "" for no key."""
    return hmac.new(secret, api_key.encode(), "sha256").hexdigest()[:24] if api_key else ""
