"""Patches of Gradio's blocks that cut the work for each event and each session.

Without them Gradio makes a new component for each output that an update skips, starts a thread for each input to look
for files in a number, sends queue positions to all who wait at each step, and stores a description of all components
for each session (30 ms and 0.1 MB). With 200 visitors the page then does nothing else.
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
STATUS_UPDATE_SECONDS = 1e6
"""Gradio sends queue positions in this interval; the page shows its own."""

QUEUE_POLL_SECONDS = 0.005
"""Pause between two looks at the queue; Gradio's own is 0.001 seconds."""

PROGRESS_POLL_SECONDS = 1.0
"""Pause between two looks for progress that handlers report; the page's handlers report none."""

GC_THRESHOLD = 20_000
"""New objects before Python collects the youngest generation; a press makes thousands of short-lived objects."""

FIRST_ROUTES = ("/queue/join", "/queue/data")
"""The routes of nearly every call."""


@asynccontextmanager
async def tune_on_startup(app: Any) -> AsyncIterator[None]:
    """Run once before the first visitor: sort the routes and freeze the objects of the page.

    Starlette tries routes one by one, so the queue's routes come first. A garbage collection of the page's objects
    takes 0.2 seconds each time, so they are excluded from it.
    """
    inner = [one.original_router for one in app.router.routes if hasattr(one, "original_router")]
    app.router.routes.sort(key=lambda one: not hasattr(one, "original_router"))
    for router in (app.router, *inner):
        router.routes.sort(key=lambda one: not getattr(one, "path", "").endswith(FIRST_ROUTES))
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD, *before[1:])
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


class _Session(BlocksConfig):  # type: ignore[misc]
    """The components of one session, without their description."""

    def config_for_block(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}


class _Page(BlocksConfig):  # type: ignore[misc]
    """The components of the page; its copies are for sessions."""

    def __copy__(self) -> _Session:
        session = super().__copy__()
        session.__class__ = _Session
        return session  # type: ignore[no-any-return]


class LeanBlocks(gr.Blocks):  # type: ignore[misc]
    """Gradio's blocks, which process only files and the outputs that an update names."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_config.__class__ = _Page
        # At each step Gradio searches all folders of the path for it, twice.
        sys.modules.setdefault("matplotlib", None)  # type: ignore[arg-type]

    def queue(self, **options: Any) -> Any:
        """Return Gradio's queue, open to the page only, which sends no queue positions.

        Gradio sends them to all who wait at each step: 20,000 messages for 200 visitors.
        """
        queue = super().queue(**{"status_update_rate": STATUS_UPDATE_SECONDS, "api_open": False, **options})
        self._queue.sleep_when_free = QUEUE_POLL_SECONDS
        self._queue.progress_update_sleep_when_free = PROGRESS_POLL_SECONDS
        return queue

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False) -> Any:
        """Return what a handler gets for each input; texts and numbers are not searched for files."""
        self.validate_inputs(block_fn, inputs)
        # Gradio would download each URL that a client sends as a file, for any component.
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
        """Return what the browser gets for each output; handlers of the page give `predictions` by component."""
        if not isinstance(predictions, Mapping):
            return await super().postprocess_data(block_fn, predictions, state)
        values = {output: value for output, value in predictions.items() if value != SKIPPED}
        # Text for HTML needs no processing; for anything else Gradio starts a thread and searches it for files.
        sent = {output: value for output, value in values.items() if type(output) is gr.HTML and isinstance(value, str)}
        fewer = copy(block_fn)
        fewer.outputs = [output for output in block_fn.outputs if output in values and output not in sent]
        if fewer.outputs:
            rest = await super().postprocess_data(fewer, {output: values[output] for output in fewer.outputs}, state)
            sent |= dict(zip(fewer.outputs, rest, strict=True))
        return [sent.get(output, dict(SKIPPED)) for output in block_fn.outputs]
