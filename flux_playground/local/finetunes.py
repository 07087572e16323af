"""The example finetunes of the local server. Each one lives in one region and is of use for one base model.

A FLUX.1 finetune has no base model here. A LoRA of FLUX.2 [klein] has the one of its endpoint (`supplement.json`).
"""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from ..schema import Operation, facts
from . import faults
from .http_responses import canned_response, json_response
from .pydantic_errors import build_detail

LORA_ID = "^[a-z0-9_-]+(/[a-z0-9_-]+)?$"  # one of another organization has the organization before it
FINETUNES: dict[str, dict[str, Any]] = {
    "my-finetune": {"finetune_comment": "The style of the example", "trigger_word": "TOK", "mode": "general"},
    "paper-hills": {"finetune_comment": "Soft layers of paper", "trigger_word": "PAPER", "mode": "style"},
    "ink-city": {"finetune_comment": "Broad strokes of ink", "trigger_word": "INK", "mode": "style"},
    "old-postcard": {"finetune_comment": "A faded print", "trigger_word": "CARD", "mode": "style"},
    "clay-toys": {
        "finetune_comment": "Figures of clay",
        "trigger_word": "CLAY",
        "base_model": "flux-2-klein-9b-kv",
    },
    "acme-studio/neon-signs": {
        "finetune_comment": "Neon tubes at night",
        "trigger_word": "NEON",
        "base_model": "flux-2-klein-9b-kv",
    },
    "wool_4b": {"finetune_comment": "Knitted wool", "trigger_word": "WOOL", "base_model": "flux-2-klein-4b"},
}


class Finetunes:
    """The finetunes of every account in a number of regions."""

    def __init__(self, regions: int) -> None:
        self._regions = regions

    def of_region(self, region: int) -> list[str]:
        """Return the ids of the finetunes of a region; the regions have them in turn."""
        return list(FINETUNES)[region :: self._regions]

    def details(self, finetune_id: str, region: int) -> dict[str, Any] | None:
        """Return the details of a finetune of a region, or None."""
        return {"finetune_id": finetune_id, **FINETUNES[finetune_id]} if finetune_id in self.of_region(region) else None

    def refuse(self, operation: Operation, finetune_id: str, region: int) -> Response | None:
        """Return the error response to a submit with a finetune; None for one that is of use and for any unknown id."""
        model = facts(operation.path).base_model
        if model and not re.search(LORA_ID, finetune_id):
            place = ("body", "finetune_id")
            detail = build_detail("string_pattern_mismatch", place, finetune_id, pattern=LORA_ID)
            return json_response({"detail": [detail]}, 422)
        if finetune_id not in FINETUNES:
            return None
        own = FINETUNES[finetune_id].get("base_model", "")
        if finetune_id not in self.of_region(region) or (own != model and not (own and model)):
            return canned_response(faults.NO_FINETUNE)
        if own != model:
            return json_response({"detail": f"Finetune {finetune_id} was trained on {own}, not on {model}."}, 422)
        return None
