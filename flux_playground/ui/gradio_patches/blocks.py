"""Blocks that do little for each event, and keep no copy of the page for every session.

Of every output that an answer skips gradio makes a new component, at each step of each generation; for every input it
takes a thread, to look for files in a number; whoever waits is told whenever it is somebody's turn; and for its deep
links, which are shut here, it writes down all components of every session: 30 ms and 0.1 MB for whoever comes. With two
hundred visitors nothing else is done any more. Knows gradio only.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any

import gradio as gr
from gradio.blocks import BlocksConfig
from gradio.processing_utils import client_utils

from .uploaded_files import uploaded_path

SKIPPED = {"__type__": "update"}
PLAIN = (str, int, float, bool, type(None))
NEVER = 1e6
"""Seconds."""

TURN = 0.005
"""Seconds between two looks for an event to begin; gradio looks a thousand times a second, for nothing mostly."""

PROGRESS = 1.0
"""Seconds between two looks for the progress that handlers tell gradio of; ours tell none."""

OBJECTS = 20_000
"""How many new objects make Python look for garbage among the young ones; a press makes thousands that all go by
themselves."""

FIRST = ("/queue/join", "/queue/data")
"""What nearly every call asks for."""


@asynccontextmanager
async def settled(app: Any) -> AsyncIterator[None]:
    """What is done once, when the page is there and nobody has come yet.

    The routes of the queue are put first, as they are looked for one by one at every call. What is there now stays: to
    look through it for garbage again and again takes a fifth of a second each time.
    """
    inner = [one.original_router for one in app.router.routes if hasattr(one, "original_router")]
    app.router.routes.sort(key=lambda one: not hasattr(one, "original_router"))
    for router in (app.router, *inner):
        router.routes.sort(key=lambda one: not getattr(one, "path", "").endswith(FIRST))
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


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
    """As gradio's, but only files and the outputs that an answer names are looked at."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_config.__class__ = _Page
        # At each step gradio looks for it, through all folders of the path, twice; here it is not there.
        sys.modules.setdefault("matplotlib", None)  # type: ignore[arg-type]

    def queue(self, **options: Any) -> Any:
        """Gradio's queue, open to the page only, which tells nobody how long the others before them may take.

        It would tell everybody who waits whenever somebody's turn comes: twenty thousand messages for two hundred.
        """
        made = super().queue(**{"status_update_rate": NEVER, "api_open": False, **options})
        self._queue.sleep_when_free = TURN
        self._queue.progress_update_sleep_when_free = PROGRESS
        return made

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False) -> Any:
        """What a handler is given for each input; there are no files in a text or a number."""
        self.validate_inputs(block_fn, inputs)
        # Gradio would download each web address that a client names as a file, whatever the component.
        client_utils.traverse(inputs, uploaded_path, client_utils.is_file_obj_with_meta)
        if block_fn.component_prop_inputs:
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        places = [place for place, one in enumerate(inputs) if type(one) not in PLAIN]
        fewer = copy(block_fn)
        fewer.inputs = [block_fn.inputs[place] for place in places]
        rest = await super().preprocess_data(fewer, [inputs[place] for place in places], state, explicit_call)
        ready = dict(zip(places, rest, strict=True))
        every = zip(block_fn.inputs, inputs, strict=False)
        return [ready[at] if at in ready else one.preprocess(value) for at, (one, value) in enumerate(every)]

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
