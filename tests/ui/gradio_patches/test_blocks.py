"""The patched blocks send and receive the same as Gradio's, without new components and copies."""

from __future__ import annotations

import asyncio
import gc
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio import processing_utils
from gradio.state_holder import SessionState

from flux_playground.ui.gradio_patches import blocks
from flux_playground.ui.gradio_patches.blocks import (
    GC_THRESHOLD,
    PROGRESS_POLL_SECONDS,
    QUEUE_POLL_SECONDS,
    SKIPPED,
    LeanBlocks,
    tune_on_startup,
)
from flux_playground.ui.gradio_patches.uploaded_files import NOT_UPLOADED


def processed_outputs(kind: Any, values: dict[int, Any]) -> list[Any]:
    """What the browser gets from a page with three outputs; SKIPPED for a skipped output."""

    async def answered() -> list[Any]:
        with kind() as made:
            outputs = [gr.HTML("one"), gr.HTML("two"), gr.Textbox("three")]
            gr.Button("go").click(lambda: None, None, outputs)
        predictions = {outputs[place]: deepcopy(value) for place, value in values.items()}
        if kind is gr.Blocks:  # which gets them in this form
            predictions = {one: predictions.get(one, gr.skip()) for one in outputs}
        return list(await made.postprocess_data(next(iter(made.fns.values())), predictions, SessionState(made)))

    said = asyncio.run(answered())
    return [SKIPPED if one == {**SKIPPED, "props": SKIPPED} else one for one in said]


@pytest.mark.parametrize("values", [{0: "a", 2: "b"}, {1: "<b>x</b>"}, {2: gr.skip()}, {0: gr.skip(), 1: "y", 2: "z"}])
def test_outputs_equal_gradios(values: dict[int, Any]) -> None:
    """The browser gets what Gradio would send."""
    assert processed_outputs(LeanBlocks, values) == processed_outputs(gr.Blocks, values)


@pytest.mark.parametrize("values", [{2: gr.update(value="x", visible=False)}, {0: gr.update(visible=False)}])
def test_updates_of_properties(values: dict[int, Any]) -> None:
    """Updates of other properties are processed by Gradio."""
    assert processed_outputs(LeanBlocks, values) == processed_outputs(gr.Blocks, values)


