"""Blocks that leave alone what an event says nothing of.

Of every output that an answer skips gradio makes a new component, at each step of each generation: with twenty outputs
and two hundred visitors nothing else is done any more. Knows gradio only.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import gradio as gr

SKIPPED = {"__type__": "update"}


class Sparing(gr.Blocks):  # type: ignore[misc]
    """As gradio's, but only the outputs that an answer names are looked at."""

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> Any:
        """What the browser is told of each output; `predictions` by component are those of our own handlers."""
        if not isinstance(predictions, Mapping):
            return await super().postprocess_data(block_fn, predictions, state)
        named = [one for one in block_fn.outputs if one in predictions and predictions[one] != SKIPPED]
        if not named:
            return [dict(SKIPPED) for _ in block_fn.outputs]
        fewer = copy(block_fn)
        fewer.outputs = named
        told = await super().postprocess_data(fewer, {one: predictions[one] for one in named}, state)
        by_output = dict(zip(named, told, strict=True))
        return [by_output.get(one, dict(SKIPPED)) for one in block_fn.outputs]
