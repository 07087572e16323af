"""What the API said, as a person reads it: without the JSON around its words. Plain text in, plain text out."""

from __future__ import annotations

import json


def plain(text: str) -> str:
    """The words of an answer: {"Reasons": ["a", "b"]} reads as "Reasons: a, b"; anything else stays as it is."""
    try:
        told = json.loads(text)
    except ValueError:
        return text
    if not isinstance(told, dict) or any(isinstance(value, dict) for value in told.values()):
        return text
    listed = {key: value if isinstance(value, list) else [value] for key, value in told.items()}
    return "; ".join(f"{key}: {', '.join(str(one) for one in values)}" for key, values in listed.items())
