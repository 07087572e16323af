"""The body of a response as a file that can be read while it arrives."""

from __future__ import annotations

import http.client
import io
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from urllib3.exceptions import HTTPError

from .connections import describe_cause


class ArrivingBody(io.RawIOBase):
    """The bytes of `chunks`, at most `max_bytes`; a read waits for those that it needs.

    An error of the connection is no error of a read: the bytes end there, and `read_all` tells why.
    """

    def __init__(self, chunks: Iterator[bytes], max_bytes: int) -> None:
        self._chunks, self._max_bytes = chunks, max_bytes
        self._parts, self._starts = list[bytes](), list[int]()
        self._position = self._size = 0
        self._has_ended = False
        self._fault = ""

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True: what has arrived can be read again."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has arrived, at least one byte unless the bytes end here."""
        self._receive(self._position + 1)
        if self._position >= self._size:
            return 0
        index = bisect_right(self._starts, self._position) - 1
        start = self._position - self._starts[index]
        part = memoryview(self._parts[index])[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def seek(self, offset: int, origin: int = io.SEEK_SET) -> int:
        """Set the position; only from the start, or from the present position."""
        if origin == io.SEEK_END:
            raise io.UnsupportedOperation("the end is not known yet")
        self._position = max(offset + (self._position if origin == io.SEEK_CUR else 0), 0)
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def read_all(self) -> tuple[bytes, str]:
        """Return all bytes, and why they are not whole ("" when they are); too many are dropped."""
        self._receive(self._max_bytes + 1)
        return b"".join(self._parts), self._fault

    def _receive(self, size: int) -> None:
        while self._size < size and not self._has_ended:
            try:
                chunk = next(self._chunks, None)
            except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
                self._fault, chunk = describe_cause(error), None
            if chunk is None:
                self._has_ended = True
            elif self._size + len(chunk) > self._max_bytes:
                self._fault, self._has_ended = "too large", True
                self._parts, self._starts, self._size = [], [], 0
            elif chunk:
                self._parts.append(chunk)
                self._starts.append(self._size)
                self._size += len(chunk)
