"""Which document this program goes by: the one of the settings, else the one that was adopted, else the shipped one.

Knows where an adopted document is kept and what a document must be; must not know what is done with its endpoints.
"""

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
    """The document to begin with; raises `InvalidDocument`.

    One that was adopted and can no longer be read is left aside, with a line in the log: the program starts.
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
    """The document at an address; raises `InvalidDocument` with one sentence."""
    return load_text(fetch_document(address), address)


def fetch_published(server: str) -> Document:
    """The document that a server publishes of itself; raises `InvalidDocument`."""
    return load_url(server.rstrip("/") + PUBLISHED_PATH)


def save(settings: Settings, document: Document) -> None:
    """Go by this document from the next start on, too, unless the settings name another."""
    path = _saved_path(settings)
    write_atomic(path, json.dumps(document.raw, ensure_ascii=False).encode())


def reset(settings: Settings) -> Document:
    """Go by the document of the settings, or the shipped one, again; gives it. Raises `InvalidDocument`."""
    document = load_active(settings) if settings.openapi else load()
    _saved_path(settings).unlink(missing_ok=True)
    return document


def default_operation(document: Document, endpoint: str) -> Operation:
    """The endpoint to begin with: the one that is asked for or, where nobody asked, the document's first.

    Raises `InvalidDocument` for one that was asked for and is not there.
    """
    known = [one.path for one in document.operations]
    if endpoint == DEFAULT_ENDPOINT and endpoint not in known:
        return document.operations[0]
    return document.operation(endpoint)


def is_url(source: str) -> bool:
    """Whether a document's source is an address and no path."""
    return source.lower().startswith(("http://", "https://"))


def _saved_path(settings: Settings) -> Path:
    return settings.data / "adopted-openapi.json"
