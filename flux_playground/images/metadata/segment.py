"""A segment of a JPEG, or a chunk of a PNG or WebP, and the limits for reading them."""

from __future__ import annotations

from dataclasses import dataclass

RECIPE_KEY = "flux_playground"
"""The key of a recipe among the texts of a PNG."""

MAX_SEGMENTS = 100_000
MAX_TEXTS = 64
MAX_TEXT_BYTES = 4_000_000  # decompressed

Parts = tuple[bytes | memoryview, ...]
"""The parts of a new file, most of which are views of another file, so that it is copied once."""


@dataclass(frozen=True)
class Text:
    """A text in an image file, "" if it is damaged; `key` is its name there, or "comment" if it has none."""

    key: str
    text: str


@dataclass(frozen=True)
class Segment:
    """The bytes from `start` to `end` of a file, with the content from `content_start` to `content_end`."""

    kind: bytes
    start: int
    content_start: int
    content_end: int
    end: int

    @property
    def size(self) -> int:
        """The size of the content in bytes."""
        return self.content_end - self.content_start

    def content(self, data: bytes, limit: int | None = None) -> bytes:
        """Return the content, or its first `limit` bytes."""
        end = self.content_end if limit is None else min(self.content_end, self.content_start + limit)
        return data[self.content_start : end]
