"""Hides keys in values that come from elsewhere: by the name of the value, and by the look of a text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..bounded_json import InvalidJson, parse_json
from .fingerprint import PRIVATE_NAMES

HIDDEN = "(hidden)"
MAX_DEPTH = 20

SECRET_NAMES = re.compile(
    r"api.?key|(^|[-_.])x?[-_]?key$|token$|secret|passw|pwd|credential|authorization|^auth$|cookie|session.?id|signature"
    r"|private.?key|bearer",
    re.IGNORECASE,
)
KEY = re.compile(
    r"\b(?:bfl|sk|pk|hf|r8|gh[opsu]|github_pat|glpat|xox[abp]|key|api)[_-](?=[A-Za-z_-]{0,100}\d)[A-Za-z0-9_-]{8,200}"
    r"|\bAKIA[A-Z0-9]{12,40}|\beyJ[\w-]{8,2000}\.[\w-]{8,4000}(?:\.[\w-]{1,2000})?"
    r"|\b(?:Bearer|Basic|Token)\s{1,4}(?=[^\s\"',]{0,200}\d)[^\s\"',]{8,2000}",
)
QUERY = re.compile(r"(https?://[^\s?\"'<>]{1,2000}\?)[^\s\"'<>]{1,4000}")


def hide_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without those under the name of a secret; keys and queries of URLs inside of texts are hidden."""
    kept = {str(name): value for name, value in values.items() if not _is_private(str(name))}
    return {name: _hide(value, 0) for name, value in kept.items()}


def has_secret(value: Any) -> bool:
    """Return whether a text, or a text in a value, has something that looks like a key."""
    if isinstance(value, Mapping):
        return any(map(has_secret, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_secret, value))
    return isinstance(value, str) and KEY.search(value) is not None


def _hide(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(name): HIDDEN if _is_private(str(name)) else _hide(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(item, depth + 1) for item in value]
    return _hide_in_text(value, depth) if isinstance(value, str) else value


def _hide_in_text(text: str, depth: int) -> str:
    """Return a text without keys; a text of JSON is searched like a value."""
    if text.lstrip().startswith(("{", "[")):
        try:
            inner = parse_json(text)
        except InvalidJson:
            pass
        else:
            hidden = _hide(inner, depth + 1)
            text = text if hidden == inner else json.dumps(hidden, ensure_ascii=False)
    return QUERY.sub(rf"\g<1>{HIDDEN}", KEY.sub(HIDDEN, text))


def _is_private(name: str) -> bool:
    return bool(PRIVATE_NAMES.search(name) or SECRET_NAMES.search(name))