@pytest.mark.parametrize("installed", [False, True])
def test_matplotlib_is_searched_once(installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing Matplotlib is remembered; an installed one can still be imported."""
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    if installed:
        (tmp_path / "matplotlib.py").write_text("")
        monkeypatch.syspath_prepend(tmp_path)

    async def build() -> None:
        LeanBlocks()

    asyncio.run(build())
    assert ("matplotlib" in sys.modules) != installed


def test_light_sessions() -> None:
    """A session has no description of the components."""

    async def kept() -> tuple[int, int]:
        with LeanBlocks() as made:
            gr.HTML("one")
        return len(list(SessionState(made).components)), len(made.get_config_file()["components"])

    session, page = asyncio.run(kept())
    assert session == 0
    assert page >= 1


def processed_inputs(kind: Any, values: list[Any]) -> Any:
    """What a handler gets from a page with a text, a number, a checkbox and an image."""

    async def answered() -> Any:
        with kind() as made:
            inputs = [gr.Textbox(), gr.Number(), gr.Checkbox(), gr.Image(type="filepath")]
            gr.Button("go").click(lambda *_: None, inputs, None)
        return await made.preprocess_data(next(iter(made.fns.values())), values, SessionState(made))

    return asyncio.run(answered())


@pytest.mark.parametrize("values", [["a", 1.5, True, None], [None, None, False, None], ["", 2**70, None, None]])
def test_inputs_equal_gradios(values: list[Any]) -> None:
    """A handler gets what Gradio would pass."""
    assert processed_inputs(LeanBlocks, list(values)) == processed_inputs(gr.Blocks, list(values))


@pytest.mark.parametrize("values", [["a", 1.5, True], [], ["a", 1, True, {"path": "/etc/passwd"}], [1, 2, 3, ["x"]]])
def test_refused_inputs(values: list[Any]) -> None:
    """Inputs that Gradio refuses are refused."""
    for kind in (gr.Blocks, LeanBlocks):
        with pytest.raises((ValueError, gr.Error, gr.exceptions.InvalidPathError)):
            processed_inputs(kind, list(values))


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("nested", [False, True])
def test_no_address_is_downloaded(monkeypatch: pytest.MonkeyPatch, place: int, nested: bool) -> None:
    """A web address in place of a file is refused in any input before Gradio downloads it."""
    downloads: list[str] = []

    async def download(url: str, **_: Any) -> str:
        downloads.append(url)
        raise OSError

    monkeypatch.setattr(processing_utils, "async_ssrf_protected_download", download)
    file = {"path": "https://example.org/a.png", "meta": {"_type": "gradio.FileData"}}
    values: list[Any] = ["a", 1, True, None]
    values[place] = {"x": [file]} if nested else file
    with pytest.raises(gr.Error) as caught:
        processed_inputs(LeanBlocks, values)
    assert caught.value.message == NOT_UPLOADED
    assert downloads == []


def test_queue_options() -> None:
    """The queue sends no status messages and is closed to programs."""

    async def made() -> Any:
        with LeanBlocks() as page:
            gr.HTML("one")
        return page

    page = asyncio.run(made())
    assert not page._queue.live_updates
    assert page.api_open is False


def test_slow_queue_polling() -> None:
    """The queue polls less often."""

    async def looks() -> tuple[float, float]:
        with LeanBlocks() as page:
            gr.HTML("one")
        page.queue()
        return page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free

    assert asyncio.run(looks()) == (QUEUE_POLL_SECONDS, PROGRESS_POLL_SECONDS)


def test_garbage_collector() -> None:
    """The collector is tuned while the page runs, and restored after."""

    async def thresholds() -> tuple[int, int]:
        with LeanBlocks() as page:
            gr.HTML("one")
        async with tune_on_startup(page.app):
            return gc.get_threshold()[0], gc.get_freeze_count()

    before = gc.get_threshold()
    threshold, frozen = asyncio.run(thresholds())
    assert threshold == GC_THRESHOLD
    assert frozen > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_sorted_routes() -> None:
    """The routes of the queue come first."""

    async def order() -> list[str]:
        with LeanBlocks() as page:
            gr.HTML("one")
        async with tune_on_startup(page.app):
            inner = [one.original_router for one in page.app.router.routes if hasattr(one, "original_router")]
            return [one.path for router in inner or [page.app.router] for one in router.routes][:2]

    assert {one.rpartition("/")[2] for one in asyncio.run(order())} == {"join", "data"}


class _Hidden:
    """A view of an object without some of its names."""

    def __init__(self, target: Any, *names: str) -> None:
        self._target, self._names = target, names

    def __getattr__(self, name: str) -> Any:
        if name in self._names:
            raise AttributeError(name)
        return getattr(self._target, name)


def test_patches_without_their_names(caplog: pytest.LogCaptureFixture) -> None:
    """Where private names are gone, each patch warns once, and Gradio's own way is used."""
    calls: list[str] = []

    async def gradios(self: Any, block_fn: Any, values: Any, *_: Any, **__: Any) -> list[str]:
        calls.append(type(block_fn).__name__)
        return ["by gradio"]

    async def use() -> None:
        with LeanBlocks() as page:
            output = gr.HTML("one")
            gr.Button("go").click(lambda: None, None, output)
        function = next(iter(page.fns.values()))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gr.Blocks, "preprocess_data", gradios)
            patch.setattr(gr.Blocks, "postprocess_data", gradios)
            for _ in range(2):
                assert await page.preprocess_data(_Hidden(function, "component_prop_inputs"), [], None) == ["by gradio"]
                assert await page.postprocess_data(_Hidden(function, "outputs"), {output: "x"}, None) == ["by gradio"]
        page._queue = _Hidden(page._queue, "sleep_when_free")
        patched = page.queue
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gr.Blocks, "queue", lambda self, **_: self)
            patched()

    asyncio.run(use())
    assert len(calls) == 4
    for patch in ("lean inputs", "lean outputs", "slow queue polling"):
        assert caplog.text.count(f"the patch {patch!r} is off") == 1


def test_sessions_and_routes_without_their_names(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Gradio's copy of the page, and without its router, the page is built and started all the same."""
    monkeypatch.setattr(blocks, "_BlocksConfig", object)

    async def build() -> int:
        with LeanBlocks() as page:
            gr.HTML("one")
        async with tune_on_startup(object()):
            return len(list(SessionState(page).components))

    assert asyncio.run(build()) >= 1
    assert "'light sessions' is off" in caplog.text
    assert "'sorted routes' is off" in caplog.text


def test_no_page_without_upload_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the place where uploads are checked, no page is built."""
    monkeypatch.delattr(gr.Blocks, "preprocess_data")
    with pytest.raises(RuntimeError, match="uploaded files cannot be checked"):
        LeanBlocks()
