"""Blocks that leave alone what an event says nothing of, and keep no copy of the page for every session.

Of every output that an answer skips gradio makes a new component, at each step of each generation; and for its deep
links, which are shut here, it writes down all components of every session: 30 ms and 0.1 MB for whoever comes. With two
hundred visitors nothing else is done any more. Knows gradio only.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import gradio as gr
from gradio.blocks import BlocksConfig

SKIPPED = {"__type__": "update"}


class _Session(BlocksConfig):  # type: ignore[misc]
    """The components of one session, which nobody will ask the description of."""

    def config_for_block(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}


class _Page(BlocksConfig):  # type: ignore[misc]
    """The components of the page; its copies are for sessions."""

    def __copy__(self) -> _Session:
        session = super().__copy__()
        session.__class__ = _Session
        return session  # type: ignore[no-any-return]


class Sparing(gr.Blocks):  # type: ignore[misc]
    """As gradio's, but only the outputs that an answer names are looked at."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_config.__class__ = _Page

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> Any:
        """What the browser is told of each output; `predictions` by component are those of our own handlers."""
        if not isinstance(predictions, Mapping):
            return await super().postprocess_data(block_fn, predictions, state)
        said = {one: value for one, value in predictions.items() if value != SKIPPED}
        # Text in a piece of HTML is told as it is; for anything else gradio takes a thread, and looks for files in it.
        told = {one: value for one, value in said.items() if type(one) is gr.HTML and isinstance(value, str)}
        fewer = copy(block_fn)
        fewer.outputs = [one for one in block_fn.outputs if one in said and one not in told]
        if fewer.outputs:
            rest = await super().postprocess_data(fewer, {one: said[one] for one in fewer.outputs}, state)
            told |= dict(zip(fewer.outputs, rest, strict=True))
        return [told.get(one, dict(SKIPPED)) for one in block_fn.outputs]
