"""The example finetunes of the local server. Each one lives in one region, as in the real API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FINETUNES: dict[str, dict[str, Any]] = {
    "my-finetune": {"finetune_comment": "The style of the example", "trigger_word": "TOK", "mode": "general"},
    "paper-hills": {"finetune_comment": "Soft layers of paper", "trigger_word": "PAPER", "mode": "style"},
    "ink-city": {"finetune_comment": "Broad strokes of ink", "trigger_word": "INK", "mode": "style"},
    "old-postcard": {"finetune_comment": "A faded print", "trigger_word": "CARD", "mode": "style"},
}


def list_finetunes(region: int, regions: int) -> Iterator[str]:
    """Yield the ids of the finetunes of a region; the regions have them in turn."""
    return (finetune_id for index, finetune_id in enumerate(FINETUNES) if index % regions == region)


def is_elsewhere(finetune_id: str, region: int, regions: int) -> bool:
    """Return whether a finetune is known, but only in another region."""
    return finetune_id in FINETUNES and finetune_id not in list_finetunes(region, regions)
