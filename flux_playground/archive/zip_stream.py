"""Writes a ZIP file of any size as a stream, in flat memory."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Iterator

MAX_ZIP_YEAR, MIN_ZIP_YEAR = 2107, 1980


class ZipStream:
    """A ZIP file that is written piece by piece. Each call yields the bytes that are ready; `close` yields the last.

    A file may be larger than 4 GB, and so may the ZIP file.
    """

    def __init__(self) -> None:
        self._written = _Written()
        self._zip = zipfile.ZipFile(self._written, "w")

    def add(
        self, name: str, chunks: Iterable[bytes], size: int, at: float, *, deflate: bool = False
    ) -> Iterator[bytes]:
        """Write a file of about `size` bytes with its time (Unix seconds); yields the bytes that are ready."""
        info = zipfile.ZipInfo(name, _date_time(at))
        info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        info.file_size = size  # from 2 GB on, the sizes are written in 64 bits
        with self._zip.open(info, "w") as file:
            for chunk in chunks:
                file.write(chunk)
                yield from self._written.take()
        yield from self._written.take()

    def close(self) -> Iterator[bytes]:
        """Write the directory of the ZIP file."""
        self._zip.close()
        yield from self._written.take()


class _Written:
    """What `zipfile` has written since the last `take`; it has no position, so that `zipfile` never goes back."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: `take` returns everything."""

    def close(self) -> None:
        """Do nothing: the caller takes what is left."""

    def take(self) -> Iterator[bytes]:
        """Yield what was written, unless it is nothing."""
        data = bytes(self._data)
        self._data.clear()
        if data:
            yield data


def _date_time(at: float) -> tuple[int, int, int, int, int, int]:
    """Return a time for a ZIP file, which knows the years from 1980 to 2107."""
    moment = time.gmtime(at)[:6]
    return moment if MIN_ZIP_YEAR <= moment[0] <= MAX_ZIP_YEAR else (MIN_ZIP_YEAR, 1, 1, 0, 0, 0)
