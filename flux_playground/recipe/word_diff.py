"""Compares two texts word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

WORD = re.compile(r"\s*(?:\w+|[^\w\s]|$)")
MAX_DIFF_WORDS = 400  # between the common beginning and end; the work can grow with the cube


class ChangeKind(StrEnum):
    """Whether words are in both texts, only in the first, or only in the second."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class WordRun:
    """Successive words with one kind of change, with the space before them."""

    kind: ChangeKind
    text: str


def diff_words(before: str, after: str) -> tuple[WordRun, ...]:
    """Return how one text becomes another. SAME and ADDED make up `after`, SAME and REMOVED the words of `before`."""
    return tuple(run for run in _runs(WORD.findall(before), WORD.findall(after)) if run.text)


def _runs(old: list[str], new: list[str]) -> Iterator[WordRun]:
    a, b = [word.strip() for word in old], [word.strip() for word in new]
    head = _common_length(a, b)
    tail = _common_length(a[head:][::-1], b[head:][::-1])
    a, b = a[head : len(a) - tail], b[head : len(b) - tail]
    yield WordRun(ChangeKind.SAME, "".join(new[:head]))
    if max(len(a), len(b)) > MAX_DIFF_WORDS:
        steps = [("replace", 0, len(a), 0, len(b))]
    else:
        steps = list(difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes())
    for step, i, j, k, m in steps:
        if step == "equal":
            yield WordRun(ChangeKind.SAME, "".join(new[head + k : head + m]))
        else:
            yield WordRun(ChangeKind.REMOVED, "".join(old[head + i : head + j]))
            yield WordRun(ChangeKind.ADDED, "".join(new[head + k : head + m]))
    yield WordRun(ChangeKind.SAME, "".join(new[len(new) - tail :]))


def _common_length(a: list[str], b: list[str]) -> int:
    return next((index for index, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
