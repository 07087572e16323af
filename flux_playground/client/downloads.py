"""A signed URL -> the whole, verified bytes of an image. Needs no key and is never given one.

The address comes from somebody else, so every step of the way is checked: https, a public address, few redirects,
a bounded size, and at the end an image that can be decoded from its first row to its last.
"""

from __future__ import annotations

import logging
import os
from threading import BoundedSemaphore, Event
from urllib.parse import urljoin

from ..errors import BadSample, DownloadFailed, PlaygroundError, SampleBlocked, SampleExpired
from ..images.media_types import inspect
from ..url_policy import Origin, origin, usable
from .connections import NeverMade, Refused
from .limits import Limits
from .responses import retry_after
from .transport import Answer, Lost, Wire

log = logging.getLogger(__name__)


class _Again(Exception):
    """A try failed in a way that another may not: `error` is what to raise when there is no other."""

    def __init__(self, error: PlaygroundError, after: float = 0.0) -> None:
        self.error, self.after = error, after


class Downloads:
    """Fetches samples through `wire`, for a client whose configured server is `base`.

    As many images are decoded at a time as there are processors: more would be no faster, and each takes the
    memory of all its pixels.
    """

    def __init__(self, wire: Wire, base: Origin, limits: Limits) -> None:
        self._wire, self._base, self._limits = wire, base, limits
        self._decoding = BoundedSemaphore(os.cpu_count() or 1)

    def fetch(self, url: str, task_id: str, stop: Event) -> bytes:
        """The image at a URL; raises `SampleExpired`, `BadSample`, or `DownloadFailed`."""
        for attempt in range(1, self._limits.downloads + 1):
            try:
                return self._try(url, task_id)
            except _Again as again:
                failure = again.error
                pause = max(self._limits.pause(attempt), min(again.after, self._limits.longest_pause))
            except PlaygroundError as error:
                error.task_id = task_id
                log.warning("task %s: no image from %s: %s", task_id, _host(url), error.message)
                raise
            log.warning("task %s: download from %s failed: %s", task_id, _host(url), failure.message)
            if attempt == self._limits.downloads or stop.wait(pause):
                break
        failure.task_id = task_id
        raise failure

    def _try(self, url: str, task_id: str) -> bytes:
        """One try, into a buffer of its own."""
        try:
            answer = self._follow(url)
        except (NeverMade, Lost) as cause:
            raise _Again(DownloadFailed(f"The image could not be fetched: {cause}.")) from None
        _judge(answer)
        if answer.status != 200 or answer.fault:
            why = answer.fault or f"status {answer.status}"
            error = DownloadFailed(f"The image could not be fetched: {why}.", status_code=answer.status)
            raise _Again(error, retry_after(answer.headers) or 0.0)
        try:
            with self._decoding:
                picture = inspect(answer.body)
        except BadSample as flaw:
            if "Content-Length" in answer.headers or "Transfer-Encoding" in answer.headers:
                raise  # these bytes are certainly all that was meant; otherwise they may have been cut
            raise _Again(flaw) from None
        size = len(answer.body)
        log.info("task %s: %d bytes, %s %sx%s", task_id, size, picture.format, picture.width, picture.height)
        return answer.body

    def _follow(self, url: str) -> Answer:
        """The answer at the end of a few redirects, each of them checked like the first address."""
        for _ in range(self._limits.redirects + 1):
            if not usable(url, self._base):
                raise SampleBlocked("The image's address must not be requested.")
            try:
                answer = self._wire.call("GET", url, whole=self._limits.download, largest=self._limits.image_bytes)
            except Refused as error:
                raise SampleBlocked(f"The image's server is refused: {error}.") from None
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            try:
                url = urljoin(url, answer.headers.get("Location", ""))
            except ValueError:
                break
        raise BadSample("The image's address leads nowhere, from redirect to redirect.")


def _judge(answer: Answer) -> None:
    """Raises what no further try would change."""
    if answer.fault == "too large":
        raise BadSample("What was delivered is larger than any image should be.", status_code=answer.status)
    if answer.status in (403, 404, 410):
        raise SampleExpired("The image's address no longer answers.", status_code=answer.status)
    if answer.status != 200 and answer.status not in (408, 425, 429) and answer.status < 500:
        raise BadSample(f"The image's address answers with status {answer.status}.", status_code=answer.status)


def _host(url: str) -> str:
    """Whom a URL leads to, for the log, which must not show its signature."""
    try:
        return origin(url).host
    except ValueError:
        return "no usable address"
