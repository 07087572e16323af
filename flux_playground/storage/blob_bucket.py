"""The files of generations in a bucket of S3, Google Cloud Storage or Azure.

Credentials are those of the provider's usual environment variables. What the provider says of an error may contain them
and is never shown.
"""

from __future__ import annotations

import errno
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import from_url

from .blob_folder import BlobFolder
from .blob_store import FOLDERS, Blob, BlobKey

PART_BYTES = 4_194_304  # of a file, in one request: no request waits for a slow reader
LIST_SIZE = 1000  # files in one response
CHECK_SECONDS = 10.0  # between two questions whether the bucket can be used
COUNT_SECONDS = 600.0  # between two counts: other machines write to the bucket too
FAILURE_SECONDS = 2.0  # after a failure, until the bucket is asked again
MARKER = BlobKey("flux-playground")
"""A file in the bucket with the name of its journal; it shows that the bucket can be written to."""

CLIENT_OPTIONS: dict[str, Any] = {
    "allow_http": True,  # where the address of the provider begins with http
    "connect_timeout": "5s",
    "read_timeout": "20s",
    "timeout": "300s",
}
RETRY_OPTIONS: dict[str, Any] = {
    "max_retries": 2,
    "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=1), "base": 2},
}


class BlobBucket:
    """A `BlobStore` whose files are objects below the path of a URL such as `s3://bucket/prefix`.

    Files that are in the folder `kept` are read from there: those that could not be uploaded yet, and those of a time
    without a bucket. `settle` uploads such a file.

    `journal` identifies the journal that has the records: another one would take its files for orphans.
    """

    def __init__(self, url: str, kept: BlobFolder, journal: str) -> None:
        self.kept, self._journal = kept, journal.encode()
        try:
            self._bucket = from_url(url, client_options=CLIENT_OPTIONS, retry_config=RETRY_OPTIONS)  # type: ignore[call-overload]
        except (BaseError, ValueError) as error:
            raise _as_os_error(error) from None
        self._size: int | None = None
        self._counted_at = self._failed_at = -math.inf
        self._checked: tuple[float, str] = (-math.inf, "")
        self._lock = threading.Lock()
        with suppress(FileNotFoundError):
            if self.read_uploaded(MARKER) != self._journal:
                raise OSError(errno.EEXIST, "the bucket has the images of another journal at this path")
        self._upload(MARKER, self._journal)

    @property
    def size(self) -> int:
        """The bytes of all files: counted on first use and every ten minutes, then updated with each file."""
        is_old = time.monotonic() - self._counted_at > COUNT_SECONDS
        return self.kept.size + (self._count() if self._size is None or is_old else self._size)

    def count_again(self) -> int:
        """Count the bytes of all files again and return them."""
        return self.kept.count_again() + self._count()

    def check(self) -> None:
        """Raise `OSError` if the bucket cannot be used; it is not asked at every call."""
        at, fault = self._checked
        if time.monotonic() - at > (FAILURE_SECONDS if fault else CHECK_SECONDS):
            fault = self._find_fault()
            self._checked = time.monotonic(), fault
        if fault:
            raise OSError(errno.EIO, fault)

    def create(self, key: BlobKey, data: bytes) -> bool:
        """Upload a file that is not there."""
        if not self.kept.is_missing(key):
            return False
        try:
            self._upload(key, data, mode="create")
        except FileExistsError:
            return False
        self._grow(len(data))
        return True

    def create_or_keep(self, key: BlobKey, data: bytes) -> bool:
        """Upload a file that is not there, or keep it on this machine until `settle`."""
        try:
            return self.create(key, data)
        except OSError:
            return self.kept.create(key, data)

    def settle(self, key: BlobKey) -> None:
        """Upload a file that was kept on this machine, and remove it here."""
        if self.kept.is_missing(key):
            return
        if time.monotonic() - self._failed_at < FAILURE_SECONDS:
            raise OSError(errno.EAGAIN, "the bucket cannot be reached")
        data = self.kept.read(key)
        with suppress(FileExistsError):  # its upload succeeded, and the answer was lost
            self._upload(key, data, mode="create")
            self._grow(len(data))
        if self.read_uploaded(key) != data:
            raise OSError(errno.EEXIST, "the bucket has another file of this name")
        self.kept.remove(key)

    def fetch(self, key: BlobKey) -> None:
        """Move a file from the bucket to this machine."""
        data = self.read_uploaded(key)
        if not self.kept.create(key, data) and self.kept.read(key) != data:
            raise OSError(errno.EEXIST, "the data folder has another file of this name")
        self._remove_uploaded(key)

    def read(self, key: BlobKey) -> bytes:
        """Return the bytes of a file."""
        with suppress(FileNotFoundError):
            return self.kept.read(key)
        return self.read_uploaded(key)

    def stream(self, key: BlobKey, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Return the bytes of a file from `start` up to `stop`; each chunk is one request."""
        with suppress(FileNotFoundError):
            return self.kept.stream(key, start, stop)
        if stop is not None and start >= stop:
            return iter(())
        first_stop = start + PART_BYTES if stop is None else min(start + PART_BYTES, stop)
        first = self._ask(obstore.get, str(key), options={"range": (start, first_stop)})
        end = first.meta["size"] if stop is None else min(stop, first.meta["size"])
        return self._iter_parts(key, first, start, end)

    def find(self, key: BlobKey) -> Blob | None:
        """Return what is known of a file, or None for one that is not there."""
        if kept := self.kept.find(key):
            return kept
        try:
            return _blob(self._ask(obstore.head, str(key)))
        except FileNotFoundError:
            return None

    def is_missing(self, key: BlobKey) -> bool:
        """Return False: only the bucket knows, and it is not asked."""
        return False

    def list(self, folder: BlobKey) -> Iterator[Blob]:
        """Yield the files of one of `FOLDERS`, those that are kept on this machine first."""
        yield from self.kept.list(folder)
        yield from self.list_uploaded(folder)

    def touch(self, key: BlobKey) -> None:
        """Note that a file was used now: an object has only the time of its upload."""
        if self.kept.is_missing(key):
            self._upload(key, self.read_uploaded(key))
        else:
            self.kept.touch(key)

    def remove(self, key: BlobKey) -> None:
        """Remove a file if it is there."""
        self.kept.remove(key)
        self._remove_uploaded(key)

    def read_uploaded(self, key: BlobKey) -> bytes:
        """Return the bytes of a file in the bucket."""
        return bytes(self._ask(lambda bucket: obstore.get(bucket, str(key)).bytes()))

    def list_uploaded(self, folder: BlobKey) -> Iterator[Blob]:
        """Yield the files of a folder in the bucket."""
        pages = self._ask(obstore.list, str(folder), chunk_size=LIST_SIZE)
        while page := self._ask(lambda _: next(pages, None)):
            yield from map(_blob, page)

    def _remove_uploaded(self, key: BlobKey) -> None:
        with suppress(FileNotFoundError):
            size = _blob(self._ask(obstore.head, str(key))).size
            self._ask(obstore.delete, str(key))
            self._grow(-size)

    def _find_fault(self) -> str:
        """Return why the bucket cannot be used, or ""."""
        try:
            with suppress(FileNotFoundError):
                self._ask(obstore.head, str(MARKER))
                return ""
            self._upload(MARKER, self._journal)  # the marker is gone, or the bucket
        except OSError as error:
            return error.strerror or ""
        return ""

    def _upload(self, key: BlobKey, data: bytes, mode: str = "overwrite") -> None:
        try:
            self._ask(obstore.put, str(key), data, mode=mode, use_multipart=False)
        except FileNotFoundError:
            raise OSError(errno.EIO, "the bucket does not exist") from None
        except FileExistsError:
            raise
        except OSError:
            self._failed_at = time.monotonic()
            raise

    def _iter_parts(self, key: BlobKey, first: obstore.GetResult, start: int, end: int) -> Iterator[bytes]:
        yield bytes(self._ask(lambda _: first.bytes()))
        for at in range(start + PART_BYTES, end, PART_BYTES):
            yield bytes(self._ask(obstore.get_range, str(key), start=at, end=min(at + PART_BYTES, end)))

    def _count(self) -> int:
        self._counted_at = time.monotonic()
        size = sum(blob.size for folder in FOLDERS for blob in self.list_uploaded(folder))
        with self._lock:
            self._size = size
        return size

    def _grow(self, by: int) -> None:
        with self._lock:
            if self._size is not None:
                self._size += by

    def _ask(self, call: Callable[..., Any], *values: Any, **options: Any) -> Any:
        """Call a function of obstore; raises `OSError`, whose `strerror` is a clause about the bucket."""
        try:
            return call(self._bucket, *values, **options)
        except (BaseError, OSError, ValueError) as error:
            raise _as_os_error(error) from None


def _blob(meta: Mapping[str, Any]) -> Blob:
    return Blob(BlobKey(meta["path"]), meta["size"], meta["last_modified"].timestamp())


def _as_os_error(error: Exception) -> OSError:
    text = str(error)
    found = re.search(r"<Code>(\w{1,60})</Code>", text)
    code = f" ({found[1]})" if found else ""
    if isinstance(error, AlreadyExistsError):
        return FileExistsError(errno.EEXIST, "File exists")
    if "NoSuchBucket" in text:
        return OSError(errno.EIO, "the bucket does not exist")
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(errno.ENOENT, "No such file")
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return OSError(errno.EACCES, f"the bucket refuses the credentials{code}")
    if re.search(r"169\.254\.|metadata\.google|Account must be specified|[Cc]redential", text):
        return OSError(errno.EACCES, "the bucket needs credentials, and the environment has none")
    return OSError(errno.EIO, f"the bucket cannot be reached{code}")
