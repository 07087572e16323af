"""The manifest of an export: a JSON object with a version and, as its last value, an array of entries.

Each entry is parsed alone, so that a manifest of many entries takes little more memory than its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..bounded_json import InvalidJson, JsonLimits, decode_utf8, parse_json, parse_json_at
from ..errors import InvalidArchive

MANIFEST_NAME = "manifest.json"
VERSION_KEY, VERSION = "flux_playground_export", 1
ENTRY_LIMITS = JsonLimits(depth=100, values=20_000)
MAX_HEAD_CHARACTERS = 10_000
START = re.compile(r'"entries"\s*:\s*\[\s*')
BETWEEN = re.compile(r"\s*,\s*")
END = re.compile(r"\s*\]\s*\}\s*\Z")


def write_head(exported_at: str) -> str:
    """Return what comes before the entries, which are separated by commas; `exported_at` is ISO 8601."""
    return f'{{"{VERSION_KEY}":{VERSION},"exported_at":"{exported_at}","entries":['


TAIL = "\n]}\n"
"""What comes after the entries."""


class Manifest:
    """A manifest from elsewhere. Raises `InvalidArchive` for no manifest, a newer one, or one with too many entries."""

    def __init__(self, data: bytes, max_entries: int) -> None:
        try:
            self._text = decode_utf8(data)
            self._start = _check_head(self._text)
            for number, _ in enumerate(self):
                if number == max_entries:
                    raise InvalidArchive(f"This export has more than {max_entries:,} images.")
        except InvalidJson as error:
            raise InvalidArchive(f"The manifest of this export is {error}.") from None

    def __iter__(self) -> Iterator[Any]:
        """Yield each entry as a JSON value."""
        place = self._start
        while not END.match(self._text, place):
            if place > self._start:
                separator = BETWEEN.match(self._text, place)
                if separator is None:
                    raise InvalidJson("cut short")
                place = separator.end()
            entry, place = parse_json_at(self._text, place, ENTRY_LIMITS)
            yield entry


def _check_head(text: str) -> int:
    """Return where the first entry begins."""
    start = START.search(text, 0, MAX_HEAD_CHARACTERS)
    if start is None:
        raise InvalidArchive("The manifest of this ZIP file has no entries.")
    head = parse_json(text[: start.start()].rstrip().removesuffix(",") + "}")
    version = head.get(VERSION_KEY)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidArchive("The manifest of this ZIP file is not one of FLUX Playground.")
    if version > VERSION:
        raise InvalidArchive("This export was made by a newer version of FLUX Playground. Update this one first.")
    return start.end()
