"""Reads the request in a command of HTTPie or xh: `http POST api.bfl.ai/v1/x prompt="a lighthouse" seed:=42`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from ...bounded_json import InvalidJson, parse_json
from .found_objects import FoundObject, objects_in_text
from .gaps import GAP, has_gap
from .posix_words import posix_words

MAX_COMMANDS = 50
COMMAND = re.compile(r"^[ \t]*+(?:[$>%#][ \t]++)?(?:https?|xhs?)(?=[ \t]++[-\w:\"'])", re.MULTILINE)
ITEM = re.compile(r"((?:[^:=@\\]|\\.)++)(:=@|=@|:=|==|=|:|@)(.*)", re.DOTALL)
NAME = re.compile(r"\w++")
RAW = "--raw="


def has_httpie_command(text: str) -> bool:
    """Return whether a text has a command with a value of a request."""
    return any("=" in text[match.end() :] or RAW[:-1] in text[match.end() :] for match in COMMAND.finditer(text))


def objects_in_httpie_command(text: str, fields: Collection[str]) -> Iterator[FoundObject]:
    """Yield the object that each command in a text sends. A value from a file or of the shell is a gap."""
    at = 0
    for _ in range(MAX_COMMANDS):
        command = COMMAND.search(text, at)
        result = posix_words(text, command.end()) if command else None
        if command is None or result is None:
            return
        words, end = result
        at = max(end, command.end())
        for index, word in enumerate(words):
            if word.startswith(RAW) or word == RAW[:-1]:
                body = word.removeprefix(RAW) if word.startswith(RAW) else "".join(words[index + 1 : index + 2])
                yield from objects_in_text(body, fields)
        yield _object(words)


def _object(words: list[str]) -> FoundObject:
    values: dict[str, Any] = {}
    is_partial = False
    for match in filter(None, map(ITEM.fullmatch, words)):
        name, separator, text = match.groups()
        if separator in (":", "=="):  # headers and the query
            continue
        key = NAME.match(name)
        is_plain = key is not None and key[0] == name  # else it is inside of another value
        is_partial = is_partial or GAP in name
        if key is not None:
            is_certain = is_plain and separator in ("=", ":=") and name not in values
            values[key[0]] = _value(separator, text) if is_certain else GAP
    return FoundObject(values, is_partial=is_partial or any("://" not in word and word == GAP for word in words))


def _value(separator: str, text: str) -> Any:
    if separator == "=" or has_gap(text):
        return text if separator == "=" else GAP
    try:
        return parse_json(text)
    except InvalidJson:
        return GAP
