"""Alternatives in a prompt: `a {red|blue} house` is two prompts."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import InvalidSweep

MAX_DEPTH = 8
MAX_CHARACTERS = 2_000_000
"""Characters of all texts together that one text may expand to."""

SPECIAL = re.compile(r"[{}|\\]")
ESCAPES = re.compile(r"\\([{}|\\])")


@dataclass(frozen=True)
class Alternatives:
    """The alternatives of one pair of braces; each is a sequence of texts and of inner alternatives."""

    options: tuple[tuple[str | Alternatives, ...], ...]


Parts = tuple[str | Alternatives, ...]


def escape(text: str) -> str:
    r"""Return a text that expands to exactly this text: with a backslash before braces, `|` and backslashes."""
    return SPECIAL.sub(r"\\\g<0>", text)


def expand(text: str, most: int) -> list[str]:
    r"""Return the texts that a text with alternatives has, the last braces varying fastest.

    Braces nest. A pair without `|` is kept as it is. A backslash before a brace, `|` or a backslash takes away its
    meaning. Raises `InvalidSweep` for a brace without its partner, for braces deeper than 8, and for more texts than
    `most` or longer ones than is possible.
    """
    parts = _Parser(text).parse()
    count = _count(parts)
    if count > most:
        shown = f"{count:,}" if count < 10**9 else "more than a billion"
        raise InvalidSweep(f"The braces expand to {shown} texts; at most {most:,} are possible.")
    if count > 1 and count * len(text) > MAX_CHARACTERS:
        raise InvalidSweep(f"The braces expand to {count:,} texts of this length, which are too long together.")
    return list(_texts(parts))


class _Parser:
    """Parses one text from left to right; `place` is the index of the next character."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def parse(self) -> Parts:
        options = self._options(0, 0)
        # At the top level, outside of braces, `|` is text.
        return tuple(part for option in options for part in (*option, "|"))[:-1]

    def _options(self, depth: int, start: int) -> list[Parts]:
        """Return the options up to the closing brace, or up to the end of the text at depth 0."""
        if depth > MAX_DEPTH:
            raise InvalidSweep(f"The braces at character {start + 1} are nested more than {MAX_DEPTH} deep.")
        options: list[list[str | Alternatives]] = [[]]
        while self.place < len(self.text):
            char, place = self.text[self.place], self.place
            if escaped := ESCAPES.match(self.text, place):
                options[-1].append(escaped[1])
                self.place += 2
                continue
            self.place += 1
            if char == "{":
                options[-1] += self._braces(depth + 1, place)
            elif char == "|":
                options.append([])
            elif char == "}" and depth:
                return [tuple(option) for option in options]
            elif char == "}":
                raise InvalidSweep(f"The “}}” at character {place + 1} has no “{{”. Write \\}} for the character.")
            else:
                end = SPECIAL.search(self.text, self.place)
                self.place = end.start() if end else len(self.text)
                options[-1].append(self.text[place : self.place])
        if depth:
            raise InvalidSweep(f"The “{{” at character {start + 1} has no “}}”. Write \\{{ for the character.")
        return [tuple(option) for option in options]

    def _braces(self, depth: int, start: int) -> Parts:
        options = self._options(depth, start)
        return ("{", *options[0], "}") if len(options) == 1 else (Alternatives(tuple(options)),)


def _count(parts: Parts) -> int:
    return math.prod(sum(map(_count, part.options)) for part in parts if isinstance(part, Alternatives))


def _texts(parts: Parts) -> Iterator[str]:
    choices = [
        [part] if isinstance(part, str) else [text for option in part.options for text in _texts(option)]
        for part in parts
    ]
    return map("".join, itertools.product(*choices))
