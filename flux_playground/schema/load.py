"""A text as plain values, whoever wrote it: an object of JSON's kinds, of bounded size, from JSON, YAML or a page.

Must not know what a document says. Raises `InvalidDocument` with one sentence that names the source.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from ..errors import InvalidDocument
from . import markdown_docs

MAX_DOCUMENT_BYTES = 4_000_000
"""Bytes of a document: ten times the largest of this kind."""

MAX_DOCUMENT_VALUES = 300_000
"""Values in a document, counted wherever they are used."""

MAX_DOCUMENT_DEPTH = 100
"""Lists and objects within each other."""


def read_file(path: Path) -> str:
    """The text of a document's file; raises `InvalidDocument` if there is none or it is no text."""
    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            raise InvalidDocument(_too_large(str(path)))
        return decode(path.read_bytes())
    except FileNotFoundError:
        raise InvalidDocument(f"There is no file {path}.") from None
    except UnicodeDecodeError:
        raise InvalidDocument(f"{path} is not a text.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidDocument(f"{path} cannot be read: {reason}.") from None


def decode(data: bytes) -> str:
    """The text of a document in UTF-8, or in UTF-16 where its mark says so; raises `UnicodeDecodeError`."""
    return data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8")


def parse_document(text: str, name: str) -> dict[str, Any]:
    """The object that a text holds; `name` is what the source is called in a message. Raises `InvalidDocument`."""
    text = text.removeprefix("\ufeff").lstrip()
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidDocument(_too_large(name))
    if text[:15].lower().startswith(("<!doctype", "<html")):
        raise InvalidDocument(f"{name} is a web page, not an OpenAPI document.")
    if text.startswith(("{", "[")):
        return _object(_parsed("json", text, name), name)
    if found := list(markdown_docs.fenced_blocks(text)):
        return _page(text, found, name)
    return _object(_parsed("yaml", text, name), name)


def _page(text: str, found: list[tuple[str, str]], name: str) -> dict[str, Any]:
    for language, block in found:
        if language in ("yaml", "yml", "json") and "paths" in block:
            return markdown_docs.to_openapi(_object(_parsed(language, block, name), name), text)
    raise InvalidDocument(f"{name} is a page without an OpenAPI document in it.")


def _parsed(language: str, text: str, name: str) -> Any:
    try:
        if language == "json":
            return json.loads(text, parse_constant=_no_number)
        from . import yaml12  # here, as few documents need it and it takes its time to load

        return yaml12.parse(text)
    except json.JSONDecodeError as error:
        raise InvalidDocument(f"{name} is not valid JSON: line {error.lineno}: {error.msg}.") from None
    except RecursionError:
        raise InvalidDocument(f"{name} is nested too deeply.") from None
    except ValueError as error:
        raise InvalidDocument(f"{name} is not valid {'JSON' if language == 'json' else 'YAML'}: {error}.") from None


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidDocument(f"{name} is not an OpenAPI document.")
    level: list[Any] = [value]
    count = 0
    for _ in range(MAX_DOCUMENT_DEPTH):
        level = [one for one in level if isinstance(one, dict | list)]
        count += sum(map(len, level))
        if count > MAX_DOCUMENT_VALUES:
            raise InvalidDocument(_too_large(name))
        level = [each for one in level for each in (one.values() if isinstance(one, dict) else one)]
    if level:
        raise InvalidDocument(f"{name} is nested too deeply.")
    return value


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def _too_large(name: str) -> str:
    return f"{name} is too large for a document of this kind."
