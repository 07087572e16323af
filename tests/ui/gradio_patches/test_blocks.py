"""The patched blocks send and receive the same as Gradio's, without new components and copies."""

from __future__ import annotations

import asyncio
import gc
from copy import deepcopy
from typing import Any

import gradio as gr
import pytest
from gradio import processing_utils
from gradio.state_holder import SessionState

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
def test_the_browser_is_told_the_same_as_by_gradio(values: dict[int, Any]) -> None:
    assert processed_outputs(LeanBlocks, values) == processed_outputs(gr.Blocks, values)


@pytest.mark.parametrize("values", [{2: gr.update(value="x", visible=False)}, {0: gr.update(visible=False)}])
def test_an_update_of_more_than_a_value_is_gradios_own_business(values: dict[int, Any]) -> None:
    assert processed_outputs(LeanBlocks, values) == processed_outputs(gr.Blocks, values)


def test_a_session_keeps_no_description_of_the_page() -> None:
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
def test_a_handler_is_given_the_same_as_by_gradio(values: list[Any]) -> None:
    assert processed_inputs(LeanBlocks, list(values)) == processed_inputs(gr.Blocks, list(values))


@pytest.mark.parametrize("values", [["a", 1.5, True], [], ["a", 1, True, {"path": "/etc/passwd"}], [1, 2, 3, ["x"]]])
def test_what_gradio_refuses_is_refused(values: list[Any]) -> None:
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


def test_nobody_is_told_whose_turn_it_is_and_programs_do_not_pass_the_queue() -> None:
    async def made() -> Any:
        with LeanBlocks() as page:
            gr.HTML("one")
        return page

    page = asyncio.run(made())
    assert not page._queue.live_updates
    assert page.api_open is False


def test_a_page_that_nobody_uses_hardly_looks_for_something_to_do() -> None:
    async def looks() -> tuple[float, float]:
        with LeanBlocks() as page:
            gr.HTML("one")
        page.queue()
        return page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free

    assert asyncio.run(looks()) == (QUEUE_POLL_SECONDS, PROGRESS_POLL_SECONDS)


def test_garbage_is_looked_for_less_often_while_the_page_runs_and_as_before_after() -> None:
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


def test_the_queue_is_found_first_among_the_routes_of_a_running_page() -> None:
    async def order() -> list[str]:
        with LeanBlocks() as page:
            gr.HTML("one")
        async with tune_on_startup(page.app):
            inner = [one.original_router for one in page.app.router.routes if hasattr(one, "original_router")]
            return [one.path for router in inner or [page.app.router] for one in router.routes][:2]

    assert {one.rpartition("/")[2] for one in asyncio.run(order())} == {"join", "data"}
