"""Reads the JSON body of a request within bounds of bytes and of values."""

from __future__ import annotations

import json
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_BODY_VALUES = 20_000  # counted as commas and brackets, which base64 has none of


async def read_json(request: Request) -> Any:
    """Return the JSON value of a request's body.

    Raises `HTTPException` with 413 for a body over a bound, before it is parsed, and `ValueError` or `RecursionError`
    for a body that is not JSON.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY_BYTES:
            raise HTTPException(413, "Request body is too large")
    if data.count(b",") + data.count(b"[") + data.count(b"{") > MAX_BODY_VALUES:
        raise HTTPException(413, "Request body has too many values")
    return json.loads(data)
