"""How one text differs from another, word by word. Knows nothing of prompts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

WORD = re.compile(r"\s*(?:\w+|[^\w\s]|$)")
MAX_DIFF_WORDS = 400
"""Words between what both texts begin and end with that are compared one by one: the work can grow with the cube."""


class ChangeKind(StrEnum):
    """What became of some words."""

    SAME = "same"
    REMOVED = "gone"
    ADDED = "new"


@dataclass(frozen=True)
class WordRun:
    """Some words in a row, with the space before them, that are in both texts, only before, or only after."""

    kind: ChangeKind
    text: str


def diff_words(before: str, after: str) -> tuple[WordRun, ...]:
    """How one text becomes another: SAME and NEW together are `after`, SAME and GONE are the words of `before`."""
    old, new = WORD.findall(before), WORD.findall(after)
    return tuple(words for words in _steps(old, new) if words.text)


def _steps(old: list[str], new: list[str]) -> Iterator[WordRun]:
    a, b = [word.strip() for word in old], [word.strip() for word in new]
    head = _alike(a, b)
    tail = _alike(a[head:][::-1], b[head:][::-1])
    yield WordRun(ChangeKind.SAME, "".join(new[:head]))
    for what, i, j, k, m in _operations(a[head : len(a) - tail], b[head : len(b) - tail]):
        if what == "equal":
            yield WordRun(ChangeKind.SAME, "".join(new[head + k : head + m]))
        else:
            yield WordRun(ChangeKind.REMOVED, "".join(old[head + i : head + j]))
            yield WordRun(ChangeKind.ADDED, "".join(new[head + k : head + m]))
    yield WordRun(ChangeKind.SAME, "".join(new[len(new) - tail :]))


def _alike(a: list[str], b: list[str]) -> int:
    """How many words two texts have in common at their beginning."""
    return next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def _operations(a: list[str], b: list[str]) -> Iterable[tuple[str, int, int, int, int]]:
    if max(len(a), len(b)) > MAX_DIFF_WORDS:
        return [("replace", 0, len(a), 0, len(b))]
    return difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
