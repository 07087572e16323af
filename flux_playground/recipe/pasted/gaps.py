"""Marks the parts of a value that a text does not say, such as a variable inside a string."""

from __future__ import annotations

import re
from typing import Any

from ...bounded_json import InvalidJson, parse_json

GAP = "\uffff"
"""Stands for text that cannot be known without running the code; Unicode assigns no character to it."""

PLACEHOLDER = re.compile(r"\{\{[^{}\n]{1,200}\}\}|\$\{[^{}\n]{1,200}\}|<%=?[^%\n]{1,200}%>")
"""What a program inserts a value for, such as {{prompt}}."""

MAX_DEPTH = 20
JSON_STRING_OR_GAP = re.compile(rf'"(?:[^"\\]++|\\.)*+"|{GAP}', re.DOTALL)


def has_gap(value: Any, depth: int = 0) -> bool:
    """Return whether a part of a value is unknown, or nested too deeply to look at."""
    if isinstance(value, str):
        return GAP in value
    if isinstance(value, dict | list):
        inner = (*value, *value.values()) if isinstance(value, dict) else value
        return depth > MAX_DEPTH or any(has_gap(item, depth + 1) for item in inner)
    return False


def has_placeholder(value: Any) -> bool:
    """Return whether a text has a place in which a program inserts a value before it is sent."""
    return isinstance(value, str) and PLACEHOLDER.search(value) is not None


def parse_json_with_gaps(text: str) -> Any:
    """Return the value of a JSON text in which a gap may be a part of a string or a whole value.

    Raises `InvalidJson`.
    """
    if GAP in text:
        text = JSON_STRING_OR_GAP.sub(lambda match: f'"{GAP}"' if match[0] == GAP else match[0], text)
    return parse_json(text.strip())


def join_surrogates(text: str) -> str:
    """Return a text with each pair of surrogates as one character; with a lone one it is a gap."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeError:
        return GAP


def parses_as_json(text: str) -> bool:
    """Return whether a text is JSON, with or without gaps."""
    try:
        parse_json_with_gaps(text)
    except InvalidJson:
        return False
    return True
