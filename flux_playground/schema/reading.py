"""A text as plain values, whoever wrote it: what comes out is an object of JSON's kinds, of bounded size and depth.

Must not know what a document says. Raises `InvalidDocument` with one sentence that names the source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from ..errors import InvalidDocument

MOST_BYTES = 4_000_000
"""Bytes of a document: ten times the largest of this kind."""


def read_file(path: Path) -> str:
    """The text of a document's file; raises `InvalidDocument` if there is none or it is no text."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidDocument(f"{path} is too large for a document: it has more than {MOST_BYTES // 1_000_000} MB.")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InvalidDocument(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise InvalidDocument(f"{path} is not a text.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidDocument(f"{path} cannot be read: {reason}.") from None


def read(text: str, name: str) -> dict[str, Any]:
    """The object that a text holds; `name` is what the source is called in a message. Raises `InvalidDocument`."""
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidDocument(f"{name} is not a JSON document.") from None
    if not isinstance(found, dict):
        raise InvalidDocument(f"{name} is not an OpenAPI document: it is not an object.")
    return found


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)
