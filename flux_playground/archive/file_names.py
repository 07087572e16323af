"""Readable names for the files of exported images, which every operating system accepts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from ..generation import Generation

MAX_STEM_BYTES = 120
MAX_VALUE_BYTES = 40
MAX_SEED_DIGITS = 24
PROMPT_WORDS = 8


class FileNames:
    """Names that differ from each other also where a file system ignores the case of letters.

    `named_after` are the fields of the request whose values belong to a name.
    """

    def __init__(self, named_after: Sequence[str] = ()) -> None:
        self._named_after = named_after
        self._used: set[str] = set()

    def add(self, generation: Generation) -> str:
        """Return a new name without a suffix: date, values of fields, seed and the first words of the prompt.

        An imported image without a prompt has the words of its own file name.
        """
        stem = _shorten("_".join(_iter_parts(generation, self._named_after)), MAX_STEM_BYTES)
        name, number = stem, 1
        while name.casefold() in self._used:
            number += 1
            name = f"{stem}-{number}"
        self._used.add(name.casefold())
        return name


def _iter_parts(generation: Generation, named_after: Sequence[str]) -> Iterator[str]:
    yield datetime.fromtimestamp(generation.created_at, UTC).strftime("%Y-%m-%d")
    for name in named_after:
        if part := _shorten(_value_part(name, generation.request.get(name)), MAX_VALUE_BYTES):
            yield part
    if generation.seed is not None:
        yield f"seed-{str(generation.seed)[:MAX_SEED_DIGITS]}"
    text = generation.request.get("prompt") or generation.prompt or generation.file_name.rpartition(".")[0]
    if isinstance(text, str) and (words := _words(text[:500])):
        yield "-".join(words[:PROMPT_WORDS])


def _value_part(name: str, value: Any) -> str:
    """Return a text as words, a number with the last word of its field's name: "strength-1.2"."""
    if isinstance(value, str):
        return "-".join(_words(value[:500]))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return f"{'-'.join(_words(name)[-1:])}-{value:g}"


def _words(text: str) -> list[str]:
    """Return the words of a text: runs of letters, their marks and digits of any script."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in plain).split()


def _shorten(text: str, most: int) -> str:
    """Return the beginning of a text that takes at most this many bytes in UTF-8."""
    return text.encode()[:most].decode(errors="ignore").rstrip("-_. ")
