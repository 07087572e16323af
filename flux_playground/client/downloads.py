"""A signed URL -> the whole, verified bytes of an image. Needs no key and is never given one.

The address comes from somebody else, so every step of the way is checked: https, a public address, few redirects,
a bounded size, and at the end an image that can be decoded from its first row to its last.
"""

from __future__ import annotations

import logging
from threading import Event
from urllib.parse import urljoin, urlsplit

from ..errors import APIError, BadSample, PlaygroundError, SampleExpired
from ..images import inspect
from .answers import retry_after
from .hosts import Origin, usable
from .limits import Limits
from .wire import Answer, Lost, NeverMade, Refused, Wire

log = logging.getLogger(__name__)


class _Again(Exception):
    """A try failed in a way that another may not: `error` is what to raise when there is no other."""

    def __init__(self, error: PlaygroundError, after: float = 0.0) -> None:
        self.error, self.after = error, after


def download(wire: Wire, url: str, base: Origin, limits: Limits, task_id: str, stop: Event) -> bytes:
    """The image at a URL; raises `SampleExpired`, `BadSample`, or `APIError` when the host does not deliver."""
    for attempt in range(1, limits.downloads + 1):
        try:
            return _try(wire, url, base, limits, task_id)
        except _Again as again:
            failure = again.error
            pause = max(limits.pause(attempt), min(again.after, limits.longest_pause))
        except PlaygroundError as error:
            error.task_id = task_id
            log.warning("task %s: no image from %s: %s", task_id, urlsplit(url).hostname, error.message)
            raise
        log.warning("task %s: download from %s failed: %s", task_id, urlsplit(url).hostname, failure.message)
        if attempt == limits.downloads or stop.wait(pause):
            break
    failure.task_id = task_id
    raise failure


def _try(wire: Wire, url: str, base: Origin, limits: Limits, task_id: str) -> bytes:
    """One try, into a buffer of its own."""
    try:
        answer = _follow(wire, url, base, limits)
    except (NeverMade, Lost) as cause:
        raise _Again(APIError(f"The image could not be fetched: {cause}.")) from None
    _judge(answer)
    if answer.status != 200 or answer.fault:
        why = answer.fault or f"status {answer.status}"
        error = APIError(f"The image could not be fetched: {why}.", status_code=answer.status)
        raise _Again(error, retry_after(answer.headers) or 0.0)
    try:
        picture = inspect(answer.body)
    except BadSample as flaw:
        if "Content-Length" in answer.headers or "Transfer-Encoding" in answer.headers:
            raise  # these bytes are certainly all that was meant; otherwise they may have been cut
        raise _Again(flaw) from None
    size = len(answer.body)
    log.info("task %s: %d bytes, %s %dx%d", task_id, size, picture.format, picture.width, picture.height)
    return answer.body


def _follow(wire: Wire, url: str, base: Origin, limits: Limits) -> Answer:
    """The answer at the end of a few redirects, each of them checked like the first address."""
    for _ in range(limits.redirects + 1):
        if not usable(url, base):
            raise BadSample("The image's address is not one that we ask.")
        try:
            answer = wire.call("GET", url, whole=limits.download, largest=limits.image_bytes)
        except Refused as error:
            raise BadSample(f"The image's address is refused: {error}.") from None
        if answer.status not in (301, 302, 303, 307, 308):
            return answer
        url = urljoin(url, answer.headers.get("Location", ""))
    raise BadSample("The image's address leads from redirect to redirect.")


def _judge(answer: Answer) -> None:
    """Raises what no further try would change."""
    if answer.fault == "too large":
        raise BadSample("What was delivered is larger than any image should be.", status_code=answer.status)
    if answer.status in (403, 404, 410):
        raise SampleExpired("The image's address no longer answers.", status_code=answer.status)
    if answer.status != 200 and answer.status not in (408, 425, 429) and answer.status < 500:
        raise BadSample(f"The image's address answers with status {answer.status}.", status_code=answer.status)
