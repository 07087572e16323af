"""Logs one JSON line for each finished generation. It contains no prompt, image, key or address."""

from __future__ import annotations

import json
import logging

from ..generation import Generation

log = logging.getLogger(__name__)


def log_generation(generation: Generation) -> None:
    """Log how a generation ended."""
    log.info("%s", format_entry(generation))


def format_entry(generation: Generation) -> str:
    """Return the line: JSON with the same names for each generation; durations in seconds, cost in credits."""
    entry = {
        "generation": generation.id,
        "endpoint": generation.endpoint,
        "state": str(generation.state),
        "error": type(generation.error).__name__ if generation.error else None,
        "queued": _seconds_between(generation.started_at, generation.created_at),
        "seconds": generation.total_seconds and round(generation.total_seconds, 3),
        "waited": generation.api_seconds and round(generation.api_seconds, 3),
        "bytes": generation.size,
        "cost": generation.cost,
        "spender": str(generation.spender) if generation.spender else None,
    }
    return json.dumps(entry)


def _seconds_between(later: float | None, earlier: float) -> float | None:
    return None if later is None else round(later - earlier, 3)
