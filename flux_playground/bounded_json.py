"""Parses JSON from untrusted sources within limits, and writes JSON that people can read."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

SURROGATE = re.compile("[\ud800-\udfff]")
MAX_DIGITS = 400
NOT_PLAIN_ASCII = re.compile(r"[^\n -~]")


class InvalidJson(ValueError):
    """A text is not JSON or exceeds a limit. Its message continues a sentence: "nested too deeply"."""


@dataclass(frozen=True)
class JsonLimits:
    """How large a JSON text may be: `characters` of the text, `depth` of nested values, `values` in total.

    With `nan_is_null`, NaN and infinity are read as null.
    """

    characters: int = 4_000_000
    depth: int = 20
    values: int = 10_000
    nan_is_null: bool = False


SMALL = JsonLimits()
LARGE = JsonLimits(characters=200_000_000, depth=100, values=1_000_000)
"""For API requests, which can hold images as base64, and for stored records."""


def parse_json(text: str | bytes, limits: JsonLimits = SMALL) -> Any:
    """Return the value of a JSON text in UTF-8, with or without a byte order mark.

    Raises `InvalidJson`, also for NaN, infinity and lone surrogates.
    """
    if len(text) > limits.characters:
        raise InvalidJson(f"too large: {len(text):,} characters")
    whole = decode_utf8(text)
    try:
        value = _decoder(limits).decode(whole)
    except (ValueError, RecursionError) as error:
        raise _describe(error) from None
    check_json(value, limits)
    return value


def parse_json_at(text: str, start: int, limits: JsonLimits = SMALL) -> tuple[Any, int]:
    """Return the JSON value that begins at an index of a text, and the index after it; raises `InvalidJson`."""
    try:
        value, end = _decoder(limits).raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        raise _describe(error) from None
    check_json(value, limits)
    return value, end


def check_json(value: Any, limits: JsonLimits = SMALL) -> None:
    """Raise `InvalidJson` for a value that exceeds the limits or holds text that UTF-8 cannot encode."""
    level, count = [value], 1
    for _ in range(limits.depth):
        if any(isinstance(item, str) and SURROGATE.search(item) for item in level):
            raise InvalidJson("not valid JSON: it has text that is not Unicode")
        containers = [item for item in level if isinstance(item, dict | list)]
        count += sum(map(len, containers))
        if count > limits.values:
            raise InvalidJson(f"too large: more than {limits.values:,} values")
        level = [
            inner for item in containers for inner in ((*item, *item.values()) if isinstance(item, dict) else item)
        ]
        if not level:
            return
    raise InvalidJson("nested too deeply")


def dump_json(value: Any, indent: int | None = None, *, sort_keys: bool = True) -> str:
    """Return a value as JSON; only characters that cannot be seen are escaped. Raises `ValueError` for NaN."""
    separators = None if indent else (",", ":")
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys, indent=indent, separators=separators
    )
    return NOT_PLAIN_ASCII.sub(lambda char: char[0] if char[0].isprintable() else json.dumps(char[0])[1:-1], text)


def decode_utf8(text: str | bytes) -> str:
    """Return a text without its byte order mark; raises `InvalidJson` if it is not UTF-8 or cannot become UTF-8."""
    try:
        data = text if isinstance(text, bytes) else text.encode()
        return data.decode().removeprefix("\ufeff")
    except UnicodeError:
        raise InvalidJson("not text in UTF-8") from None


def _decoder(limits: JsonLimits) -> json.JSONDecoder:
    parse_constant = (lambda _: None) if limits.nan_is_null else _parse_float
    return json.JSONDecoder(parse_constant=parse_constant, parse_float=_parse_float, parse_int=_parse_int)


def _parse_int(text: str) -> int:
    if len(text) > MAX_DIGITS:  # Python's time to read a number grows with the square of its digits
        raise InvalidJson("not valid JSON: it has a number with too many digits")
    return int(text)


def _parse_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise InvalidJson(f"not valid JSON: {text[:20]} is not a finite number")
    return number


def _describe(error: ValueError | RecursionError) -> InvalidJson:
    if isinstance(error, InvalidJson):
        return error
    if isinstance(error, RecursionError):
        return InvalidJson("nested too deeply")
    if isinstance(error, json.JSONDecodeError):
        return InvalidJson(f"not valid JSON: line {error.lineno}: {error.msg}")
    return InvalidJson("not valid JSON: it has a number with too many digits")
