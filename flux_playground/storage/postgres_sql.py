"""The SQL of SQLite as that of PostgreSQL.

The stores have one body of SQL. What only SQLite has is a function here, or one of `REWRITES`.
"""

from __future__ import annotations

import math
import re
import struct
from typing import Any

REWRITES = (
    (re.compile(r"(\w+) MATCH \?"), r"\1.terms @@ fts5_query(?)"),
    (re.compile(r"\bjson_each\("), "json_values("),  # PostgreSQL has another function of this name
    (re.compile(r"\+(owner|entries\.number)\b"), r"\1"),  # the sign is for SQLite's planner
    (re.compile(r"\?"), "%s"),
)


def translate(query: str) -> str:
    """Return a statement of SQLite as one of PostgreSQL, its values marked by `%s`."""
    for pattern, replacement in REWRITES:
        query = pattern.sub(replacement, query)
    return query


def plain_value(value: Any) -> Any:
    """Return a value as PostgreSQL can store it: text without NUL, and members of enums as their text."""
    return str(value).replace("\0", "\ufffd") if isinstance(value, str) else value


def encode_field(value: Any) -> str | None:
    """Return a number or text as a text of the same order, in which numbers come before texts; None for NaN.

    The number's float is followed by what an integer of up to 64 bits differs from it.
    """
    if isinstance(value, str):
        return f"1{value}"
    if value is None or math.isnan(value):
        return None
    near = float(value)
    (bits,) = struct.unpack(">Q", struct.pack(">d", near or 0.0))  # 0.0 for -0.0
    ordered = bits ^ (2**64 - 1 if bits >> 63 else 2**63)
    rest = value - int(near) if isinstance(value, int) else 0
    return f"0{ordered:016x}{rest + 0x8000:04x}"


def decode_field(stored: str | None) -> int | float | str | None:
    """Return the number or text that `encode_field` was given; a whole number of up to 63 bits as an integer."""
    if stored is None or stored.startswith("1"):
        return stored and stored[1:]
    ordered, rest = int(stored[1:17], 16), int(stored[17:], 16) - 0x8000
    bits = ordered ^ (2**63 if ordered >> 63 else 2**64 - 1)
    (near,) = struct.unpack(">d", struct.pack(">Q", bits))
    return int(near) + rest if near.is_integer() and abs(near) <= 2**63 and abs(int(near) + rest) < 2**63 else near
