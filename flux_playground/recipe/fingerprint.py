"""What may be told of a request, and when two requests are the same. Knows names by their look only, no schema."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..bounded_json import dump_json

PRIVATE = re.compile(
    r"webhook|callback|secret|passw|credential|authorization|api_?key|(access|auth|bearer|api)_?token|^(x_?)?key$|^token$",
    re.IGNORECASE,
)
"""Names of what makes no difference to an image and is nobody else's business."""

REFERENCE = re.compile(r"sha256:[0-9a-f]{64}")
"""What stands in a kept request for an image."""


def redact(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request without keys, secrets and addresses to be called: what may leave the house."""
    return {str(name): value for name, value in request.items() if not PRIVATE.search(str(name))}


def is_reference(value: Any) -> bool:
    """Whether a value stands for an image that is kept by its hash."""
    return isinstance(value, str) and REFERENCE.fullmatch(value) is not None


def fingerprint(server: str, endpoint: str, request: Mapping[str, Any]) -> str:
    """The same text (64 hex digits) for requests that ask one endpoint for the same image, blanks and order aside.

    Images are compared as they stand, so both requests must have them by their hash, as they are kept.
    """
    asked = {name: _plain(value) for name, value in redact(request).items() if value not in (None, "")}
    return hashlib.sha256(dump_json([server.rstrip("/"), endpoint, asked]).encode()).hexdigest()


def document_version(document: Mapping[str, Any]) -> str:
    """Which API document this is, in a few letters: its own version and the beginning of its hash."""
    info = document.get("info")
    version = str(info.get("version", "")) if isinstance(info, Mapping) else ""
    text = json.dumps(document, skipkeys=True, default=str)  # from YAML come dates, and keys that are no text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{version} sha256:{digest[:16]}".strip()


def _plain(value: Any) -> Any:
    """The value, with 1.0 and 1 as the one number that they are."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
