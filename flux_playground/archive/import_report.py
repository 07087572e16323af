"""The limits and the outcome of an import."""

from __future__ import annotations

from dataclasses import dataclass

MAX_REJECTED_NAMES = 200


@dataclass(frozen=True)
class ImportReport:
    """What an import did: the ids of the images that are new, the number of images that were there already.

    `rejected` has the name and a sentence of each file that was refused, the first `MAX_REJECTED_NAMES` of
    `rejected_count`. `problem` is why the import stopped before its end, "" if it did not.
    """

    added: tuple[str, ...] = ()
    known: int = 0
    rejected: tuple[tuple[str, str], ...] = ()
    rejected_count: int = 0
    problem: str = ""
