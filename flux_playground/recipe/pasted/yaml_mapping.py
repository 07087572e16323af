"""Reads a request that is written as YAML: lines such as `prompt: a lighthouse`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ...bounded_json import InvalidJson, check_json
from .found_objects import FoundObject
from .gaps import GAP

MAX_CHARACTERS = 100_000
ENTRY = re.compile(r"^[ \t]*[\"']?\w{1,100}[\"']?:[ \t]", re.MULTILINE)
LEADING_ZERO = re.compile(r"^[ \t]*[\"']?(\w{1,100})[\"']?:[ \t]+[-+]?0\d+[ \t]*$", re.MULTILINE)
SEPARATOR = re.compile(r"^---(?=\s|$).*$", re.MULTILINE)
MAX_LAST_CHARACTERS = 100
MAX_DOCUMENTS = 100


def objects_in_yaml(text: str, fields: Collection[str]) -> Iterator[FoundObject]:
    """Yield the mapping that a text is, if it names fields of a request, and the mappings in it that do.

    What may be a part of a text and not a comment makes a value unclear.
    """
    if len(text) > MAX_CHARACTERS or text[:1] in "{[<" or not ENTRY.search(text):
        return
    documents = [document for document in SEPARATOR.split(text) if document.strip()]
    if len(documents) > 1:
        for document in documents[:MAX_DOCUMENTS]:
            yield from objects_in_yaml(document, fields)
        return
    from ...yaml12 import parse_yaml  # here, because the import is slow and few texts are YAML

    try:
        value = parse_yaml(text)
        check_json(value)
    except (ValueError, InvalidJson):
        return
    octal = LEADING_ZERO.findall(text)  # or decimal, in another version of YAML
    if isinstance(value, Mapping):
        for mapping in (value, *(inner for inner in value.values() if isinstance(inner, Mapping))):
            if any(name in fields and not isinstance(item, Mapping) for name, item in mapping.items()):
                values = {name: _certain(item, text) for name, item in mapping.items()}
                yield FoundObject({**values, **{name: GAP for name in octal if name in values}})


def _certain(value: Any, text: str) -> Any:
    """Return a value, or a gap for a text that a "#" follows."""
    if not isinstance(value, str) or not value:
        return value
    last = value[-MAX_LAST_CHARACTERS:]
    return GAP if re.search(rf"{re.escape(last)}[ \t]+#", text) else value
