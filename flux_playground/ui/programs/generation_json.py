"""A generation as JSON for programs."""

from __future__ import annotations

from typing import Any

from ...generation import Generation


def generation_to_json(generation: Generation) -> dict[str, Any]:
    """Return a generation as plain JSON values; the seed is text, so that it is exact at any size."""
    return {
        "id": generation.id,
        "state": str(generation.state),
        "status": generation.status,
        "progress": generation.progress,
        "endpoint": generation.endpoint,
        "request": dict(generation.request),
        "seed": None if generation.seed is None else str(generation.seed),
        "prompt": generation.prompt,
        "width": generation.width,
        "height": generation.height,
        "format": generation.format,
        "sha256": generation.sha256,
        "seconds": generation.total_seconds,
        "cost": generation.cost,
        "input_mp": generation.input_mp,
        "output_mp": generation.output_mp,
        "task_id": generation.task_id,
    }
