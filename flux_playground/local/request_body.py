"""Reads the JSON body of a request within bounds of bytes and of values."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..schema import Operation

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_BODY_VALUES = 20_000  # counted as commas and brackets, which base64 has none of
MAX_TEXT_CHARACTERS = 1_000_000  # of a field that is not an image


async def read_json(request: Request, operation: Operation) -> Any:
    """Return the JSON value of the body of a request to an operation.

    Raises `HTTPException` with 413 for a body over a bound, before it is validated, and `ValueError` or
    `RecursionError` for a body that is not JSON.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY_BYTES:
            raise HTTPException(413, "Request body is too large")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_BODY_VALUES:
        raise HTTPException(413, "Request body has too many values")
    body = json.loads(data)
    images = {field.name for field in operation.fields if field.media}
    texts = [text for name, text in body.items() if name not in images] if isinstance(body, dict) else []
    if any(isinstance(text, str) and len(text) > MAX_TEXT_CHARACTERS for text in texts):
        raise HTTPException(413, "Request has a text that is too long")
    return body
