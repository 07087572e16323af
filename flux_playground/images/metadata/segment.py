"""A stretch of an image file with a name: a segment of a JPEG, a chunk of a PNG or WebP. Knows nothing of either."""

from __future__ import annotations

from dataclasses import dataclass

RECIPE_KEY = "flux_playground"
"""The key of our own text, where texts have keys."""

MAX_SEGMENTS = 100_000
"""Parts of a file that are looked at."""

MAX_TEXTS = 32
"""Texts of a file that are read."""

MAX_TEXT_BYTES = 4_000_000
"""Bytes that a text may have, unpacked."""


@dataclass(frozen=True)
class Text:
    """Something that a file says in words; `key` is its name there, or "comment" where it has none."""

    key: str
    text: str


@dataclass(frozen=True)
class Segment:
    """From `start` to `end` in the file, its content from `inside` to `stop`."""

    kind: bytes
    start: int
    inside: int
    stop: int
    end: int

    def of(self, data: bytes, most: int | None = None) -> bytes:
        """The content, or no more than its first `most` bytes."""
        return data[self.inside : self.stop if most is None else min(self.stop, self.inside + most)]
