"""Builds the JSON responses of the local API, and responses that arrive late, incomplete or not at all."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from .faults import CannedResponse

LATE_SECONDS = 10.0  # at speed 1
TRICKLE_BYTES_PER_SECOND = 1024  # at speed 1
DATE_WAIT_SECONDS = 2.0  # at speed 1


def json_response(body: Any, status_code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a body as compact JSON in UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), status_code, headers, "application/json")


def canned_response(canned: CannedResponse, speed: float = 1.0, **values: Any) -> Response:
    """Return a canned response; a string "{name}" in its body is replaced by the value of that name."""
    headers = {}
    if canned.retry_after == "date":
        headers["Retry-After"] = formatdate(time.time() + DATE_WAIT_SECONDS / speed, usegmt=True)
    elif canned.retry_after:
        headers["Retry-After"] = str(round(float(canned.retry_after) / speed))
    if isinstance(canned.body, str):
        return HTMLResponse(canned.body, canned.status_code, headers)
    return json_response(_fill(canned.body, values), canned.status_code, headers)


def _fill(body: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(body, dict):
        return {key: _fill(value, values) for key, value in body.items()}
    if isinstance(body, list):
        return [_fill(value, values) for value in body]
    if isinstance(body, str) and body.startswith("{"):
        return values.get(body.strip("{}"))
    return body


class FaultyResponse(Response):
    """A response whose delivery is "late", "never", "cut" in the middle, or a "trickle"."""

    def __init__(self, response: Response, delivery: str, speed: float) -> None:
        super().__init__(response.body, response.status_code, response.headers)
        self.delivery, self.speed = delivery, speed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.delivery == "late":
            await asyncio.sleep(LATE_SECONDS / self.speed)
        elif self.delivery == "never":
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if self.delivery not in ("cut", "trickle"):
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = bytes(self.body)
        if self.delivery == "cut":  # uvicorn closes the connection of a response without an end
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return
        for start in range(0, len(body), TRICKLE_BYTES_PER_SECOND):
            await asyncio.sleep(1.0 / self.speed)
            chunk = body[start : start + TRICKLE_BYTES_PER_SECOND]
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
