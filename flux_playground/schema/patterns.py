"""Which patterns of a document may be run: only those that cannot take long. Python's engine backtracks, and holds
the interpreter's lock while it does. A pattern that is not cheap is left to the API to check.
"""

from __future__ import annotations

import re

MAX_PATTERN_CHARACTERS = 500
MAX_TEXT_CHARACTERS = 4_000
"""Longer texts are not matched against a pattern here."""
MAX_CHOICES = 6
_ATOM = r"(?:\\[dDwWsS]|\\x[0-9a-fA-F]{2}|\\[^a-zA-Z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}*+?|^$])"
_TOKEN = re.compile(rf"(?P<atom>{_ATOM})(?P<count>[*+?]|\{{\d*,?\d*\}})?")
_EXACT = re.compile(r"\{\d+\}")


def is_cheap(pattern: str) -> bool:
    """Whether a pattern matches any text of `MAX_TEXT_CHARACTERS` in well under a second; raises `re.error`.

    Allowed are single characters and classes with a count; two counts may vary after `^`, and one elsewhere.
    Groups and alternatives are not recognized, and what is not recognized is not cheap.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return False
    re.compile(pattern)
    place, varying, optional = 0, 0, 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            if pattern[place] not in "^$":
                return False
            place += 1
            continue
        count = token["count"] or ""
        place = token.end()
        optional += count == "?"
        varying += bool(count) and count != "?" and _EXACT.fullmatch(count) is None
        if count and place < len(pattern) and pattern[place] in "*+?{":
            return False
    return varying <= (2 if pattern.startswith("^") else 1) and optional <= MAX_CHOICES
