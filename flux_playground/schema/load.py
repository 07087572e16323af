"""Parses the text of an OpenAPI document (JSON, YAML or a Markdown page) within limits of size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ..bounded_json import JsonLimits, check_json, parse_json
from ..errors import InvalidDocument
from .markdown_docs import fenced_blocks, join_documents, to_openapi

LIMITS = JsonLimits(characters=4_000_000, depth=100, values=300_000)
FLOW_YAML = re.compile(r"\{\s*[A-Za-z'#]")
TOO_LARGE = "too large for an OpenAPI document"


def read_file(path: Path) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark; raises `InvalidDocument`."""
    try:
        if path.stat().st_size > LIMITS.characters:
            raise InvalidDocument(f"{path} is {TOO_LARGE}.")
        data = path.read_bytes()
        return data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8")
    except FileNotFoundError:
        raise InvalidDocument(f"The file {path} does not exist.") from None
    except UnicodeDecodeError:
        raise InvalidDocument(f"{path} is not text.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidDocument(f"{path} cannot be read: {reason}.") from None


def parse_document(text: str, name: str) -> dict[str, Any]:
    """Return the top-level object of a document; `name` is the source in messages. Raises `InvalidDocument`."""
    text = text.removeprefix("\ufeff").lstrip()
    try:
        if len(text) > LIMITS.characters:
            raise ValueError(TOO_LARGE)
        if text[:15].lower().startswith(("<!doctype", "<html")):
            raise ValueError("a web page, not an OpenAPI document")
        if text.startswith(("{", "[")) and not FLOW_YAML.match(text):
            return _parse_object("json", text)
        blocks = list(fenced_blocks(text))
        documents, prose = [], ""
        for language, block, before in blocks:
            prose += before
            if language in ("yaml", "yml", "json") and "paths" in block:
                documents.append(to_openapi(_parse_object(language, block), prose))
                prose = ""
        if blocks and not documents:
            raise ValueError("a page without an OpenAPI document")
        return join_documents(documents) if documents else _parse_object("yaml", text)
    except ValueError as error:
        raise InvalidDocument(f"{name} is {error}.") from None


def _parse_object(language: str, text: str) -> dict[str, Any]:
    if language == "json":
        value = parse_json(text, LIMITS)
    else:
        from ..yaml12 import parse_yaml  # here, because the import is slow and few documents are YAML

        value = parse_yaml(text)
        check_json(value, LIMITS)
    if not isinstance(value, dict):
        raise ValueError("not an OpenAPI document")
    return value
