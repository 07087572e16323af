"""Fetches the text of a document, without the key."""

from __future__ import annotations

from ..errors import InvalidDocument
from ..url_policy import origin
from .connections import AddressBlocked, NotConnected
from .limits import Limits
from .transport import BadRedirect, Response, ResponseLost, Transport, URLNotAllowed

MAX_TEXT_BYTES = 4_000_000
"""Bytes of a document."""


def fetch_document(url: str, limits: Limits | None = None) -> str:
    """Return the text at an https URL (http only on this machine); raises `InvalidDocument`."""
    limits = limits or Limits()
    try:
        transport = Transport(origin(url), limits, guarded=True)
    except ValueError:
        raise InvalidDocument("A document's address must be an https address.") from None
    try:
        return _text(transport.get(url, timeout=limits.download_timeout, max_bytes=MAX_TEXT_BYTES))
    except URLNotAllowed:
        raise InvalidDocument("The document's address is not one that we ask: it must be https, and public.") from None
    except AddressBlocked as error:
        raise InvalidDocument(f"The document's address is refused: {error}.") from None
    except (NotConnected, ResponseLost) as error:
        raise InvalidDocument(f"The document could not be fetched: {error}.") from None
    except BadRedirect as error:
        raise InvalidDocument(f"The document's address {error}.") from None
    finally:
        transport.close()


def _text(response: Response) -> str:
    if response.status != 200:
        raise InvalidDocument(f"The document's address returned status {response.status}.")
    if response.fault == "too large":
        raise InvalidDocument(
            f"What is there is larger than {MAX_TEXT_BYTES // 1_000_000} MB, too large for a document."
        )
    if response.fault:
        raise InvalidDocument(f"The document could not be fetched: {response.fault}.")
    try:
        utf16 = response.body.startswith((b"\xff\xfe", b"\xfe\xff"))
        return response.body.decode("utf-16" if utf16 else "utf-8")
    except UnicodeDecodeError:
        raise InvalidDocument("What is there is not a text.") from None
