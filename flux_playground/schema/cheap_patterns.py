"""Which patterns of a document may be run: only those that cannot take long. Python's engine backtracks, and holds
the interpreter's lock while it does. A pattern that is not cheap is left to the API to check.
"""

from __future__ import annotations

import re

MAX_PATTERN_CHARACTERS = 500
MAX_STEPS = 4_000_000
"""Comparisons that one match may take at worst: some hundredths of a second."""
SHORTEST_TEXT = 256
"""Characters of a text that a pattern must be able to match within `MAX_STEPS`, or it is not used."""
_ATOM = r"(?:\\[dDwWsS]|\\x[0-9a-fA-F]{2}|\\[^a-zA-Z0-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\\[\](){}*+?|^$])"
_TOKEN = re.compile(rf"{_ATOM}(?P<count>[*+?]|\{{\d+(?:,\d*)?\}})?", re.DOTALL)


def max_text_length(pattern: str) -> int:
    """How long a text this pattern may be matched against, in characters; 0 if it is not used. Raises `re.error`.

    Understood are single characters and classes with a count. Groups, alternatives and references are not used.
    The worst case is the length to the power of the counts that vary (and once more without `^`), for each character.
    """
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return 0
    re.compile(pattern)
    place, varying, optional, width = 0, 0 if pattern.startswith("^") else 1, 0, 1
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            if pattern[place] not in "^$":
                return 0
            place += 1
            continue
        place = token.end()
        count = token["count"] or "{1}"
        if place < len(pattern) and pattern[place] in "*+?{":
            return 0
        optional += count == "?"
        width += int(count[1:].split(",")[0].rstrip("}")) if count[0] == "{" else 1
        varying += count in ("*", "+") or "," in count
    steps = MAX_STEPS / width / 2**optional
    longest = int(steps ** (1 / max(varying, 1)))
    return longest if longest >= SHORTEST_TEXT else 0
