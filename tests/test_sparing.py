"""Blocks that do only what an event asks for: the same is told to the browser, without new components and copies."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from typing import Any

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from flux_playground.ui.sparing import SKIPPED, Sparing


def told(kind: Any, values: dict[int, Any]) -> list[Any]:
    """What the browser is told by a page of a kind with three outputs; an output that is skipped as SKIPPED."""

    async def answered() -> list[Any]:
        with kind() as made:
            outputs = [gr.HTML("one"), gr.HTML("two"), gr.Textbox("three")]
            gr.Button("go").click(lambda: None, None, outputs)
        predictions = {outputs[place]: deepcopy(value) for place, value in values.items()}
        if kind is gr.Blocks:  # which is given them in this form
            predictions = {one: predictions.get(one, gr.skip()) for one in outputs}
        return list(await made.postprocess_data(next(iter(made.fns.values())), predictions, SessionState(made)))

    said = asyncio.run(answered())
    return [SKIPPED if one == {**SKIPPED, "props": SKIPPED} else one for one in said]


@pytest.mark.parametrize("values", [{0: "a", 2: "b"}, {1: "<b>x</b>"}, {2: gr.skip()}, {0: gr.skip(), 1: "y", 2: "z"}])
def test_the_browser_is_told_the_same_as_by_gradio(values: dict[int, Any]) -> None:
    assert told(Sparing, values) == told(gr.Blocks, values)


@pytest.mark.parametrize("values", [{2: gr.update(value="x", visible=False)}, {0: gr.update(visible=False)}])
def test_an_update_of_more_than_a_value_is_gradios_own_business(values: dict[int, Any]) -> None:
    assert told(Sparing, values) == told(gr.Blocks, values)


def test_a_session_keeps_no_description_of_the_page() -> None:
    async def kept() -> tuple[int, int]:
        with Sparing() as made:
            gr.HTML("one")
        return len(list(SessionState(made).components)), len(made.get_config_file()["components"])

    session, page = asyncio.run(kept())
    assert session == 0
    assert page >= 1
