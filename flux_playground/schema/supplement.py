"""Facts about endpoints that no OpenAPI document has, from `supplement.json`."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

SUPPLEMENT = Path(__file__).parent.parent / "supplement.json"


def usual_seconds(path: str) -> tuple[float, float]:
    """Return the seconds in which an endpoint makes an image, by experience: of twenty images, the second and the last.

    The entry with the longest beginning of the path counts.
    """
    entries = _load_supplement()["usual_seconds"]
    low, high = entries[max((start for start in entries if path.startswith(start)), key=len)]
    return float(low), float(high)


@cache
def _load_supplement() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(SUPPLEMENT.read_text(encoding="utf-8"))
    return values
