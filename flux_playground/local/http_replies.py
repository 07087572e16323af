"""Answers of HTTP: JSON as the real API writes it, and the manners in which an answer can come on a bad day.

Knows Starlette's responses; nothing of tasks or operations.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from email.utils import formatdate
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from ..errors import FieldError
from .faults import Answer

LATE = 10.0  # seconds at speed 1
CHUNK = 1024  # bytes a second at speed 1, when trickling


def reply(body: Any, code: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A body as JSON, compact and in UTF-8."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "backslashreplace"), code, headers, "application/json")


def said(answer: Answer, speed: float = 1.0, **names: Any) -> Response:
    """An answer as data, sent; a text "{name}" within its body stands for the value of that name."""
    wait = float(answer.retry_after) if answer.retry_after.isdecimal() else 2.0
    headers = {}
    if answer.retry_after == "date":
        headers["Retry-After"] = formatdate(time.time() + wait / speed, usegmt=True)
    elif answer.retry_after:
        headers["Retry-After"] = str(round(wait / speed))
    if isinstance(answer.body, str):
        return HTMLResponse(answer.body, answer.code, headers)
    return reply(_filled(answer.body, names), answer.code, headers)


def _filled(body: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(body, dict):
        return {key: _filled(value, names) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, names) for value in body]
    if isinstance(body, str) and body.startswith("{"):
        return names.get(body.strip("{}"))
    return body


def invalid(errors: Sequence[FieldError], body: Any) -> Response:
    """The 422 of the API for these faults, each with the value that it is about."""
    detail = [{"type": e.type, "loc": list(e.loc), "msg": e.msg, "input": _at(body, e.loc)} for e in errors]
    return reply({"detail": detail}, 422)


def not_json(error: Exception) -> Response:
    """The 422 of the API for a body that is no JSON."""
    fault = {"type": "json_invalid", "loc": ["body", getattr(error, "pos", 0)], "msg": "JSON decode error"}
    return reply({"detail": [{**fault, "input": {}, "ctx": {"error": str(error)[:200]}}]}, 422)


def missing(name: str) -> Response:
    """The 422 of the API for a parameter that is not there."""
    fault = {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}
    return reply({"detail": [fault]}, 422)


def _at(body: Any, loc: Sequence[str | int]) -> Any:
    """The value at a place; for one that is missing, what it is missing from."""
    for part in loc[1:]:
        if isinstance(body, dict) and part in body:
            body = body[str(part)]
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            body = body[part]
        else:
            break
    return body


class Mannered(Response):
    """A response that comes in a manner: "late", "never", "cut" in the middle, or "trickling"."""

    def __init__(self, right: Response, manner: str, speed: float) -> None:
        super().__init__(right.body, right.status_code, right.headers)
        self.manner, self.speed = manner, speed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.manner == "late":
            await asyncio.sleep(LATE / self.speed)
        elif self.manner == "never":
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if self.manner not in ("cut", "trickling"):
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self.manner == "cut":
            # The server closes a connection whose answer was begun and not ended.
            await send(
                {"type": "http.response.body", "body": bytes(self.body[: len(self.body) // 2]), "more_body": True}
            )
            return
        await self._trickle(send)

    async def _trickle(self, send: Send) -> None:
        for start in range(0, len(self.body), CHUNK):
            await asyncio.sleep(1.0 / self.speed)
            await send(
                {"type": "http.response.body", "body": bytes(self.body[start : start + CHUNK]), "more_body": True}
            )
        await send({"type": "http.response.body", "body": b""})
