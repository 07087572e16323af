"""Responses with a stored file, or with the part of it that a `Range` header asks for (RFC 9110, section 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

Stream = Callable[[int, int], Iterator[bytes]]
"""Returns the bytes of a file from the first position up to the second one."""


def respond_with_bytes(
    request: Request, size: int, stream: Stream, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return a response with a file of `size` bytes, or with one range of it; `headers` may have an `etag`.

    Several ranges at once are answered with the whole file, which the standard allows.
    """
    headers = {**headers, "accept-ranges": "bytes"}
    start, stop, status = 0, size, 200
    asked = request.headers.get("if-range")
    if asked is None or asked == headers.get("etag"):
        found = read_range(request.headers.get("range", ""), size)
        if found is not None:
            start, stop = found
            if start >= stop:
                return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
            headers, status = {**headers, "content-range": f"bytes {start}-{stop - 1}/{size}"}, 206
    headers["content-length"] = str(stop - start)
    if request.method == "HEAD":
        return Response(status_code=status, media_type=media_type, headers=headers)
    return StreamingResponse(stream(start, stop), status, headers, media_type)


def read_range(text: str, size: int) -> tuple[int, int] | None:
    """Return the first position and the one after the last; None for no single range.

    Both are equal for a range that lies behind the end.
    """
    match = re.fullmatch(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", text, re.ASCII)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:  # the last bytes
        return max(size - int(match[2]), 0), size
    start = min(int(match[1]), size)
    if match[2] and int(match[2]) < int(match[1]):
        return None
    return start, min(int(match[2]) + 1, size) if match[2] else size
