"""A signed URL -> the whole, verified bytes of an image. Needs no key and is never given one.

The address comes from somebody else, so every step of the way is checked: https, a public address, few redirects,
a bounded size, and at the end an image that can be decoded from its first row to its last.
"""

from __future__ import annotations

import logging
from time import sleep
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..errors import APIError, BadSample, SampleExpired
from ..images import inspect
from .answers import retry_after
from .hosts import Origin, usable
from .limits import Limits
from .wire import Answer, Lost, NeverMade, Refused, Wire

log = logging.getLogger(__name__)


def download(wire: Wire, url: str, base: Origin, limits: Limits, task_id: str = "") -> bytes:
    """The image at a URL; raises `SampleExpired`, `BadSample`, or `APIError` when the host does not deliver."""
    for attempt in range(1, limits.downloads + 1):
        pause = limits.pause(attempt)
        try:
            answer = _follow(wire, url, base, limits)
        except (NeverMade, Lost) as error:
            why = str(error)
        else:
            _judge(answer, task_id)
            why = answer.fault or f"status {answer.status}"
            if answer.status == 200 and not answer.fault:
                flaw = _flaw(answer.body, task_id)
                if flaw is None:
                    return answer.body
                if _length_known(answer):
                    raise flaw
                why = flaw.message
            pause = max(pause, min(retry_after(answer.headers) or 0.0, limits.longest_pause))
        log.warning("task %s: download from %s failed (%s)", task_id, urlsplit(url).hostname, why)
        if attempt < limits.downloads:
            sleep(pause)
    raise APIError(f"The image could not be fetched: {why}.", task_id=task_id)


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


def _judge(answer: Answer, task_id: str) -> None:
    """Raises what no further try would change."""
    data: dict[str, Any] = {"status_code": answer.status, "task_id": task_id}
    if answer.fault == "too large":
        raise BadSample("What was delivered is larger than any image should be.", **data)
    if answer.status in (403, 404, 410):
        raise SampleExpired("The image's address no longer answers.", **data)
    if answer.status != 200 and answer.status not in (408, 425, 429) and answer.status < 500:
        raise BadSample(f"The image's address answers with status {answer.status}.", **data)


def _flaw(data: bytes, task_id: str) -> BadSample | None:
    """What is wrong with the bytes as an image, if anything."""
    try:
        picture = inspect(data)
    except BadSample as error:
        error.task_id = task_id
        return error
    log.info("task %s: %d bytes, %s %dx%d", task_id, len(data), picture.format, picture.width, picture.height)
    return None


def _length_known(answer: Answer) -> bool:
    """Whether the bytes are certainly all that was meant; if not, they may have been cut, and another try may help."""
    return "Content-Length" in answer.headers or "Transfer-Encoding" in answer.headers
