"""Fetches previews: small images of tasks that are still running. They are shown and never stored."""

from __future__ import annotations

from ..errors import DownloadFailed, InvalidImage, SampleBlocked
from ..images import image_file
from .connections import AddressBlocked, NotConnected
from .encoded_image import decode, is_encoded
from .limits import Limits
from .transport import BadRedirect, ResponseLost, Transport

MAX_PREVIEW_PIXELS = 25_000_000
PREVIEW_SIDE_PIXELS = 1024


def fetch_preview(transport: Transport, source: str, limits: Limits) -> bytes:
    """Return a preview as a small WebP; `source` is its URL, which may be any allowed one, or its base64.

    It is tried once, without the key. Raises `SampleBlocked`, `DownloadFailed`, or `InvalidImage` for anything but a
    complete image of moderate size.
    """
    data = decode(source) if is_encoded(source) else _download(transport, source, limits)
    info = image_file.probe(data)
    if info.width * info.height > MAX_PREVIEW_PIXELS:
        raise InvalidImage(f"A preview of {info.width} × {info.height} pixels is too large.")
    return image_file.thumbnail(data, PREVIEW_SIDE_PIXELS)


def _download(transport: Transport, url: str, limits: Limits) -> bytes:
    try:
        response = transport.get(url, timeout=limits.preview_timeout, max_bytes=limits.max_preview_bytes)
    except (AddressBlocked, BadRedirect):  # the errors quote the URL
        raise SampleBlocked("The preview's address must not be requested.") from None
    except (NotConnected, ResponseLost) as error:
        raise DownloadFailed(f"The preview could not be fetched: {error}.") from None
    if response.status != 200 or response.fault:
        raise DownloadFailed(f"The preview could not be fetched: {response.fault or f'status {response.status}'}.")
    return response.body
