"""Downloads images from signed URLs, without the key.

The URL comes from a third party. Each redirect must be allowed, the size is bounded, the image must decode completely.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from io import BufferedReader
from threading import BoundedSemaphore, Event
from time import monotonic

from ..errors import DownloadFailed, InvalidImage, PlaygroundError, SampleBlocked, SampleExpired
from ..images.decode import decode_arriving
from ..images.media_types import MediaInfo, verify, verify_decoded
from ..url_policy import Origin, origin
from .connections import AddressBlocked, NotConnected
from .encoded_image import decode, is_encoded
from .limits import Limits
from .poll_schedule import backoff
from .responses import retry_after
from .steps import Call, Pause, at_once, pause_for
from .transport import BadRedirect, Response, ResponseLost, Transport, URLNotAllowed

log = logging.getLogger(__name__)


class _Retry(Exception):
    """An attempt failed and another may succeed; `error` is raised when there is no other."""

    def __init__(self, error: PlaygroundError, after: float = 0.0) -> None:
        self.error, self.after = error, after


class Downloads:
    """Fetches samples through `transport`, for a client whose configured server is `base`.

    As many images are decoded at a time as there are processors: more would be no faster, and each takes the
    memory of all its pixels.
    """

    def __init__(self, transport: Transport, base: Origin, limits: Limits) -> None:
        self._transport, self._base, self._limits = transport, base, limits
        self._decoding = BoundedSemaphore(os.cpu_count() or 1)

    def steps(self, url: str, task_id: str, deadline: float, stop: Event) -> Generator[Pause, None, bytes]:
        """Return the image at a URL before the deadline (monotonic); setting `stop` ends the waiting between attempts.

        The URL may be a data URL or base64, too. Raises `SampleExpired`, `InvalidImage` or `DownloadFailed`.
        """
        if is_encoded(url):
            return self._decode(url, task_id)
        pause = at_once(Call.DOWNLOAD)
        for attempt in range(1, self._limits.download_attempts + 1):
            yield pause
            if attempt > 1 and (stop.is_set() or monotonic() >= deadline):
                break
            try:
                return self._try(url, task_id, deadline)
            except _Retry as again:
                failure = again.error
                seconds = max(backoff(self._limits, attempt), min(again.after, self._limits.max_pause))
                pause = pause_for(min(seconds, deadline - monotonic()), Call.DOWNLOAD)
            except PlaygroundError as error:
                error.task_id = task_id
                log.warning("task %s: no image from %s: %s", task_id, _host_of(url), error.message)
                raise
            log.warning("task %s: download from %s failed: %s", task_id, _host_of(url), failure.message)
        failure.task_id = task_id
        raise failure

    def _try(self, url: str, task_id: str, deadline: float) -> bytes:
        """Make one attempt."""
        try:
            response, is_decoded = self._get(url, deadline)
        except (NotConnected, ResponseLost) as cause:
            raise _Retry(DownloadFailed(f"The image could not be fetched: {cause}.")) from None
        _raise_for_final_status(response)
        if response.status != 200 or response.fault:
            why = response.fault or f"status {response.status}"
            error = DownloadFailed(f"The image could not be fetched: {why}.", status_code=response.status)
            raise _Retry(error, retry_after(response.headers) or 0.0)
        try:
            picture = self._verify(response.body, is_decoded)
        except InvalidImage as flaw:
            if "Content-Length" in response.headers or "Transfer-Encoding" in response.headers:
                raise  # these bytes are certainly all that was meant; otherwise they may have been cut
            raise _Retry(flaw) from None
        size = len(response.body)
        log.info("task %s: %d bytes, %s %sx%s", task_id, size, picture.format, picture.width, picture.height)
        return response.body

    def _decode(self, encoded: str, task_id: str) -> bytes:
        try:
            data = decode(encoded)
            self._verify(data, is_decoded=False)
        except InvalidImage as error:
            error.task_id = task_id
            raise
        return data

    def _verify(self, data: bytes, is_decoded: bool) -> MediaInfo:
        if is_decoded:
            return verify_decoded(data)
        with self._decoding:
            return verify(data)

    def _get(self, url: str, deadline: float) -> tuple[Response, bool]:
        """Return the response, and whether its image was decoded without a fault while it arrived."""
        limits = self._limits
        decoded: list[bool] = []
        timeout = min(limits.download_timeout, deadline - monotonic())
        try:
            response = self._transport.get(
                url,
                timeout=timeout,
                max_bytes=limits.max_image_bytes,
                watch=lambda body: decoded.append(decode_arriving(BufferedReader(body))),
            )
            return response, decoded[-1:] == [True]
        except URLNotAllowed:
            raise SampleBlocked("The image's address must not be requested.") from None
        except AddressBlocked as error:
            raise SampleBlocked(f"The image's server is refused: {error}.") from None
        except BadRedirect as error:
            raise InvalidImage(f"The image's address {error}.") from None


def _raise_for_final_status(response: Response) -> None:
    """Raise an error for a response that another attempt would not change."""
    if response.fault == "too large":
        raise InvalidImage("What was delivered is larger than any image should be.", status_code=response.status)
    if response.status in (403, 404, 410):
        raise SampleExpired("The image's URL no longer works.", status_code=response.status)
    if response.status != 200 and response.status not in (408, 425, 429) and response.status < 500:
        raise InvalidImage(f"The image's address returned status {response.status}.", status_code=response.status)


def _host_of(url: str) -> str:
    """The host and path of a URL for the log, which must not contain its signature."""
    try:
        return origin(url).host
    except ValueError:
        return "no usable address"
