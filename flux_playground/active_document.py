"""The OpenAPI document in use: that of the settings, else the saved one, else the shipped one."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from .client import fetch_document
from .errors import InvalidDocument
from .schema import Document, Operation, load, load_text
from .settings import DEFAULT_ENDPOINT, Settings
from .storage.atomic_file import write_atomic

log = logging.getLogger(__name__)

PUBLISHED_PATH = "/openapi.json"
"""Where the API publishes its own document."""


def load_active(settings: Settings) -> Document:
    """Return the document to start with; raises `InvalidDocument`.

    A saved document that can no longer be read is ignored with a warning.
    """
    if settings.openapi:
        return load_url(settings.openapi) if is_url(settings.openapi) else load(settings.openapi)
    kept = _saved_path(settings)
    if kept.is_file():
        try:
            return load(kept)
        except InvalidDocument as error:
            log.warning("the adopted document is left aside: %s", error.message)
    return load()


def load_url(address: str) -> Document:
    """Return the document at a URL; raises `InvalidDocument`."""
    return load_text(fetch_document(address), address)


def fetch_published(server: str) -> Document:
    """Return the document that a server publishes; raises `InvalidDocument`."""
    return load_url(server.rstrip("/") + PUBLISHED_PATH)


def save(settings: Settings, document: Document) -> None:
    """Save the document, so that later starts use it unless the settings name another."""
    path = _saved_path(settings)
    write_atomic(path, json.dumps(document.source, ensure_ascii=False).encode())


def reset(settings: Settings) -> Document:
    """Delete the saved document; return that of the settings or the shipped one. Raises `InvalidDocument`."""
    document = load_active(settings) if settings.openapi else load()
    _saved_path(settings).unlink(missing_ok=True)
    return document


def default_operation(document: Document, endpoint: str) -> Operation:
    """Return the endpoint of the settings; without one, the document's first.

    Raises `InvalidDocument` for an endpoint that the document does not have.
    """
    known = [one.path for one in document.operations]
    if endpoint == DEFAULT_ENDPOINT and endpoint not in known:
        return document.operations[0]
    return document.operation(endpoint)


def is_url(source: str) -> bool:
    """Return whether the source of a document is a URL, not a path."""
    return source.lower().startswith(("http://", "https://"))


def _saved_path(settings: Settings) -> Path:
    return settings.data / "adopted-openapi.json"
