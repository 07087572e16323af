"""One line of log for each generation that has ended, as JSON: what became of it, never what was asked for.

Knows a generation and its errors' names; no prompt, no image, no key and no address is in what it writes.
"""

from __future__ import annotations

import json
import logging

from ..generation import Generation

log = logging.getLogger(__name__)


def log_generation(generation: Generation) -> None:
    """Write down how a generation ended: durations in seconds, its cost in credits."""
    log.info("%s", format_entry(generation))


def format_entry(generation: Generation) -> str:
    """The line: JSON with the same names every time."""
    said = {
        "generation": generation.id,
        "endpoint": generation.endpoint,
        "state": str(generation.state),
        "error": type(generation.error).__name__ if generation.error else None,
        "queued": _rounded(generation.started_at, generation.created_at),
        "seconds": generation.seconds and round(generation.seconds, 3),
        "waited": generation.waited and round(generation.waited, 3),
        "bytes": generation.size,
        "cost": generation.cost,
        "spender": generation.spender or None,
    }
    return json.dumps(said)


def _rounded(later: float | None, earlier: float) -> float | None:
    return None if later is None else round(later - earlier, 3)
