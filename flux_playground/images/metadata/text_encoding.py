"""Decodes texts of image files whose encoding is not stored, or is stored wrongly."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

EXIF_CODES = {b"UNICODE": "utf-16", b"ASCII": "utf-8", b"JIS": "iso2022_jp", b"": "utf-8"}
"""The encoding that the eight bytes before a user comment name, without their padding."""

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SETTINGS_WORDS = ("Steps:", "Seed:", "Negative prompt:", '":', "prompt", "parameters")
MAX_SAMPLE_CHARACTERS = 20_000
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
NO_LETTERS = re.compile(rb"[\x81-\x84\x86-\x90\x98\x9a-\x9f]")  # of Windows' Latin-1 the quotes and dashes are used
MAX_LATIN_RUN = 3
MIN_PAIRS = 3

USUAL = re.compile(
    "[\t\n\r -~\u00a0-\u052f\u0590-\u06ff\u0900-\u0e7f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u22ff"
    "\u2500-\u27bf\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\ufe0f\uff01-\uffee\U0001f000-\U0001faff]"
)
"""Characters that people write; a text decoded in the wrong byte order has many others."""


def decode_text(content: bytes) -> str:
    """Return a text in UTF-8, or in Latin-1 with the quotes of Windows. Bytes that are neither become U+FFFD."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252" if _is_western(content) else "utf-8", "replace")


def decode_exif_text(content: bytes, byte_order: str) -> str:
    """Return the text of an EXIF entry with or without a code before it; `byte_order` is "big" or "little".

    Tools write UTF-16 in either byte order, and UTF-8 behind the code of UTF-16. The reading with words of settings
    is taken, then the one with the most usual characters, then the one that the code and the byte order name.
    """
    code = content[:8].rstrip(b"\0 ").upper()
    encoding = EXIF_CODES.get(code, "")
    if encoding and (code or len(content) > 8):
        content = content[8:]
    for mark, name in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.removeprefix(mark).decode(name, "replace").rstrip("\0")
    if encoding == "iso2022_jp" and b"\x1b" in content:
        return content.decode(encoding, "replace").rstrip("\0 ")
    wide = ["utf-16-be", "utf-16-le"] if byte_order == "big" else ["utf-16-le", "utf-16-be"]
    if encoding == "utf-16":
        return _most_plausible(content, [*wide, "utf-8"])
    if b"\0" in content.strip(b"\0"):
        return _most_plausible(content, ["utf-8", *wide])
    return decode_text(content.rstrip(b"\0 "))


def _is_western(content: bytes) -> bool:
    """Return whether bytes can be Latin-1 with the quotes of Windows: its letters above 127 are seldom side by side."""
    runs = [len(run) for run in HIGH_BYTES.findall(content)]
    pairs = sum(length > 1 for length in runs)
    if max(runs, default=0) > MAX_LATIN_RUN or (pairs >= MIN_PAIRS and pairs > len(runs) / 2):
        return False
    return not NO_LETTERS.search(content)


def _most_plausible(content: bytes, encodings: Sequence[str]) -> str:
    even = content[: len(content) // 2 * 2]
    texts = [(content if encoding == "utf-8" else even).decode(encoding, "replace") for encoding in encodings]
    return max((text.rstrip("\0") for text in texts), key=_plausibility)


def _plausibility(text: str) -> tuple[bool, float]:
    sample = text[:MAX_SAMPLE_CHARACTERS]
    has_words = text.lstrip()[:1] == "{" or any(word in text for word in SETTINGS_WORDS)
    return has_words and "\0" not in sample, len(USUAL.findall(sample)) / max(len(sample), 1)
