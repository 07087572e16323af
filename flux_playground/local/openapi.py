"""The OpenAPI document that the local server publishes: the loaded one, with this server and all its responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..schema import Document

OBJECT_OR_NULL = {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "null"}]}
DETAIL_BODY = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}
STATUS_BODY = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "status": {"type": "string"},
        "result": OBJECT_OR_NULL,
        "progress": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        "details": OBJECT_OR_NULL,
        "preview": OBJECT_OR_NULL,
    },
    "required": ["id", "status"],
}
ERROR_RESPONSES = {
    "402": "No credits are left",
    "403": "The key is rejected",
    "404": "Not found",
    "413": "The request body is too large",
    "429": "Too many tasks or requests",
}
POLL_PATH = "/v1/get_result"
ACCOUNT_PATHS = ("/v1/credits", "/v1/my_finetunes", "/v1/finetune_details")
METHODS = ("get", "post", "put", "patch", "delete")


def describe(document: Document, urls: Sequence[str]) -> dict[str, Any]:
    """Return the document with the URLs of this server's regions, its error responses, and only its own paths."""
    served = {POLL_PATH, *ACCOUNT_PATHS, *(operation.path for operation in document.operations)}
    paths = {
        path: {name: _with_errors(path, value) if name in METHODS else value for name, value in item.items()}
        for path, item in document.raw["paths"].items()
        if path in served
    }
    names = (
        ["The local server"]
        if len(urls) == 1
        else [f"Region {index} of the local server" for index in range(1, len(urls) + 1)]
    )
    servers = [{"url": url, "description": name} for url, name in zip(urls, names, strict=True)]
    return {**document.raw, "servers": servers, "paths": paths}


def _with_errors(path: str, operation: Any) -> Any:
    if not isinstance(operation, dict) or "responses" not in operation:
        return operation
    errors = {status: _response(text, DETAIL_BODY) for status, text in ERROR_RESPONSES.items()}
    if path == POLL_PATH:
        errors["404"] = _response("No such task, or not yet", {"anyOf": [STATUS_BODY, DETAIL_BODY]})
    kept = {name: value for name, value in operation.items() if name != "servers"}
    return {**kept, "responses": {**errors, **operation["responses"]}}


def _response(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
