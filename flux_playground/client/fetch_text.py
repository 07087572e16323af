"""An address -> the text of a document. No key is ever sent; size, time and every redirect are bounded and checked."""

from __future__ import annotations

from urllib.parse import urljoin

from ..errors import InvalidDocument
from ..url_policy import origin, usable
from .connections import NeverMade, Refused
from .limits import Limits
from .transport import Answer, Lost, Wire

LARGEST = 4_000_000
"""Bytes of a document."""


def fetch(url: str, limits: Limits | None = None) -> str:
    """The text at an https address (http only on this machine); raises `InvalidDocument` with one sentence."""
    limits = limits or Limits()
    try:
        wire = Wire(origin(url), limits, guarded=True)
    except ValueError:
        raise InvalidDocument("A document's address must be an https address.") from None
    try:
        return _text(_follow(wire, url, limits))
    finally:
        wire.close()


def _follow(wire: Wire, url: str, limits: Limits) -> Answer:
    base = origin(url)
    for _ in range(limits.redirects + 1):
        if not usable(url, base):
            raise InvalidDocument("The document's address is not one that we ask: it must be https, and public.")
        try:
            answer = wire.call("GET", url, whole=limits.download, largest=LARGEST)
        except Refused as error:
            raise InvalidDocument(f"The document's address is refused: {error}.") from None
        except (NeverMade, Lost) as error:
            raise InvalidDocument(f"The document could not be fetched: {error}.") from None
        if answer.status not in (301, 302, 303, 307, 308):
            return answer
        try:
            url = urljoin(url, answer.headers.get("Location", ""))
        except ValueError:
            raise InvalidDocument("The document's address leads to something that is no address.") from None
    raise InvalidDocument("The document's address leads from redirect to redirect.")


def _text(answer: Answer) -> str:
    if answer.status != 200:
        raise InvalidDocument(f"The document's address answers with status {answer.status}.")
    if answer.fault == "too large":
        raise InvalidDocument(f"What is there is larger than {LARGEST // 1_000_000} MB, too large for a document.")
    if answer.fault:
        raise InvalidDocument(f"The document could not be fetched: {answer.fault}.")
    try:
        utf16 = answer.body.startswith((b"\xff\xfe", b"\xfe\xff"))
        return answer.body.decode("utf-16" if utf16 else "utf-8")
    except UnicodeDecodeError:
        raise InvalidDocument("What is there is not a text.") from None
