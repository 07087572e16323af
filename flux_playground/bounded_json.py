"""JSON, written for people and read with suspicion. Knows nothing of what it says."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from .errors import InvalidRecipe

MAX_JSON_CHARACTERS = 4_000_000
"""Characters (or bytes) of a text that is read."""

MAX_JSON_DEPTH = 20
"""Values within values."""

MAX_JSON_VALUES = 10_000
"""Values in all."""

SURROGATE = re.compile("[\ud800-\udfff]")
UNUSUAL = re.compile(r"[^\n -~]")


def dump_json(value: Any, indent: int | None = None) -> str:
    """The value as JSON, sorted; letters stay readable, and only what cannot be seen or written is escaped."""
    separators = None if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=indent, separators=separators)
    return UNUSUAL.sub(lambda letter: letter[0] if letter[0].isprintable() else json.dumps(letter[0])[1:-1], text)


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text; raises `InvalidRecipe` for what is none, is enormous, or no JSON for everybody."""
    if len(text) > MAX_JSON_CHARACTERS:
        raise InvalidRecipe(f"This text is too long to be read: {len(text):,} characters.")
    try:
        value = strict_decoder().decode(decode_utf8(text))
    except (ValueError, RecursionError) as error:
        raise InvalidRecipe("This is not JSON, or it was cut.") from error
    check_json(value)
    return value


def decode_utf8(text: str | bytes) -> str:
    """The text, without its mark of byte order; raises `InvalidRecipe` where it is not, or cannot be, UTF-8."""
    try:
        whole = text if isinstance(text, bytes) else text.encode()
        return whole.decode().removeprefix("\ufeff")
    except UnicodeError as error:
        raise InvalidRecipe("This is neither an image nor text in UTF-8.") from error


def strict_decoder() -> json.JSONDecoder:
    """A reader of JSON that knows neither NaN nor infinity; `ValueError` and `RecursionError` are what it raises."""
    return json.JSONDecoder(parse_constant=_number, parse_float=_number)


def check_json(value: Any) -> None:
    """Raise `InvalidRecipe` for values too deep, too many, or with text that cannot be written as UTF-8."""
    level = [value]
    seen = 0
    for _ in range(MAX_JSON_DEPTH):
        seen += len(level)
        if any(isinstance(one, str) and SURROGATE.search(one) for one in level):
            raise InvalidRecipe("This holds text that is not Unicode.")
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
        if seen + len(level) > MAX_JSON_VALUES:
            break
    raise InvalidRecipe("This is nested too deeply, or holds too much.")


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
