"""`gr.Blocks` without Gradio's cost per event and per session; each patch is described in README.md.

A patch whose private names are gone logs a warning and leaves the work to Gradio.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from importlib.util import find_spec
from typing import Any

import gradio as gr
from gradio import blocks as gradio_blocks

from .multipart_files import limit_uploads
from .slow_start import wait_for_slow_start
from .uploaded_files import check_uploads

SKIPPED = {"__type__": "update"}
PLAIN_TYPES = (str, int, float, bool, type(None))
STATUS_INTERVAL_SECONDS = 1e6
QUEUE_POLL_SECONDS, PROGRESS_POLL_SECONDS = 0.005, 1.0
GC_THRESHOLD = 20_000
"""New objects before Python collects the youngest generation."""

INVALID_INPUTS = "The page and the program do not fit together. Reload the page."

QUEUE_ROUTES = ("/queue/join", "/queue/data")

log = logging.getLogger(__name__)


@asynccontextmanager
async def tune_on_startup(app: Any) -> AsyncIterator[None]:
    """Sort the queue's routes to the front and freeze the garbage collector's oldest generation while the page runs."""
    _sort_routes(app)
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(GC_THRESHOLD, *before[1:])
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def _sort_routes(app: Any) -> None:
    routes = getattr(getattr(app, "router", None), "routes", None)
    if not isinstance(routes, list):
        _warn("sorted routes", "app.router.routes")
        return
    inner = [route.original_router for route in routes if hasattr(route, "original_router")]
    routes.sort(key=lambda route: not hasattr(route, "original_router"))
    for router in (app.router, *inner):
        router.routes.sort(key=lambda route: not getattr(route, "path", "").endswith(QUEUE_ROUTES))


def _warn(patch: str, names: str) -> None:
    log.warning("Gradio %s has no %s: the patch %r is off.", gr.__version__, names, patch)


_BlocksConfig: Any = getattr(gradio_blocks, "BlocksConfig", object)


class _SessionConfig(_BlocksConfig):  # type: ignore[misc]
    """The components of one session: nothing reads their description, so it is not built."""

    def config_for_block(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {}


class _PageConfig(_BlocksConfig):  # type: ignore[misc]
    """The components of the page; Gradio copies it for each session."""

    def __copy__(self) -> _SessionConfig:
        session = super().__copy__()
        session.__class__ = _SessionConfig
        return session  # type: ignore[no-any-return]


class LeanBlocks(gr.Blocks):  # type: ignore[misc]
    """`gr.Blocks` that processes only files and the outputs that a handler returned.

    Raises `RuntimeError` if this version of Gradio does not call `preprocess_data`, where uploads are checked.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        if not hasattr(gr.Blocks, "preprocess_data"):
            raise RuntimeError("Gradio has no Blocks.preprocess_data: uploaded files cannot be checked.")
        super().__init__(*args, **options)
        limit_uploads(self)
        wait_for_slow_start()
        if "matplotlib" not in sys.modules and find_spec("matplotlib") is None:
            sys.modules["matplotlib"] = None  # type: ignore[assignment]  # an import fails without a search
        self._inactive_patches: set[str] = set()
        if self._has_names("light sessions", self, "default_config") and self._has_names(
            "light sessions", _BlocksConfig, "__copy__", "config_for_block"
        ):
            self.default_config.__class__ = _PageConfig

    def queue(self, **options: Any) -> Any:
        """Gradio's queue for the page only, without status messages to those who wait."""
        made = super().queue(**{"status_update_rate": STATUS_INTERVAL_SECONDS, "api_open": False, **options})
        queue = getattr(self, "_queue", None)
        if self._has_names("slow queue polling", queue, "sleep_when_free", "progress_update_sleep_when_free"):
            self._queue.sleep_when_free = QUEUE_POLL_SECONDS
            self._queue.progress_update_sleep_when_free = PROGRESS_POLL_SECONDS
        return made

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **options: Any) -> Any:
        """The values for a handler; raises `gradio.Error`, without a traceback in the log, for invalid values."""
        try:
            if block_fn.fn is None:
                raise ValueError("an event of the browser alone")
            return await self._preprocess(block_fn, inputs, *args, **options)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(INVALID_INPUTS, print_exception=False) from error

    async def _preprocess(self, block_fn: Any, inputs: list[Any], *args: Any, **options: Any) -> Any:
        """The values for a handler. Plain values skip Gradio's search for files, which uses a thread per input."""
        check_uploads(inputs)
        lean = self._has_names("lean inputs", block_fn, "inputs", "component_prop_inputs")
        if not (lean and self._has_names("lean inputs", self, "validate_inputs")) or block_fn.component_prop_inputs:
            return await super().preprocess_data(block_fn, inputs, *args, **options)
        self.validate_inputs(block_fn, inputs)
        indices = [index for index, value in enumerate(inputs) if type(value) not in PLAIN_TYPES]
        reduced = copy(block_fn)
        reduced.inputs = [block_fn.inputs[index] for index in indices]
        processed = await super().preprocess_data(reduced, [inputs[index] for index in indices], *args, **options)
        values = dict(zip(indices, processed, strict=True))
        pairs = enumerate(zip(block_fn.inputs, inputs, strict=False))
        return [values[index] if index in values else block.preprocess(value) for index, (block, value) in pairs]

    async def postprocess_data(self, block_fn: Any, predictions: Any, *args: Any, **options: Any) -> Any:
        """What the browser gets for each output. A mapping by component comes from our handlers; it skips the rest."""
        if not isinstance(predictions, Mapping) or not self._has_names("lean outputs", block_fn, "outputs"):
            return await super().postprocess_data(block_fn, predictions, *args, **options)
        changed = {block: value for block, value in predictions.items() if value != SKIPPED}
        # HTML text needs no processing; for other values Gradio uses a thread to search for files.
        sent = {block: value for block, value in changed.items() if type(block) is gr.HTML and isinstance(value, str)}
        reduced = copy(block_fn)
        reduced.outputs = [block for block in block_fn.outputs if block in changed and block not in sent]
        if reduced.outputs:
            values = {block: changed[block] for block in reduced.outputs}
            processed = await super().postprocess_data(reduced, values, *args, **options)
            sent |= dict(zip(reduced.outputs, processed, strict=True))
        return [sent.get(block, dict(SKIPPED)) for block in block_fn.outputs]

    def _has_names(self, patch: str, owner: Any, *names: str) -> bool:
        """Whether a patch can work; warns once if not."""
        missing = [name for name in names if not hasattr(owner, name)]
        if missing and patch not in self._inactive_patches:
            self._inactive_patches.add(patch)
            _warn(patch, ", ".join(missing))
        return not missing
