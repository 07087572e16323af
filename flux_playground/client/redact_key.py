"""Removes the API key from what a server sent, so that no error, record or log line holds it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

LINE_BREAK = rb"(?:\s|\\{1,4}[nrt]){0,40}"
"""What may be between two characters of a key in a text of several lines, also in one escaped for JSON."""

MIN_SECRET_LENGTH = 8
"""Characters that a key has at least; anything shorter may be a word of the response."""


def remove_forms(data: bytes, forms: Iterable[re.Pattern[bytes]]) -> bytes:
    """Return the data without what matches the forms of a key."""
    for form in forms:
        data = form.sub(b"(key)", data)
    return data


def find_forms(key: str) -> list[re.Pattern[bytes]]:
    """Return the patterns of a key as it is, in another case, escaped for JSON, URLs or HTML, in hex, and in base64.

    Each form may be broken into lines. A key shorter than `MIN_SECRET_LENGTH` is only found as a word of its own.
    """
    if not key:
        return []
    forms = [_escaped_forms(ord(character)) for character in key]
    if len(key) < MIN_SECRET_LENGTH:
        return [re.compile(rb"(?<![A-Za-z0-9])" + b"".join(forms) + rb"(?![A-Za-z0-9])", re.IGNORECASE)]
    patterns = [
        re.compile(LINE_BREAK.join(forms), re.IGNORECASE),
        re.compile(key.encode().hex().encode(), re.IGNORECASE),
    ]
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + key.encode()).rstrip(b"=")
        coded = coded[(0, 2, 3)[shift] : -1]  # the first and the last characters also depend on the neighbors
        patterns.append(re.compile(LINE_BREAK.join(map(_coded_forms, coded.decode()))))
    return patterns


def _escaped_forms(code: int) -> bytes:
    plain = re.escape(bytes([code]))
    # Bounded repeats: with others the search of a response of backslashes takes the square of its length.
    return rb"(?:\\{0,8}%b|\\{1,8}u00%02x|%%(?:25){0,4}%02x|&#(?:x0{0,6}%x|0{0,6}%d);)" % (
        plain,
        code,
        code,
        code,
        code,
    )


def _coded_forms(character: str) -> bytes:
    """Return a character of base64 in both of its alphabets."""
    return {"+": rb"[-+]", "/": rb"(?:_|\\*/|%2[Ff])"}.get(character, character.encode())
