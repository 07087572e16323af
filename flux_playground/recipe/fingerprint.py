"""Removes secrets from requests, and identifies equal requests and document versions by hashes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..bounded_json import dump_json

PRIVATE_NAMES = re.compile(
    r"webhook|callback|secret|passw|credential|authorization|api_?key|(access|auth|bearer|api)_?token|^(x_?)?key$|^token$",
    re.IGNORECASE,
)
LOCAL_SERVER_PORT = re.compile(r"(?<=^http://127\.0\.0\.1):\d{1,5}$")


def drop_private_fields(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without keys, secrets and webhooks, so that it can be shared."""
    return {str(name): value for name, value in request.items() if not PRIVATE_NAMES.search(str(name))}


def fingerprint(server: str, endpoint: str, request: Mapping[str, Any]) -> str:
    """Return 64 hex digits that are equal for requests with the same settings, in any order, without blanks.

    The requests must contain references instead of images, as stored requests do.
    """
    settings = {
        name: _unify_numbers(value) for name, value in drop_private_fields(request).items() if value not in (None, "")
    }
    return hashlib.sha256(dump_json([server_name(server), endpoint, settings]).encode()).hexdigest()


def server_name(server: str) -> str:
    """Return a server's URL for comparison: the local server has another port after each start."""
    return LOCAL_SERVER_PORT.sub("", server.rstrip("/"))


def document_version(document: Mapping[str, Any]) -> str:
    """Return the version of an OpenAPI document and the beginning of its hash, such as "1.0.0 sha256:1f0a…"."""
    info = document.get("info")
    version = str(info.get("version", "")) if isinstance(info, Mapping) else ""
    text = json.dumps(document, skipkeys=True, default=str)  # YAML can have keys and values that JSON does not have
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{version} sha256:{digest[:16]}".strip()


def _unify_numbers(value: Any) -> Any:
    """Replace 1.0 by 1, which is the same number in JSON."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _unify_numbers(item) for name, item in value.items()}
    return [_unify_numbers(item) for item in value] if isinstance(value, list | tuple) else value
