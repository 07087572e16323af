"""Decides which regular expressions of a document are safe to run.

Python's engine backtracks and holds the interpreter lock. A pattern that can be slow is left to the API to check.
"""

from __future__ import annotations

import re

MAX_PATTERN_CHARACTERS = 500
MAX_STEPS = 4_000_000  # comparisons in the worst case: a few hundredths of a second
MIN_TEXT_CHARACTERS = 256
_ATOM = r"(?:\\[dDwWsS]|\\x[0-9a-fA-F]{2}|\\[^a-zA-Z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}*+?|^$])"
_TOKEN = re.compile(rf"{_ATOM}(?P<count>[*+?]|\{{\d+(?:,\d*)?\}})?", re.DOTALL)


_CHOICES = re.compile(r"\^\((?:\?:)?([\w -]+(?:\|[\w -]+)*)\)\$")


def listed_choices(pattern: str) -> tuple[str, ...]:
    """Return the texts of a pattern that is a list of plain texts, such as `^(high|low)$`; empty for any other one."""
    match = _CHOICES.fullmatch(pattern)
    return tuple(match[1].split("|")) if match else ()


def max_text_length(pattern: str) -> int:
    """Return the number of characters this pattern may be matched against; 0 for an unsafe pattern.

    Only single characters and classes with a count are supported: a group, an alternative or a reference is unsafe.
    The worst case is the length to the power of the variable counts (plus one without `^`), for each character.
    Raises `re.error` for an invalid pattern, and returns 0 below `MIN_TEXT_CHARACTERS`.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return 0
    re.compile(pattern)
    position, variable, optional, width = 0, 0 if pattern.startswith("^") else 1, 0, 1
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            if pattern[position] not in "^$":
                return 0
            position += 1
            continue
        position = token.end()
        count = token["count"] or "{1}"
        if position < len(pattern) and pattern[position] in "*+?{":
            return 0
        optional += count == "?"
        width += int(count[1:].split(",")[0].rstrip("}")) if count[0] == "{" else 1
        variable += count in ("*", "+") or "," in count
    length = int((MAX_STEPS / width / 2**optional) ** (1 / max(variable, 1)))
    return length if length >= MIN_TEXT_CHARACTERS else 0
